// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

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

/// Those that attract, each once.
std::vector<stable_state> attracting(const problem& at, const std::vector<grouped_state>& found) {
    const bool cells = at.model->cells() != nullptr;
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
        result.push_back({groups, x, cells ? copies(groups_of(at), groups) : 1});
    }
    return result;
}

/// From every choice of winners, and from the known states or else from unequal loads.
std::vector<stable_state> searched(const problem& at, std::span<const stable_state> known,
                                   search_record& record) {
    auto found = search_finer(at, record,
                              known.empty() ? depth_of_search::stable : depth_of_search::winners);
    const bool flows = at.model->dimension() > 1 && at.model->experts() > 0;
    for (const auto& x : flows ? flow_equilibria(at, &record) : find_equilibria(at, &record))
        found.push_back({at, {x.begin(), x.end()}});
    for (const auto& one : known) {
        const problem on = one.groups.size() > 0 ? regrouped(at, one.groups) : at;
        const auto start =
            Eigen::VectorXd::Map(one.state.data(), static_cast<Eigen::Index>(one.state.size()));
        if (auto end = flow_end(at, on, start, record)) found.push_back(std::move(*end));
    }
    return attracting(at, found);
}

/// In units in which all states are of order 1.
std::vector<stable_state> searched_in_units(const problem& at, std::vector<stable_state> known,
                                            search_record* record = nullptr) {
    const problem_in_units own(at);
    search_record unseen;
    for (auto& one : known) own.enter(one.state);
    auto found = searched(own.on(), known, record ? *record : unseen);
    for (auto& one : found) own.leave(one.state);
    return found;
}

}  // namespace

std::vector<stable_state> stable_states(const problem& at) { return searched_in_units(at, {}); }

std::vector<stable_state> stable_states(const problem& at, std::span<const std::size_t> axes,
                                        const std::vector<stable_state>& known,
                                        search_record* record) {
    if (!at.model->cells()) return searched_in_units(at, known, record);
    const auto groups = coarsest_groups(at, axes);
    const bool made = at.model->cells()->regrouped(groups) != nullptr;
    return searched_in_units(made ? regrouped(at, groups) : at, known, record);
}

}  // namespace moebius
