// SPDX-License-Identifier: MIT
#include "counted_gain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moebius {
namespace {

/// -2 ln likelihood by which another forgetting must be better before gates are said to move. Where
/// the gain is next to 0 none is known, and some of all that are tried is by chance this good in
/// 1 log of 100; where it is not, in 1 of 400.
constexpr double moving = 9;
/// Standard errors between a feedback that is fitted by itself and with its controller: 1 in 400.
constexpr double apart = 3;
/// Why a loop's mean loads are so unequal that its gain is not that of equal ones; or empty.
std::string lies_apart(const fitted_loop& fit) {
    constexpr double most = 0.2;
    if (!(fit.unequal > most)) return {};
    return fmt::format(
        "mean loads are {:.0f} % from the even one (root mean square), and the gain "
        "there is not that of equal loads",
        100 * fit.unequal);
}

/// What of a log is not as of gates that rest under a known rule; chance 1 in 1,000 of each.
std::string moves(const loop_fit& loop, const fitted_loop& fit, double known, std::size_t from) {
    const auto last = loop.recent();
    if (last && std::abs(fit.gain - last->gain) > 3.3 * last->error)
        return fmt::format("the gain of the last {} steps, {:.3g}, is not that of all, {:.3g}",
                           last->steps, last->gain, fit.gain);
    const auto [late, early] = loop.late_and_early(from);
    if (late && early && std::min(late->steps, early->steps) > 25 / known &&
        std::abs(late->gain - early->gain) > 3.3 * std::hypot(late->error, early->error))
        return fmt::format("the gain of the last {} steps, {:.3g}, is not that before, {:.3g}",
                           late->steps, late->gain, early->gain);
    return {};
}

/// What of a log contradicts its settings.
std::string contradicts(const fitted_loop& fit, const std::optional<free_loop_fit::result>& other,
                        double known) {
    if (other && fit.misfit - other->loop.misfit > moving)
        return fmt::format("a fit gives {:.3g} forgotten a step where rate x decay is {:.3g}",
                           other->forget, known);
    if (fit.untied && std::abs(fit.untied->gain - fit.gain) > apart * fit.untied->error)
        return fmt::format(
            "the feedback's gain by itself is {:.3g}, and {:.3g} with the "
            "controller's as told",
            fit.untied->gain, fit.gain);
    return {};
}

std::string too_few(double needed) {
    return fmt::format(
        "too few steps came in which loads move, one by one and at rest: {:.0f} are "
        "needed",
        std::ceil(needed));
}

measured_slope slope_of(const fitted_loop& fit) { return {fit.gain, fit.error, fit.steps}; }

counted_gain of_free_rate(const free_loop_fit& free) {
    counted_gain out;
    const auto fit = free.whole();
    if (!fit)
        out.why = too_few(free.fewest_steps()) + " (fewer with --rate)";
    else if (out.why = lies_apart(fit->loop); out.why.empty()) {
        out.slope = slope_of(fit->loop);
        out.notes.push_back(
            fmt::format("the step was fitted, too: a score forgets {:.3g} of itself a "
                        "step; gates that move are taken for a loop",
                        fit->forget));
    }
    return out;
}

}  // namespace

counted_gain counted_gain_of(const std::optional<loop_fit>& loop, const free_loop_fit& free,
                             double known) {
    if (!loop) return of_free_rate(free);
    counted_gain out;
    const auto from = loop->first_part();
    const auto fit = loop->whole(from);
    if (!fit || fit->steps < 10 / known) {
        out.why = too_few(static_cast<double>(loop->skipped()) +
                          std::max(10 / known, loop_fit::fewest_steps));
        return out;
    }
    out.why = lies_apart(*fit);
    if (auto why = moves(*loop, *fit, known, from); !why.empty())
        out.why = why + ", so gates or settings move, or loads swing too far for a line";
    else if (out.why.empty() && !(why = contradicts(*fit, free.whole(from), known)).empty())
        out.why =
            why +
            ", so gates move, settings are others than told or loads swing too far for a line";
    if (!out.why.empty()) return out;
    out.slope = slope_of(*fit);
    return out;
}

std::string hangs_on(const loop_fit& loop, const free_loop_fit& free, double known,
                     double balance) {
    constexpr double as_good = normal_90 * normal_90;  // -2 ln likelihood of a 90 % interval
    const auto from = loop.first_part();
    const auto fit = loop.whole(from);
    if (!fit) return {};
    const auto wide = [&](double low, double high) {  // beyond twice K's interval with what is told
        const double half = 2 * normal_90 * fit->error;
        return low < fit->gain - half || high > fit->gain + half;
    };
    std::string out;
    constexpr double open = 4;  // rates that are as far apart are not told by the log
    if (const auto rates = free.within(as_good, from);
        rates && (rates->high >= open * rates->low || wide(rates->least, rates->most)))
        out = fmt::format(
            "K hangs on the rate x decay that is told, {:.3g}: those from {:.3g} to {:.3g} fit "
            "best "
            "(90 %), and by them it is {:.3g} to {:.3g}",
            known, rates->low, rates->high, rates->least * balance, rates->most * balance);
    if (!fit->untied) return out;
    const double by_itself = fit->untied->gain, error = normal_90 * fit->untied->error;
    if (wide(by_itself - error, by_itself + error))
        out += fmt::format(
            "{}K hangs on the feedback that is told: without it counts tell {:.3g} ({:.3g} to "
            "{:.3g})",
            out.empty() ? "" : "; ", by_itself * balance, (by_itself - error) * balance,
            (by_itself + error) * balance);
    return out;
}

}  // namespace moebius
