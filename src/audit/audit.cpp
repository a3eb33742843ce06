// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/audit/audit.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/require.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/model/in_units.hpp>
#include <utility>

#include "branch_arms.hpp"
#include "doubles.hpp"
#include "missing_branches.hpp"
#include "points.hpp"
#include "rows.hpp"
#include "states.hpp"
#include "window.hpp"

namespace moebius {
namespace {

void check_tolerances(const audit_options& options) {
    require("audit_options")
        .positive_and_finite("residual", options.residual)
        .positive_and_finite("eigenvalue", options.eigenvalue)
        .positive_and_finite("coefficient", options.coefficient)
        .positive_and_finite("place", options.place)
        .positive_and_finite("patience", options.patience);
    constexpr std::size_t most_values = 1024, most_starts = 4096;
    const auto at_most = [](std::string_view name, std::size_t value, std::size_t most) {
        if (value > most)
            throw invalid_argument("audit_options", fmt::format("{} is {}", name, value),
                                   fmt::format("it must be at most {}", most));
    };
    at_most("values", options.values, most_values);  // of a locus their square
    at_most("starts", options.starts, most_starts);
}

/// What is said of a claim about more states than are judged.
audit_report unjudged(const claim& of) {
    tally to;
    const auto why =
        fmt::format("the model has {} states, and of up to {} eigenvalues are computed",
                    of.at.model->dimension(), most_audited_states);
    for (const auto& curve : of.data.branches) to.not_judged("rows", why, curve.columns.rows());
    for (const auto& point : of.data.special_points) to.not_judged(to_string(point.type), why);
    to.not_judged("stable states", why);
    return to.report();
}

void stop_if_asked(const watch& watched) {
    if (watched.stopping()) throw interrupted("audit");
}

/// All special points, or as many as are asked for.
void judge_points(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                  progress& done, const watch& watched) {
    point_judge points(of, in, options, to);
    const auto& all = of.data.special_points;
    for (std::size_t k = 0; k < all.size(); ++k) {
        stop_if_asked(watched);
        if (is_asked(k, all.size(), options.points))
            points.judge(all[k]);
        else
            to.not_judged(to_string(all[k].type), "they are more points than were asked for");
        done.add();
    }
}

/// What the file says that its search left out: none of it can be judged.
void tell_gaps(const diagram& data, tally& to) {
    for (const auto& gap : search_gaps())
        if (const std::size_t count = data.search.*gap.count; count > 0)
            to.not_judged("searches", fmt::format("{} {}", gap.what, gap.how), count);
    if (data.stable.no_rest > 0)
        to.not_judged("searches", "starts at places of the window came to no rest",
                      data.stable.no_rest);
}

void judge_all(const claim& of, const whole_space& in, const audit_options& options, tally& to,
               progress& done, const watch& watched) {
    for (const auto& curve : of.data.branches) {
        stop_if_asked(watched);
        judge_rows(of, in, curve, options, to, done);
    }
    judge_points(of, in, options, to, done, watched);
    for (const auto& curve : of.data.branches) {
        stop_if_asked(watched);
        judge_changes(of, curve, to);
    }
    judge_doubles(of, in, options, to, watched);
    judge_arms(of, in, to, watched);
    tell_gaps(of.data, to);
    const bool cycles = std::any_of(of.data.branches.begin(), of.data.branches.end(),
                                    [](const branch& one) { return is_of_cycles(one.kind); });
    if (of.ranges.size() == 2)
        judge_window(of, in, options, to, done, watched);
    else if (cycles)
        to.not_judged("stable states", "the file is about cycles");
    else {
        judge_states(of, in, options, to, done, watched);
        if (options.values > 0) judge_missing_branches(of, in, options, to, watched);
    }
}

/// The claim less branches that are not laid out as its problem needs it, which are told.
claim laid_out(claim of, const whole_space& in, tally& to) {
    std::erase_if(of.data.branches, [&](const branch& curve) {
        const auto fault = is_of_cycles(curve.kind) ? std::string() : in.misfit(curve);
        if (!fault.empty()) to.wrong("branches", fmt::format("branch {}: {}", curve.id, fault));
        return !fault.empty();
    });
    return of;
}

/// A claim that is laid out, in units in which all states are of order 1.
claim in_units_of_states(claim of, const std::vector<double>& units) {
    if (units.empty()) return of;
    of.at = in_units(of.at, units);
    for (auto& curve : of.data.branches)
        for (std::size_t i = 0; !is_of_cycles(curve.kind) && i < units.size(); ++i)
            for (double& x : curve.columns.columns[of.ranges.size() + i]) x /= units[i];
    for (auto& point : of.data.special_points) point = point_in_units(std::move(point), units);
    return of;
}

}  // namespace

audit_report audit(const claim& of, const audit_options& options, const watch& watched) {
    check_tolerances(options);
    if (of.step) require("audit").positive_and_finite("step", *of.step);
    if (of.at.model->dimension() > most_audited_states) return unjudged(of);
    tally to;
    const auto units = state_units(of.at, of.ranges);
    const claim sound = in_units_of_states(laid_out(of, whole_space(of), to), units);
    const whole_space in(sound, units);
    std::size_t work = sound.data.special_points.size() +
                       (of.ranges.size() == 2 ? window_parts(options) : options.values);
    for (const auto& curve : sound.data.branches)
        if (!is_of_cycles(curve.kind)) work += judged_rows(sound, curve, options).size();
    progress done(watched, "audit", work);
    try {
        judge_all(sound, in, options, to, done, watched);
    } catch (const interrupted&) {
        throw cut_short<audit_report>("audit", to.report());
    }
    return to.report();
}

}  // namespace moebius
