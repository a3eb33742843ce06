// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/require.hpp>
#include <moebius/compare/blocking.hpp>
#include <moebius/compare/router_comparison.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <numeric>

#include "router_forecast.hpp"

namespace moebius {
namespace {

constexpr double susceptible = 0.8;  // of the threshold, where the stiffness is measured
constexpr double pushed = 0.15;      // 1/m', how far off equal loads it is measured, at most
constexpr double bent = 0.02;        // share of m by which it may be no straight line up to there
constexpr double calm = 0.2;         // 1/m', a noise within which m is straight
constexpr double telling = 0.05;     // an error below this share of the threshold tells something
constexpr double systematic = 2e-4;  // of the threshold: what settling and higher orders leave

void check(const token_source& source, const std::vector<named_router>& routers,
           const comparison_options& o) {
    if (source.experts() < 2)
        throw invalid_argument("compare_routers", fmt::format("{} experts came", source.experts()),
                               "two or more are needed");
    if (source.experts() > 2 && source.draws_tokens())
        throw invalid_argument("compare_routers",
                               fmt::format("tokens of {} experts came", source.experts()),
                               "with tokens there must be two");
    if (routers.empty())
        throw invalid_argument("compare_routers", "no router came", "at least one is needed");
    require("compare_routers")
        .positive_and_finite("beta", o.beta)
        .positive_and_finite("decay", o.decay)
        .positive_and_finite("step", o.step)
        .positive_and_finite("settle", o.settle)
        .positive_and_finite("average", o.average)
        .positive_and_finite("ramp", o.ramp)
        .share("chance", o.chance);
    for (const auto& [name, time] :
         {std::pair{"settle", o.settle}, {"average", o.average}, {"ramp", o.ramp}})
        if (!(time / o.step >= 16 && time / o.step <= 1e9))
            throw invalid_argument("compare_routers",
                                   fmt::format("{} is {} and step is {}", name, time, o.step),
                                   "it must be 16 to 10^9 steps");
    if (!(o.step < 1))
        throw invalid_argument("compare_routers", fmt::format("step is {}", o.step),
                               "it must be < 1");
    if (!(o.excess > 1))
        throw invalid_argument("compare_routers", fmt::format("excess is {}", o.excess),
                               "it must be > 1");
    require("compare_routers").at_least("tokens", o.tokens, 1);
    if (o.seeds < 2)
        throw invalid_argument("compare_routers", fmt::format("seeds is {}", o.seeds),
                               "it must be >= 2");
    check_result_size("compare_routers", "seeds", o.seeds, 3);
}

/// A closed loop of one router under a bias between the first expert and the others.
class biased_loop {
public:
    biased_loop(const std::shared_ptr<const token_source>& source,
                const std::shared_ptr<const router>& router, const comparison_options& o,
                double feedback, double x, std::uint64_t seed, const watch& watched)
        : watch_(watched),
          experts_(static_cast<double>(source->experts())),
          loop_(source, router, {o.tokens, noise_law::gumbel, seed},
                led_by(x, feedback / (o.decay * experts_), source->experts())) {
        rule_.feedback = feedback;
        rule_.decay = o.decay;
        rule_.beta = o.beta;
        rule_.step = o.step / o.decay;
    }

