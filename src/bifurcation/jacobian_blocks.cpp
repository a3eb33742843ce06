// SPDX-License-Identifier: MIT
#include "jacobian_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {
std::vector<jacobian_block> blocks_within(const field& model, std::span<const double> x,
                                          std::span<const double> p) {
    const cell_field* cells = model.cells();
    std::vector<jacobian_block> blocks;
    if (!cells) return blocks;
    const auto k = static_cast<Eigen::Index>(cells->cell_states());
    blocks.resize(cells->groups().size());
    for (std::size_t g = 0; g < blocks.size(); ++g) {
        blocks[g].times = cells->groups().groups[g].size() - 1;
        if (blocks[g].times == 0) continue;
        blocks[g].matrix.resize(k, k);
        cells->within(x, p, g, view(blocks[g].matrix));
    }
    return blocks;
}

void count_in(const jacobian_block& block, stability& of) {
    const auto values = eigenvalues(block.matrix);
    if (values.front().real() > of.leading.front().real()) of.leading.front() = values.front();
    of.n_unstable += block.times * static_cast<std::size_t>(std::count_if(
                                       values.begin(), values.end(),
                                       [](const auto& value) { return value.real() > 0; }));
}

}  // namespace moebius
