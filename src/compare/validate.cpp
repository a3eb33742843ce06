// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/compare/validate.hpp>

#include "linear_limits.hpp"

namespace moebius {
namespace {

/// Values of feedback and bias when the swept parameter has this one.
std::pair<double, double> place(const predicted_sweep& sweep, double value) {
    auto at = sweep.at;
    at.parameters[at.index_of(sweep.plan.parameter)] = value;
    return {at.parameters[at.index_of("feedback")], at.parameters[at.index_of("bias")]};
}

/// Why a point cannot be judged; empty if it can.
std::string excuse_of(const steady_point& point, double decay, std::size_t batches,
                      const validate_options& options) {
    const auto& noise = point.predicted.noise;
    auto excuse =
        excuse_of_noise(noise.rate / decay, options.settle,
                        std::abs(noise.shift) / std::sqrt(noise.variance), options.tokens);
    const double rarer = (1 - std::abs(point.predicted.gap)) / 2 *
                         static_cast<double>(options.tokens * batches * point.runs);
    if (excuse.empty() && !(rarer >= fewest_tokens)) return "the less loaded expert is too rare";
    return excuse;
}

/// The standard error of the mean gap of runs at rest, as the closed loop scatters it.
double error_at(const steady_point& point, double decay, std::size_t batches,
                const validate_options& options) {
    const double gap = point.predicted.gap;
    const loop_mode mode{(1 - gap) * (1 + gap) / static_cast<double>(options.tokens),
                         point.predicted.noise.rate};
    return std::sqrt(mean_variance(mode, decay, options.step / decay, batches) /
                     static_cast<double>(point.runs));
}

/// The points of one hold: one for each stable state that some run was on.
void add_steady(const prediction& predicted, std::size_t s, std::size_t h,
                const measured_hold& measured, const validate_options& options,
                std::vector<steady_point>& to) {
    const auto& sweep = predicted.sweeps[s];
    const auto& stable = sweep.holds[h].stable;
    const double decay = predicted.at.parameters[predicted.at.index_of("decay")];
    const auto [feedback, bias] = place(sweep, sweep.holds[h].value);
    for (std::size_t i = 0; i < stable.size(); ++i) {
        const auto& gaps = measured.gaps.at(i);
        if (gaps.series() == 0) continue;
        steady_point point{s, feedback, bias, gaps.series(), gaps.result(), stable[i], 0, 0, {}};
        point.excuse = excuse_of(point, decay, gaps.length(), options);
        const double off = point.measured.mean - stable[i].mean_gap();
        if (point.excuse.empty()) {
            point.error = error_at(point, decay, gaps.length(), options);
            point.z = off / point.error;
        } else {
            point.error = point.measured.error;
            point.z = normal_deviate(off, point.error, point.measured.blocks);
        }
        to.push_back(point);
    }
}

jump_point compare_jump(std::size_t s, const predicted_sweep& sweep, const predicted_jump& jump,
                        const std::vector<double>& passages) {
    const auto measured = jumps_of(passages, sweep.plan);
    jump_point point{s, jump, spread_of(measured), spread_of(passages).count, 0};
    if (point.runs < measured.size() || jump.stayed > 0) {  // where some take another way
        point.z = rank_deviate(measured, jump.members);
        return point;
    }
    const auto each = [](const spread& of) { return 1 / static_cast<double>(of.count); };
    const double error = jump.ensemble.sd * std::sqrt(each(point.measured) + each(jump.ensemble));
    point.z = (point.measured.mean - jump.ensemble.mean) / error;
    return point;
}

/// Why the settings allow no verdict; empty if they do.
std::string roughness(const validation& v, const validate_options& options) {
    std::vector<std::string> excuses;
    for (const auto& point : v.steady) excuses.push_back(point.excuse);
    auto why = too_many_excuses(excuses);
    for (const auto& sweep : v.predicted.sweeps)
        for (const auto& jump : sweep.jumps)
            if (why.empty() && !std::isnan(jump.fold))  // else there is another way to go
                why = too_fast(sweep.name, jump.stayed, options.members);
    return why;
}

verdict judge(const validation& v, const validate_options& options) {
    std::vector<double> z;
    std::size_t not_judged = 0;
    for (const auto& point : v.steady)
        if (point.excuse.empty())
            z.push_back(point.z);
        else
            ++not_judged;
    for (const auto& point : v.jumps) z.push_back(point.z);
    const auto missed = std::count_if(v.predicted.cusps.begin(), v.predicted.cusps.end(),
                                      [](const predicted_cusp& cusp) { return !cusp.located; });
    return verdict_on(z, not_judged, static_cast<std::size_t>(missed), options.chance,
                      roughness(v, options));
}

/// A table from rows, each as long as the names.
table table_of(std::vector<std::string> names, const std::vector<std::vector<double>>& rows) {
    table result{std::move(names), {}};
    result.columns.resize(result.names.size());
    for (const auto& row : rows)
        for (std::size_t c = 0; c < row.size(); ++c) result.columns[c].push_back(row[c]);
    return result;
}

double number(std::size_t n) { return static_cast<double>(n); }

}  // namespace

validation compare(prediction predicted, const std::vector<measured_sweep>& measured,
                   const validate_options& options) {
    if (measured.size() != predicted.sweeps.size())
        throw invalid_argument("compare", fmt::format("{} measured sweeps came", measured.size()),
                               fmt::format("{} were predicted", predicted.sweeps.size()));
    validation result{std::move(predicted), {}, {}, {}};
    for (std::size_t s = 0; s < measured.size(); ++s) {
        const auto& sweep = result.predicted.sweeps[s];
        for (std::size_t h = 0; h < sweep.holds.size(); ++h)
            add_steady(result.predicted, s, h, measured[s].holds.at(h), options, result.steady);
        for (std::size_t j = 0; j < sweep.jumps.size(); ++j)
            result.jumps.push_back(
                compare_jump(s, sweep, sweep.jumps[j], measured[s].passages.at(j)));
    }
    result.overall = judge(result, options);
    return result;
}

validation validate(const std::shared_ptr<const token_source>& source, noise_law noise, double beta,
                    double decay, const validate_options& options, const watch& watch,
                    const loop_backend& on) {
    if (!source) throw invalid_argument("validate", "no tokens came", "a source is needed");
    auto predicted = predict(source->law(noise), beta, decay, options, {{}, watch.stop});
    try {
        const auto measured =
            measure(source, noise, beta, decay, predicted.sweeps, options, watch, on);
        return compare(std::move(predicted), measured, options);
    } catch (const interrupted&) {
        validation unmeasured{std::move(predicted), {}, {}, {}};
        unmeasured.overall.sentence = "nothing was judged: the measurement was interrupted";
        throw cut_short<validation>("validate", std::move(unmeasured));
    }
}

table sweep_table(const validation& v) {
    std::vector<std::vector<double>> rows;
    for (const auto& sweep : v.predicted.sweeps) {
        const double from = sweep.plan.from, to = sweep.plan.legs.back().to;
        rows.push_back({sweep.plan.parameter == "feedback" ? 1.0 : 0.0, from, to});
    }
    return table_of({"of_feedback", "from", "to"}, rows);
}

table steady_table(const validation& v) {
    std::vector<std::vector<double>> rows;
    for (const auto& p : v.steady)
        rows.push_back({number(p.sweep), p.feedback, p.bias, p.predicted.x, p.predicted.gap,
                        p.predicted.noise.gap_shift, p.measured.mean, p.error,
                        (1 + p.measured.mean) / 2, (1 + p.predicted.mean_gap()) / 2, number(p.runs),
                        p.z, p.excuse.empty() ? 1.0 : 0.0});
    return table_of({"sweep", "feedback", "bias", "x", "gap_predicted", "gap_shift", "gap",
                     "gap_error", "load_1", "load_1_predicted", "runs", "z", "judged"},
                    rows);
}

table jump_table(const validation& v) {
    std::vector<std::vector<double>> rows;
    for (const auto& p : v.jumps) {
        const auto [feedback, bias] = place(v.predicted.sweeps[p.sweep], p.measured.mean);
        const auto& ensemble = p.predicted.ensemble;
        rows.push_back({number(p.sweep), feedback, bias, p.predicted.fold, p.predicted.delay,
                        p.predicted.noiseless, ensemble.mean, ensemble.sd, p.measured.mean,
                        p.measured.sd, number(p.runs), p.z});
    }
    return table_of({"sweep", "feedback", "bias", "fold", "delay", "noiseless", "predicted",
                     "predicted_sd", "measured", "measured_sd", "runs", "z"},
                    rows);
}

table cusp_table(const validation& v) {
    std::vector<std::vector<double>> rows;
    for (const auto& [cusp, located] : v.predicted.cusps)
        rows.push_back({cusp.fold.feedback, cusp.fold.bias, cusp.fold.x, cusp.gap, cusp.slope,
                        cusp.cubic, located ? 1.0 : 0.0});
    return table_of({"feedback", "bias", "x", "gap", "slope", "cubic", "located"}, rows);
}

}  // namespace moebius
