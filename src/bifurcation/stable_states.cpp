// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/cell_field.hpp>

#include "jacobian_blocks.hpp"
#include "state_search.hpp"

namespace moebius {
namespace {

constexpr double same = 1e-6;  // state scales within which two states are one

bool is_stable(const problem& on, const std::vector<double>& x) {
    linear_terms terms(*on.model, {0});
    if (!terms.evaluate(x, on.parameters)) return false;
    auto found = terms.stability_here(1);
    for (const auto& block : blocks_within(*on.model, x, on.parameters))
        if (block.times > 0) count_in(block, found);
    return found.n_unstable == 0;
}

grouping groups_of(const problem& on) {
    const cell_field* cells = on.model->cells();
    return cells ? cells->groups() : grouping{};
}

}  // namespace

std::vector<stable_state> stable_states(const problem& at) {
    search_record record;
    auto found = search_finer(at, record, depth_of_search::stable);
    for (const auto& x : at.model->dimension() > 1 ? flow_equilibria(at) : find_equilibria(at))
        found.push_back({at, {x.begin(), x.end()}});
    const double within = same * at.model->state_scale(at.parameters);
    std::vector<stable_state> result;
    for (const auto& [on, x] : found) {
        const auto groups = groups_of(on);
        const auto is_it = [&, &x = x](const stable_state& known) {
            if (known.groups != groups) return false;
            return std::equal(x.begin(), x.end(), known.state.begin(),
                              [&](double a, double b) { return std::abs(a - b) <= within; });
        };
        if (std::any_of(result.begin(), result.end(), is_it) || !is_stable(on, x)) continue;
        const bool cells = at.model->cells() != nullptr;
        result.push_back({groups, x, cells ? copies(groups_of(at), groups) : 1});
    }
    return result;
}

std::vector<stable_state> stable_states(const problem& at, std::span<const std::size_t> axes) {
    if (!at.model->cells()) return stable_states(at);
    const auto groups = coarsest_groups(at, axes);
    const bool made = at.model->cells()->regrouped(groups) != nullptr;
    return stable_states(made ? regrouped(at, groups) : at);
}

}  // namespace moebius
