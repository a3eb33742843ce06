// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/bifurcation/branch_point_curve.hpp>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/bifurcation/flip_curve.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/torus_curve.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/model/cell_field.hpp>

#include "cut_diagram.hpp"
#include "cycle_fold_locus.hpp"
#include "cycle_leaving.hpp"
#include "cycle_multiplier_locus.hpp"
#include "homoclinic_locus.hpp"
#include "locus_follower.hpp"
#include "locus_of.hpp"
#include "unit_frame.hpp"

namespace moebius {
namespace {

// The window's edges, and a line across its middle each way for curves that close inside.
constexpr std::size_t lines_each_way = 3, lines = 2 * lines_each_way;
constexpr double search_step = 0.25;  // of the equilibria along edges and lines

class group_loci {
public:
    group_loci(const problem& base, const parameter_range& first, const parameter_range& second,
               const continuation_options& options, const watch& progress, const locus_of& asked,
               diagram& result)
        : ranges_{first, second},
          folds_(base, ranges_, asked.step()),
          crossings_(base, ranges_, asked.step()),
          along_folds_(folds_, options, progress, result),
          along_crossings_(crossings_, options, progress, result),
          options_(options),
          result_(result),
          watch_(progress),
          asked_(asked) {
        if (asked.of_map()) {
            flips_ = std::make_unique<flip_curve>(base, asked.step(), ranges_);
            along_flips_ = std::make_unique<locus_follower>(*flips_, options, progress, result);
            pairs_ = std::make_unique<torus_curve>(base, asked.step(), ranges_);
        } else {
            pairs_ = std::make_unique<hopf_curve>(base, ranges_);
        }
        along_pairs_ = std::make_unique<locus_follower>(*pairs_, options, progress, result);
    }

    /// @return what was met at which equal cells part company, to be followed on finer groups
    std::vector<special_point> everything() {
        std::size_t left = options_.max_branches;
        for (std::size_t k = 0; k < lines; ++k) {
            const std::size_t fixed = k / lines_each_way;
            const auto& across = ranges_[fixed];
            const double share = static_cast<double>(k % lines_each_way) / (lines_each_way - 1);
            const std::size_t most = std::max<std::size_t>(1, left / (lines - k));
            const auto made = follow_along(fixed, std::lerp(across.from, across.to, share), most);
            left -= std::min({left, most, made});
        }
        return std::move(apart_);
    }

    void through(const special_point& start) {
        bool found = follow(start, start.label);
        if (start.type == point_type::BT && !asked_.of_map() && !asked_.folds_only)
            found =
                detail::add_homoclinic_beside(result_, base(), ranges_, start, options_, watch_) ||
                found;
        if (!found)
            throw invalid_argument("locus", fmt::format("{} came as a start", start.label),
                                   asked_.folds_only
                                       ? "there is no fold near it in this window"
                                       : "no curve of special points passes near it in "
                                         "this window");
    }

    void through_one_of_many(const special_point& start) { follow(start, ""); }

    [[nodiscard]] const problem& base() const noexcept { return folds_.base(); }

private:
    /// Starts from what stands on the equilibria along one line of the window.
    /// @return how many branches they have
    std::size_t follow_along(std::size_t fixed, double value, std::size_t most_branches) {
        problem line = folds_.base();
        line.parameters[folds_.units().free()[fixed]] = value;
        continuation_options search;
        search.max_step = search_step;
        search.searches = options_.searches;
        search.scans = options_.scans / lines;
        search.scan_starts = (options_.scan_starts + lines - 1) / lines;
        search.depth = options_.depth;
        search.max_branches = most_branches;
        const auto along = asked_.along(line, ranges_[1 - fixed], search, watch_);
        result_.search += along.search;
        for (auto point : along.special_points) {
            // of a BT on the line its fold or branch point; the Hopf curve comes to it from another
            if (point.type == point_type::BT) point.type = point_type::BP;
            if (is_finer(point) ? bounds_stable(along, point) : parts_cells(point))
                apart_.push_back(point);
            else if (is_finer(point))
                continue;
            else if (point.type != point_type::EP)
                follow(point, "");
        }
        return along.branches.size();
    }

