// SPDX-License-Identifier: MIT
#include "router_forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/compare/known_response.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr std::size_t replicas = 4;   // of a measured response
constexpr double half_secant = 0.25;  // 1/beta: short for m, long for the noise of its values
constexpr double least_rate = 1e-9,
                 most_rate = 1e9;  // decay, feedback of a threshold; beyond there is none

/// One step of the noise-free rule for the score difference.
double next(const gap_along& gap, const comparison_options& o, double feedback, double bias,
            double x) {
    const double center = feedback / (o.decay * static_cast<double>(gap.experts()));
    return x + o.step / o.decay * (-o.decay * x + feedback * gap.value(x, center) + bias);
}

/// Where the noise-free rule crosses the cusp's x on a sweep.
double jump_of(const gap_along& gap, const router_forecast& f, const comparison_options& o,
               bool up) {
    const bias_sweep sweep(f, o, up);
    double x = f.cusp_x + (up ? -1 : 1) * f.sweep_feedback / o.decay, before = not_a_number;
    for (int k = 0; k < 10'000 && !(std::abs(x - before) < 1e-12); ++k) {
        before = x;
        x = next(gap, o, f.sweep_feedback, sweep.from, x);
    }
    for (std::size_t k = 0; k < sweep.steps; ++k) {
        x = next(gap, o, f.sweep_feedback, sweep.at(k), x);
        if (up ? x > f.cusp_x : x < f.cusp_x) return sweep.at(k);
    }
    return not_a_number;
}

/// The smallest feedback at which equal loads lose stability: it moves the mean score, too.
double threshold_of(const gap_along& gap, double decay, double& offset) {
    const auto experts = static_cast<double>(gap.experts());
    const auto stiffness = [&](double feedback) {
        const double center = feedback / (decay * experts);
        offset = gap.balance(center);
        return decay - feedback * gap.at(offset, center)[1];
    };
    double high = least_rate * decay;
    while (stiffness(high) > 0) {
        high *= 1.5;
        if (high > most_rate * decay) return not_a_number;
    }
    std::uintmax_t rounds = 100;
    const auto bracket = boost::math::tools::toms748_solve(
        stiffness, high / 1.5, high, boost::math::tools::eps_tolerance<double>(50), rounds);
    const double threshold = (bracket.first + bracket.second) / 2;
    (void)stiffness(threshold);
    return threshold;
}

/// The cusp where m is steepest, and the folds beyond it.
void add_folds(const gap_along& gap, const comparison_options& o, double center,
               router_forecast& f) {
    const double end = gap.reach(center);
    const auto cusps = exact::scalar_response(gap.smooth(center), o.decay, {-end, end}).cusps();
    const auto cusp = std::max_element(
        cusps.begin(), cusps.end(), [](const auto& a, const auto& b) { return a.slope < b.slope; });
    if (cusp == cusps.end()) return;
    f.cusp = {cusp->fold.feedback, 0};
    f.cusp_x = cusp->fold.x;
    f.cusp_bias = cusp->fold.bias;
    f.sweep_feedback = o.excess * f.cusp.value;
    const double swept = f.sweep_feedback / (o.decay * static_cast<double>(gap.experts()));
    const double far = 2 * f.sweep_feedback / o.decay + gap.reach(swept);
    const exact::scalar_response m(gap.plain(swept), o.decay,
                                   {f.cusp_x - far, f.cusp_x + far, 4000});
    f.fold_up.error = f.fold_down.error = 0;
    for (const auto& fold : m.folds_at_feedback(f.sweep_feedback))
        if (fold.x < f.cusp_x)  // fmax and fmin: not the NaN that is there without a fold
            f.fold_up.value = std::fmax(f.fold_up.value, fold.bias);
        else
            f.fold_down.value = std::fmin(f.fold_down.value, fold.bias);
    f.jump_up = jump_of(gap, f, o, true);
    f.jump_down = jump_of(gap, f, o, false);
}

router_forecast forecast_of(const gap_along& gap, const comparison_options& o) {
    router_forecast f;
    f.cusp = f.fold_up = f.fold_down = {not_a_number, not_a_number};
    f.cusp_bias = f.cusp_x = f.sweep_feedback = f.jump_up = f.jump_down = not_a_number;
    f.threshold.value = threshold_of(gap, o.decay, f.offset);
    if (std::isnan(f.threshold.value)) return f;
    const double center = f.threshold.value / (o.decay * static_cast<double>(gap.experts()));
    const auto at = gap.at(f.offset, center);
    f.slope = at[1];
    f.cubic = gap.smoothed() ? 0 : f.threshold.value * at[3] / 6;  // noise, if it was measured
    if (gap.experts() == 2) add_folds(gap, o, center, f);
    return f;
}

/// The mean of forecasts from independently measured responses, their spread as the error.
router_forecast mean_forecast(const std::vector<router_forecast>& all, router_forecast whole) {
    const auto spread = [&](estimate router_forecast::*what) {
        std::vector<double> values;
        for (const auto& one : all) values.push_back((one.*what).value);
        (whole.*what).error = mean_of(values).error;
    };
    spread(&router_forecast::threshold);
    spread(&router_forecast::cusp);
    spread(&router_forecast::fold_up);
    spread(&router_forecast::fold_down);
    whole.measured = true;
    return whole;
}

double secant_of(bool measured, double beta) { return measured ? half_secant / beta : 0; }

}  // namespace

estimate mean_of(const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, values.size() > 1 ? std::sqrt(squares / (n * (n - 1))) : 0};
}

gap_along gap_of(const known_router& known, double beta) {
    return {*known.loads, beta, secant_of(known.forecast.measured, beta)};
}

known_router predict(const std::shared_ptr<const token_source>& source, const router& router,
                     const comparison_options& o, const watch& watched) {
    const std::size_t experts = source->experts();
    if (auto loads = known_response(router, *source)) {
        auto forecast = forecast_of(gap_along(*loads, o.beta, 0, watched.stop), o);
        return {std::move(loads), forecast};
    }
    if (experts > 2)
        throw invalid_argument("compare_routers",
                               fmt::format("{} of {} experts came", router.name(), experts),
                               "its mean load is known for two alone");
    const auto measured = [&](const load_response& loads) {
        return forecast_of(gap_along(loads, o.beta, secant_of(true, o.beta), watched.stop), o);
    };
    std::vector<router_forecast> all;
    auto parts = o.response;
    parts.threads = o.threads;
    parts.batches = std::max<std::size_t>(2, o.response.batches / replicas);
    for (std::size_t r = 0; r < replicas; ++r) {
        parts.seed = derived_seed(o.response.seed, r);
        const auto part = measure_response(source, router, parts, watched);
        all.push_back(measured(*part.loads));
    }
    auto whole = o.response;
    whole.threads = o.threads;
    const auto mean = measure_response(source, router, whole, watched);
    return {mean.loads, mean_forecast(all, measured(*mean.loads))};
}

}  // namespace moebius
