// SPDX-License-Identifier: MIT
#include "state_search.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/view.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr double agreeing = 1e-7;           // state scales within which cells agree
constexpr std::size_t most_by_itself = 64;  // cells; beyond, each by itself takes seconds
constexpr std::size_t unequal_starts = 16;

bool joins(const grouping& first, const problem& on, const VectorXd& x) {
    const cell_field& cells = *on.model->cells();
    const double within = agreeing * on.model->state_scale(on.parameters);
    const std::size_t count = cells.groups().size();
    for (const auto& [i, j] : joinable(first, cells.groups())) {
        double apart = 0;
        for (std::size_t kind = 0; kind < cells.cell_states(); ++kind)
            apart = std::max(apart, std::abs(x[static_cast<Eigen::Index>(kind * count + i)] -
                                             x[static_cast<Eigen::Index>(kind * count + j)]));
        if (apart <= within) return true;
    }
    return false;
}

/// Those with some winners in one group, and the rest of it alike.
void add_winners(const problem& first, depth_of_search depth, std::vector<grouped_state>& to,
                 search_record& record) {
    const grouping& known = first.model->cells()->groups();
    for (const auto& [groups, g] : winning_splits(known)) {
        const problem on = regrouped(first, groups);
        for (const auto& x : depth == depth_of_search::all
                                 ? find_equilibria(on, &record)
                                 : flow_equilibria(on, &record, std::pair(g, g + 1)))
            if (!joins(known, on, x)) to.push_back(standard_form(first, groups, view(x)));
    }
}

/// Stable ones with each cell by itself, from loads that differ: u^-k for uneven u, k by start.
void add_unequal(const problem& first, std::vector<grouped_state>& to, search_record& record) {
    const cell_field& coarse = *first.model->cells();
    const std::size_t cells = coarse.groups().members();
    if (cells == coarse.groups().size()) return;
    if (cells > most_by_itself) {
        ++record.cut_short;
        return;
    }
    const problem apart = regrouped(first, singletons(cells));
    steady_state flow(apart);
    std::vector<double> loads(cells);
    VectorXd start(static_cast<Eigen::Index>(apart.model->dimension()));
    for (std::size_t k = 1; k <= unequal_starts; ++k) {
        double sum = 0;
        for (std::size_t e = 0; e < cells; ++e) {
            const double u =
                std::fmod(static_cast<double>(k) * std::sqrt(2.0 + static_cast<double>(e)), 1.0);
            loads[e] = std::pow(u, static_cast<double>(k));
            sum += loads[e];
        }
        for (double& load : loads) load /= sum;
        if (!apart.model->rest(loads, apart.parameters, view(start))) return;
        ++record.starts;
        const auto x = flow.from(start);
        if (!x) ++record.no_rest;
        if (!x || flow.unstable_at(*x) > 0) continue;
        const auto groups = groups_of_equals(coarse.groups(), view(*x), coarse.cell_states(),
                                             agreeing * apart.model->state_scale(apart.parameters));
        if (groups.size() == coarse.groups().size()) continue;
        const problem on = regrouped(first, groups);
        const auto& own = *apart.model->cells();
        to.push_back(
            standard_form(first, groups, regrouped_state(own, *on.model->cells(), view(*x))));
    }
}

}  // namespace

std::vector<winning_split> winning_splits(const grouping& known) {
    std::vector<winning_split> out;
    for (std::size_t g = 0; g < known.size(); ++g)
        for (std::size_t winners = 1; 2 * winners <= known.groups[g].size(); ++winners)
            out.push_back({split(known, g, winners), g});
    return out;
}

std::vector<grouped_state> search_finer(const problem& first, search_record& record,
                                        depth_of_search depth) {
    std::vector<grouped_state> found;
    if (!first.model->cells()) return found;
    add_winners(first, depth, found, record);
    if (depth != depth_of_search::winners) add_unequal(first, found, record);
    return found;
}

std::optional<grouped_state> flow_end(const problem& first, const problem& on,
                                      const VectorXd& start, search_record& record) {
    steady_state flow(on);
    ++record.starts;
    const auto x = flow.from(start);
    if (!x) ++record.no_rest;
    if (!x || flow.unstable_at(*x) > 0) return std::nullopt;
    const cell_field* cells = on.model->cells();
    if (!cells) return grouped_state{on, {x->begin(), x->end()}};
    if (joins(first.model->cells()->groups(), on, *x)) return std::nullopt;
    return standard_form(first, cells->groups(), view(*x));
}

std::vector<winner_choice> few_winners(const grouping& known, std::size_t winners) {
    std::vector<winner_choice> out;
    for (std::size_t g = 0; g < known.size(); ++g) {
        const std::size_t size = known.groups[g].size();
        if (size >= winners)
            out.push_back({size == winners ? known : split(known, g, winners), {g}});
        for (std::size_t h = g + 1; winners == 2 && h < known.size(); ++h) {
            winner_choice both{known, {g, size > 1 ? h + 1 : h}};
            if (known.groups[h].size() > 1) both.groups = split(both.groups, h, 1);
            if (size > 1) both.groups = split(both.groups, g, 1);
            out.push_back(std::move(both));
        }
    }
    return out;
}

std::vector<grouped_state> won_states(const problem& first,
                                      const std::vector<winner_choice>& choices,
                                      search_record& record, const watch& watched) {
    std::vector<std::optional<grouped_state>> ends(choices.size());
    std::vector<search_record> records(choices.size());
    parallel_for(choices.size(), 0, [&](std::size_t k) {
        if (watched.stopping()) throw interrupted("diagram");
        const problem on = regrouped(first, choices[k].groups);
        std::vector<double> loads(choices[k].groups.size());
        double members = 0;
        for (const std::size_t g : choices[k].wins)
            members += static_cast<double>(choices[k].groups.groups[g].size());
        for (const std::size_t g : choices[k].wins) loads[g] = 1 / members;
        VectorXd start(static_cast<Eigen::Index>(on.model->dimension()));
        if (on.model->rest(loads, on.parameters, view(start)))
            ends[k] = flow_end(first, on, start, records[k]);
    });
    for (const auto& one : records) record += one;
    std::vector<grouped_state> found;
    for (auto& end : ends)
        if (end) found.push_back(std::move(*end));
    return found;
}

}  // namespace moebius
