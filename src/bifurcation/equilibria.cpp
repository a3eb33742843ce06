// SPDX-License-Identifier: MIT
#include <cmath>
#include <deque>
#include <list>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/model/cell_field.hpp>

#include "sector.hpp"

namespace moebius {
namespace {

/// The sectors of a diagram: that of the first groups, and those into which groups split.
class builder {
public:
    builder(const problem& base, const parameter_range& range, const continuation_options& options,
            const watch& progress)
        : range_(range), options_(options), watch_(progress), first_(add_sector(base, 1)) {}

    diagram everything() {
        for (std::size_t k = 0; k < options_.searches; ++k) {
            const double share =
                static_cast<double>(k) / static_cast<double>(options_.searches - 1);
            first_.search(std::lerp(range_.from, range_.to, share));
        }
        return finish();
    }

    diagram through(const special_point& start) {
        first_.through(start);
        return finish();
    }

private:
    sector& add_sector(const problem& on, double copies) {
        return sectors_.emplace_back(on, range_, options_, copies, result_, watch_);
    }

    sector& sector_of(const problem& on) {
        for (auto& known : sectors_)
            if (known.base().model->cells()->groups() == on.model->cells()->groups()) return known;
        return add_sector(
            on, copies(first_.base().model->cells()->groups(), on.model->cells()->groups()));
    }

    diagram finish() {
        take_from(first_);
        while (!waiting_.empty() && options_.split_groups) {
            const auto [owner, what] = std::move(waiting_.front());
            waiting_.pop_front();
            if (what.depth < options_.depth) follow(*owner, what);
        }
        return std::move(result_);
    }

    void take_from(sector& owner) {
        for (auto& what : owner.take_splittings()) waiting_.emplace_back(&owner, std::move(what));
    }

    /// Every number of winners once; that of the others is its copy.
    void follow(sector& owner, const splitting& what) {
        const cell_field& coarse = *owner.base().model->cells();
        const std::size_t size = coarse.groups().groups[what.group].size();
        for (std::size_t winners = 1; 2 * winners <= size; ++winners) {
            if (watch_.stopping()) throw interrupted("diagram");
            const auto finer = moebius::split(coarse.groups(), what.group, winners);
            sector& into = sector_of(regrouped(owner.base(), finer));
            into.leave(what, coarse, 2 * winners == size);
            take_from(into);
        }
    }

    parameter_range range_;
    continuation_options options_;
    const watch& watch_;
    diagram result_;
    std::list<sector> sectors_;  // that do not move
    sector& first_;
    std::deque<std::pair<sector*, splitting>> waiting_;
};

}  // namespace

diagram equilibrium_diagram(const problem& base, const parameter_range& range,
                            const continuation_options& options,
                            const std::optional<special_point>& start, const watch& progress) {
    check_options(options);
    if (start) check_start(*base.model, *start, "diagram");
    problem from = base;
    if (start) from.parameters = start->parameters;
    builder build(from, range, options, progress);
    return start ? build.through(*start) : build.everything();
}

}  // namespace moebius