    /// The score of the first expert less the mean of the others, after a batch.
    double advance(double bias) {
        if (watch_.stopping()) throw interrupted("compare_routers");
        rule_.bias = led_by(bias, 0, loop_.scores().size());
        loop_.advance(rule_);
        const auto s = loop_.scores();
        return (s[0] * experts_ - std::accumulate(s.begin(), s.end(), 0.0)) / (experts_ - 1);
    }

private:
    const watch& watch_;
    double experts_;
    router_loop loop_;
    feedback_rule rule_;
};

/// Where a loop stays, and how much it moves there.
struct stay {
    double mean, variance;
};

stay stay_of(biased_loop loop, const comparison_options& o, double bias) {
    const auto settle = static_cast<std::size_t>(o.settle / o.step);
    const auto steps = static_cast<std::size_t>(o.average / o.step);
    for (std::size_t k = 0; k < settle; ++k) loop.advance(bias);
    double sum = 0, squares = 0;
    for (std::size_t k = 0; k < steps; ++k) {
        const double x = loop.advance(bias);
        sum += x;
        squares += x * x;
    }
    const auto n = static_cast<double>(steps);
    return {sum / n, std::max(0.0, squares / n - sum / n * (sum / n))};
}

/// The mean of m over a stay, to second order; to the first, if it was measured.
double mean_gap(const gap_along& gap, const stay& at, double center) {
    const auto m = gap.at(at.mean, center);
    return m[0] + (gap.smoothed() ? 0 : m[2] * at.variance / 2);
}

/// A distance over which m is straight to 2 % on both sides of equal loads.
double straight(const gap_along& gap, const router_forecast& f, double center) {
    double shift = pushed / f.slope;
    if (f.measured) return shift;  // its noise would be taken for a bend
    const auto bend = [&](double x) {
        return std::abs(gap.at(f.offset + x, center)[0] / (f.slope * x) - 1);
    };
    for (int k = 0; k < 40 && std::max(bend(shift), bend(-shift)) > bent; ++k) shift /= 1.25;
    return shift;
}

/// The feedback at which the stiffness of equal loads would vanish, from one pair of runs.
double observed_threshold(const std::shared_ptr<const token_source>& source,
                          const std::shared_ptr<const router>& router, const gap_along& gap,
                          const router_forecast& f, const comparison_options& o, std::uint64_t seed,
                          const watch& watched) {
    const double feedback = susceptible * f.threshold.value;
    const double center = feedback / (o.decay * static_cast<double>(gap.experts()));
    const double shift = straight(gap, f, center), stiffness = o.decay - feedback * f.slope;
    const double hold = o.decay * f.offset, push = stiffness * shift;
    const auto above =
        stay_of({source, router, o, feedback, f.offset + shift, seed, watched}, o, hold + push);
    const auto below =
        stay_of({source, router, o, feedback, f.offset - shift, seed, watched}, o, hold - push);
    const double apart = above.mean - below.mean;
    const auto stayed = [&](const stay& at, double away) {
        return std::abs(at.mean - f.offset - away) < shift &&
               std::sqrt(at.variance) < calm / f.slope;
    };
    if (!stayed(above, shift) || !stayed(below, -shift)) return not_a_number;
    const double secant = (mean_gap(gap, above, center) - mean_gap(gap, below, center)) / apart;
    return feedback * o.decay / (o.decay - 2 * push / apart) * secant / f.slope;
}

double observed_jump(const std::shared_ptr<const token_source>& source,
                     const std::shared_ptr<const router>& router, const router_forecast& f,
                     const comparison_options& o, bool up, std::uint64_t seed,
                     const watch& watched) {
    const bias_sweep sweep(f, o, up);
    const double start = f.cusp_x + (up ? -1 : 1) * f.sweep_feedback / o.decay;
    biased_loop loop(source, router, o, f.sweep_feedback, start, seed, watched);
    for (std::size_t k = 0; k < static_cast<std::size_t>(o.settle / o.step); ++k)
        loop.advance(sweep.from);
    for (std::size_t k = 0; k < sweep.steps; ++k)
        if (const double x = loop.advance(sweep.at(k)); up ? x > f.cusp_x : x < f.cusp_x)
            return sweep.at(k);
    return sweep.to;
}

router_observation observe(const std::shared_ptr<const token_source>& source,
                           const std::shared_ptr<const router>& router, const known_router& known,
                           const comparison_options& o, std::uint64_t seed, const watch& watched) {
    const auto& f = known.forecast;
    if (std::isnan(f.threshold.value))
        return {{not_a_number, not_a_number},
                {not_a_number, not_a_number},
                {not_a_number, not_a_number}};
    const auto gap = gap_of(known, o.beta);
    const bool sweeps = source->experts() == 2;
    std::vector<double> threshold(o.seeds), up(o.seeds), down(o.seeds);
    const auto one = [&](std::size_t i) {
        const std::size_t r = i % o.seeds;
        const auto own = derived_seed(seed, i);
        if (i < o.seeds)
            threshold[r] = observed_threshold(source, router, gap, f, o, own, watched);
        else
            (i < 2 * o.seeds ? up : down)[r] =
                observed_jump(source, router, f, o, i < 2 * o.seeds, own, watched);
    };
    parallel_for(sweeps ? 3 * o.seeds : o.seeds, o.threads, one, watched, "compare_routers");
    router_observation out{
        mean_of(threshold), {not_a_number, not_a_number}, {not_a_number, not_a_number}};
    if (sweeps) {
        out.jump_up = mean_of(up);
        out.jump_down = mean_of(down);
    }
    return out;
}

void judge(compared_router& row, const comparison_options& o) {
    const auto &predicted = row.predicted.threshold, &measured = row.observed.threshold;
    row.z = not_a_number;
    const double error = std::hypot(measured.error, predicted.error, systematic * predicted.value);
    row.judged = error < telling * predicted.value;  // not if one of them is NaN
    if (!row.judged) return;
    row.z = normal_deviate(measured.value - predicted.value, error, o.seeds);
    row.agrees = std::erfc(std::abs(row.z) / std::sqrt(2.0)) >= o.chance;
}

}  // namespace

std::vector<compared_router> compare_routers(const std::shared_ptr<const token_source>& source,
                                             const std::vector<named_router>& routers,
                                             const comparison_options& options,
                                             const watch& watched) {
    check(*source, routers, options);
    std::vector<compared_router> out;
    for (const auto& [name, made] : routers) {
        const auto known = predict(source, *made, options, watched);
        compared_router row{name, known.forecast, {}, known.loads, 0, false, false};
        row.observed =
            observe(source, made, known, options, derived_seed(options.seed, out.size()), watched);
        judge(row, options);
        out.push_back(std::move(row));
    }
    return out;
}

table comparison_table(const std::vector<compared_router>& compared) {
    table out;
    const auto add = [&](std::string name, auto value) {
        out.names.push_back(std::move(name));
        out.columns.emplace_back();
        for (std::size_t i = 0; i < compared.size(); ++i)
            out.columns.back().push_back(static_cast<double>(value(compared[i], i)));
    };
    const auto add_estimate = [&](const std::string& name, auto get) {
        add(name, [&](const auto& row, auto) { return get(row).value; });
        add(name + "_error", [&](const auto& row, auto) { return get(row).error; });
    };
    add("router", [](const auto&, std::size_t i) { return i + 1; });
    add_estimate("threshold", [](const auto& r) { return r.predicted.threshold; });
    add_estimate("threshold_measured", [](const auto& r) { return r.observed.threshold; });
    add("z", [](const auto& r, auto) { return r.z; });
    add("judged", [](const auto& r, auto) { return r.judged ? 1 : 0; });
    add("agrees", [](const auto& r, auto) { return r.agrees ? 1 : 0; });
    add("response_measured", [](const auto& r, auto) { return r.predicted.measured ? 1 : 0; });
    add("offset", [](const auto& r, auto) { return r.predicted.offset; });
    add("cubic", [](const auto& r, auto) { return r.predicted.cubic; });
    add_estimate("cusp_feedback", [](const auto& r) { return r.predicted.cusp; });
    add("cusp_bias", [](const auto& r, auto) { return r.predicted.cusp_bias; });
    add("sweep_feedback", [](const auto& r, auto) { return r.predicted.sweep_feedback; });
    add_estimate("fold_down", [](const auto& r) { return r.predicted.fold_down; });
    add_estimate("fold_up", [](const auto& r) { return r.predicted.fold_up; });
    add("jump_down", [](const auto& r, auto) { return r.predicted.jump_down; });
    add("jump_up", [](const auto& r, auto) { return r.predicted.jump_up; });
    add_estimate("jump_down_measured", [](const auto& r) { return r.observed.jump_down; });
    add_estimate("jump_up_measured", [](const auto& r) { return r.observed.jump_up; });
    return out;
}

table fold_table(const std::vector<compared_router>& compared, const comparison_options& options) {
    table out{{"router", "feedback", "bias", "x"}, std::vector<std::vector<double>>(4)};
    for (std::size_t i = 0; i < compared.size(); ++i) {
        const auto& f = compared[i].predicted;
        const auto gap = gap_of({compared[i].loads, f}, options.beta);
        if (gap.experts() > 2 || std::isnan(f.cusp.value)) continue;
        const double most = 2 * f.sweep_feedback, center = f.cusp.value / (2 * options.decay);
        const double far = most / options.decay;
        const exact::scalar_response m(gap.smooth(center), options.decay,
                                       {f.cusp_x - far, f.cusp_x + far, 4000});
        for (const auto& fold : m.fold_set()) {
            if (!(fold.feedback <= most)) continue;
            const double row[] = {static_cast<double>(i + 1), fold.feedback, fold.bias, fold.x};
            for (std::size_t c = 0; c < 4; ++c) out.columns[c].push_back(row[c]);
        }
    }
    return out;
}

}  // namespace moebius