    /// Whether states are stable on one side of a point of a diagram.
    static bool bounds_stable(const diagram& along, const special_point& point) {
        for (const auto& curve : along.branches) {
            if (curve.id != point.branch) continue;
            const auto& stable = curve.columns.at("stable");
            return (point.row > 0 && stable[point.row - 1] == 1) ||
                   (point.row + 1 < stable.size() && stable[point.row + 1] == 1);
        }
        return false;
    }

    [[nodiscard]] bool is_finer(const special_point& point) const {
        const cell_field* cells = base().model->cells();
        return cells && point.type != point_type::EP && point.groups != cells->groups();
    }

    /// Whether equal cells part company at a point.
    [[nodiscard]] bool parts_cells(special_point point) const {
        const cell_field* cells = base().model->cells();
        using enum point_type;
        const bool by_itself = point.type == LP || point.type == EP;
        if (!cells || by_itself) return false;
        return simple_at(base(), point, asked_.step()).model->cells()->groups() != cells->groups();
    }

    /// Which multipliers, or eigenvalues, are critical at a point.
    struct critical {
        bool one = false;    ///< an eigenvalue 0, a multiplier 1
        bool pair = false;   ///< imaginary, or on the unit circle
        bool minus = false;  ///< a multiplier -1
    };
    [[nodiscard]] critical critical_at(point_type type) const {
        switch (type) {
            case point_type::LP:
            case point_type::CP:
            case point_type::BP:
                return {.one = true};
            case point_type::R1:
            case point_type::LPNS:
                return {.one = true, .pair = true};
            case point_type::PD:
            case point_type::GPD:
                return {.minus = true};
            case point_type::R2:
            case point_type::PDNS:
                return {.pair = true, .minus = true};
            case point_type::LPPD:
                return {.one = true, .minus = true};
            case point_type::NS:
            case point_type::CH:
            case point_type::R3:
            case point_type::R4:
            case point_type::NSNS:
                return {.pair = asked_.of_map()};
            case point_type::HB:
            case point_type::GH:
            case point_type::HH:
                return {.pair = !asked_.of_map()};
            case point_type::BT:
            case point_type::ZH:
                return {.one = true, .pair = !asked_.of_map()};
            default:
                return {};
        }
    }

    /// Follows the curves that pass through a point of this type.
    /// @return false if there is none near it
    bool follow(const special_point& start, const std::string& from) {
        const auto [one, pair, minus] = critical_at(start.type);
        bool found = false;
        if (one) {
            const bool crosses = !asked_.folds_only && start.type != point_type::LP &&
                                 start.type != point_type::CP && crossings_.persists(start);
            found = (crosses ? along_crossings_ : along_folds_).follow(start, from);
        }
        if (asked_.folds_only) return found;
        if (pair) found = along_pairs_->follow(start, from) || found;
        if (minus && along_flips_) found = along_flips_->follow(start, from) || found;
        return found;
    }

