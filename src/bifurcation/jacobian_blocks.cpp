// SPDX-License-Identifier: MIT
#include "jacobian_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {
namespace {

/// The sum of two eigenvalues that is real by itself.
struct real_sum {
    double value = std::numeric_limits<double>::infinity();
    double frequency = 0;  ///< imaginary part; 0 for two real eigenvalues
};

/// The one nearest to zero, and the sign of the product of all.
std::pair<real_sum, bool> nearest_sum(const Eigen::MatrixXd& a) {
    const auto values = eigenvalues(a);
    real_sum nearest;
    bool negative = false;
    const auto take = [&](double sum, double frequency) {
        negative ^= sum < 0;
        if (std::abs(sum) < std::abs(nearest.value)) nearest = {sum, frequency};
    };
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].imag() > 0) take(2 * values[i].real(), values[i].imag());
        if (values[i].imag() != 0) continue;
        for (std::size_t j = i + 1; j < values.size(); ++j)
            if (values[j].imag() == 0) take(values[i].real() + values[j].real(), 0);
    }
    return {nearest, negative};
}

}  // namespace

std::vector<jacobian_block> blocks_within(const field& model, const double* x, const double* p) {
    const cell_field* cells = model.cells();
    std::vector<jacobian_block> blocks;
    if (!cells) return blocks;
    const auto k = static_cast<Eigen::Index>(cells->cell_states());
    for (std::size_t g = 0; g < cells->groups().size(); ++g) {
        blocks.push_back({Eigen::MatrixXd(k, k), cells->groups().groups[g].size() - 1});
        if (blocks.back().times > 0) cells->within(x, p, g, blocks.back().matrix.data());
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

double hopf_test(const Eigen::MatrixXd& a) {
    if (a.rows() < 2) return 0;
    const auto [nearest, negative] = nearest_sum(a);
    if (!std::isfinite(nearest.value)) return 1;  // no two of them add up to a real number
    return negative ? -std::abs(nearest.value) : std::abs(nearest.value);
}

double hopf_frequency(const Eigen::MatrixXd& a) { return nearest_sum(a).first.frequency; }

}  // namespace moebius