    std::vector<parameter_range> ranges_;
    fold_curve folds_;
    branch_point_curve crossings_;
    locus_follower along_folds_, along_crossings_;
    std::unique_ptr<bifurcation_curve> pairs_, flips_;  // of a flow no flips
    std::unique_ptr<locus_follower> along_pairs_, along_flips_;
    const continuation_options& options_;
    diagram& result_;
    const watch& watch_;
    const locus_of& asked_;
    std::vector<special_point> apart_;
};

/// On the grouping of cells that each start takes.
void follow_points(const locus_of& asked, const std::pair<parameter_range, parameter_range>& ranges,
                   const continuation_options& options, std::optional<special_point>& start,
                   const watch& progress, diagram& result) {
    const problem base = asked.followed();
    std::list<group_loci> groupings;  // one for each grouping of cells
    const auto on = [&](const problem& at) -> group_loci& {
        for (auto& known : groupings)
            if (at.model->cells() &&
                known.base().model->cells()->groups() == at.model->cells()->groups())
                return known;
        return groupings.emplace_back(at, ranges.first, ranges.second, options, progress, asked,
                                      result);
    };
    if (start) {
        const problem from = simple_at(base, *start, asked.step());  // the start takes its groups
        check_start(*from.model, *start, "locus");
        return on(from).through(*start);
    }
    auto apart = on(base).everything();
    if (asked.folds_only) return;
    for (auto& point : apart) {
        const problem from = simple_at(base, point, asked.step());
        on(from).through_one_of_many(point);
    }
}

/// The curve of special cycles through one of them.
void follow_cycles(const problem& base, const std::vector<parameter_range>& ranges,
                   const continuation_options& options, const special_point& start,
                   const watch& progress, bool folds_only, diagram& result) {
    check_start(*base.model, start, "locus");
    switch (start.type) {
        case point_type::EP:
        case point_type::NSS:
        case point_type::NSF:
        case point_type::NFF:
        case point_type::DRS:
        case point_type::DRU:
        case point_type::OFS:
        case point_type::OFU:
        case point_type::IFS:
        case point_type::IFU:
            if (folds_only) break;
            return detail::add_homoclinic_branch(result, base, ranges, start, options, progress);
        case point_type::LPC:
        case point_type::CP:
            if (folds_only) break;
            return detail::add_cycle_fold_branch(result, base, ranges, start, options, progress);
        case point_type::BP:
        case point_type::PD:
        case point_type::NS:
        case point_type::R3:
        case point_type::R4:
            if (folds_only) break;
            return detail::add_cycle_multiplier_branch(result, base, ranges, start, options,
                                                       progress);
        default:
            break;
    }
    throw invalid_argument("locus", fmt::format("{} came as a start", start.label),
                           folds_only ? "there is no fold near it in this window"
                                      : "of cycles, LPC, CP, PD, NS, R3, R4, BP, a homoclinic EP "
                                        "and what stands on homoclinic "
                                        "curves but their ends are followed over two parameters");
}

/// Whether a critical multiplier may be one within a group of cells.
bool parts_within(const special_point& start) {
    using enum point_type;
    return start.cycle && start.groups.size() > 0 &&
           (start.type == BP || start.type == PD || start.type == NS);
}

/// On the groups on which the critical perturbation is one of the cycle's own.
detail::unit_frame frame_of_parted(const problem& base, const std::vector<parameter_range>& ranges,
                                   const continuation_options& options,
                                   const special_point& start) {
    check_start(*base.model, start, "locus");
    problem at = base;
    at.parameters = start.parameters;
    const auto from = detail::parted_at(at, ranges.front(), start);
    return {from.on, ranges, options, from.start};
}

diagram followed(locus_of asked, const parameter_range& first, const parameter_range& second,
                 const continuation_options& options, const std::optional<special_point>& start,
                 const watch& progress) {
    check_options(options);
    if (first.name == second.name)
        throw invalid_argument("locus", fmt::format("{} came twice", first.name),
                               "two different parameters must vary");
    check_range(first);
    check_range(second);
    const detail::unit_frame frame =
        start && parts_within(*start)
            ? frame_of_parted(asked.base, {first, second}, options, *start)
            : detail::unit_frame(asked.base, {first, second}, options, start);
    asked.base = frame.on;
    auto from = frame.start;
    return frame.filled([&] {
        diagram result;
        return detail::filled("locus", result, [&] {
            if (from && from->cycle)
                follow_cycles(frame.on, {first, second}, frame.options, *from, progress,
                              asked.folds_only, result);
            else
                follow_points(asked, {first, second}, frame.options, from, progress, result);
        });
    });
}

}  // namespace

diagram locus(const problem& base, const parameter_range& first, const parameter_range& second,
              const continuation_options& options, const std::optional<special_point>& start,
              const watch& progress) {
    return followed({base}, first, second, options, start, progress);
}

diagram fold_locus(const problem& base, const parameter_range& first, const parameter_range& second,
                   const continuation_options& options, const std::optional<special_point>& start,
                   const watch& progress) {
    return followed({.base = base, .folds_only = true}, first, second, options, start, progress);
}

diagram map_locus(const problem& base, const map_rule& rule, const parameter_range& first,
                  const parameter_range& second, const continuation_options& options,
                  const std::optional<special_point>& start, const watch& progress) {
    require("map").positive_and_finite("step", rule.step);
    return followed({base, rule}, first, second, options, start, progress);
}

}  // namespace moebius
