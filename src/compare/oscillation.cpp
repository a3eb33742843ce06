// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/blocking.hpp>
#include <moebius/compare/oscillation.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <tuple>

#include "oscillation_runs.hpp"

namespace moebius {
namespace {

constexpr double below_from = 0.9, below_to = 0.99;    // of the onset
constexpr double signs_from = 0.5, signs_to = 0.9;     // of where equal loads are lost without one
constexpr double beyond_from = 1.05, beyond_to = 1.3;  // of the onset
constexpr double period_within = 0.01, amplitude_within = 0.03;
constexpr double far_from_equal = 4;  // times the variance of scores about equal loads

std::vector<double> spaced(double from, double to, std::size_t count) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i)
        values.push_back(from +
                         (to - from) * static_cast<double>(i) / static_cast<double>(count - 1));
    return values;
}

measured_value value_of(double predicted, std::span<const double> runs) {
    const auto all = spread_of(runs);
    return {predicted, all.mean, all.sd / std::sqrt(static_cast<double>(all.count))};
}

/// The gain of a map: its last row holds -step gain j, and j = beta/N.
double gain_of(const deviation_map& map, const controlled_router& router, double step) {
    return -map.matrix[1][0] * router.decay * static_cast<double>(router.experts) /
           (step * router.beta);
}

/// The map of all runs at one feedback, or of all but one.
deviation_map map_of(const std::vector<deviation_sums>& runs, std::size_t without) {
    deviation_sums all;
    for (std::size_t r = 0; r < runs.size(); ++r)
        if (r != without) all.now += runs[r].now, all.next += runs[r].next;
    return all.map();
}

/// A number made from all runs, and its error from leaving out one after the other, which also
/// takes off its bias.
/// @param made  of(without): the number without that run
/// @source  Quenouille's and Tukey's jackknife; Efron and Tibshirani (1993), chapter 11
template <typename Made>
measured_value jackknifed(double predicted, std::size_t runs, const Made& made) {
    std::vector<double> without;
    for (std::size_t r = 0; r < runs; ++r) without.push_back(made(r));
    const auto n = static_cast<double>(runs);
    const auto others = spread_of(without);
    return {predicted, n * made(runs) - (n - 1) * others.mean, others.sd * (n - 1) / std::sqrt(n)};
}

/// The first of the runs' scatter that equal loads do not explain, and that of theory.
std::string left_equal_loads(const controlled_router& router, double feedback,
                             const std::vector<deviation_sums>& runs,
                             const oscillation_options& options) {
    const double predicted = score_variance_of(router, feedback, options);
    for (const auto& run : runs)
        if (const double seen = run.score_variance(); !(seen <= far_from_equal * predicted))
            return fmt::format(
                "scores scatter by {:.2g}, and by {:.2g} about equal loads: loops are about "
                "another state, which noise reaches; larger batches stay longer",
                std::sqrt(seen), std::sqrt(predicted));
    return {};
}

decay_point decay_at(const controlled_router& router, double feedback,
                     const std::vector<deviation_sums>& runs, const oscillation_options& options) {
    const auto theory = deviation_map_of(router, feedback, options);
    if (auto excuse = left_equal_loads(router, feedback, runs, options); !excuse.empty()) {
        const auto rate = theory.rate(options.step);
        const auto unmeasured = [](double predicted) {
            return measured_value{predicted, not_a_number, not_a_number};
        };
        return {feedback, unmeasured(rate.real()), unmeasured(rate.imag()),
                unmeasured(gain_of(theory, router, options.step)), std::move(excuse)};
    }
    const auto of = [&](const auto& number) {
        return jackknifed(number(theory), runs.size(),
                          [&](std::size_t without) { return number(map_of(runs, without)); });
    };
    const double step = options.step;
    return {feedback,
            of([=](const deviation_map& map) { return map.rate(step).real(); }),
            of([=](const deviation_map& map) { return map.rate(step).imag(); }),
            of([&](const deviation_map& map) { return gain_of(map, router, step); }),
            {}};
}

/// Maps at any feedback, from those measured at some: every entry is a straight line.
class map_line {
public:
    map_line(std::span<const double> feedbacks, const std::vector<deviation_map>& maps) {
        const auto n = static_cast<double>(feedbacks.size());
        double xx = 0;
        for (const double x : feedbacks) middle_ += x / n;
        for (const double x : feedbacks) xx += (x - middle_) * (x - middle_);
        for (std::size_t k = 0; k < maps.size(); ++k)
            for (std::size_t i = 0; i < 4; ++i) {
                const double entry = maps[k].matrix[i / 2][i % 2];
                mean_.matrix[i / 2][i % 2] += entry / n;
                slope_.matrix[i / 2][i % 2] += entry * (feedbacks[k] - middle_) / xx;
            }
    }

    [[nodiscard]] deviation_map at(double feedback) const {
        deviation_map out = mean_;
        for (std::size_t i = 0; i < 4; ++i)
            out.matrix[i / 2][i % 2] += slope_.matrix[i / 2][i % 2] * (feedback - middle_);
        return out;
    }

    /// Where growth passes zero between two feedbacks, or the end that is nearer to it.
    [[nodiscard]] double onset(double low, double high, double step) const {
        for (int i = 0; i < 60; ++i) {
            const double half = (low + high) / 2;
            (at(half).rate(step).real() < 0 ? low : high) = half;
        }
        return (low + high) / 2;
    }

private:
    double middle_ = 0;
    deviation_map mean_, slope_;
};

void find_onset(const std::vector<double>& feedbacks,
                const std::vector<std::vector<deviation_sums>>& maps, double predicted,
                const controlled_router& router, const oscillation_options& options,
                oscillation_validation& to) {
    const auto line_without = [&](std::size_t without) {
        std::vector<deviation_map> means;
        for (const auto& runs : maps) means.push_back(map_of(runs, without));
        return map_line(feedbacks, means);
    };
    const auto onset = [&](std::size_t without) {
        return line_without(without).onset(predicted / 2, 2 * predicted, options.step);
    };
    const auto frequency = [&](std::size_t without) {
        return line_without(without).at(onset(without)).rate(options.step).imag();
    };
    to.onset = jackknifed(predicted, options.seeds, onset);
    to.frequency =
        jackknifed(deviation_map_of(router, predicted, options).rate(options.step).imag(),
                   options.seeds, frequency);
}

void measure_below(const controlled_router& router, double onset,
                   const oscillation_options& options, const watch& watched,
                   oscillation_validation& to) {
    const bool integral = router.controller.law == control_law::integral;
    const double lost = router.decay * static_cast<double>(router.experts) / router.beta;
    const auto feedbacks = integral ? spaced(below_from * onset, below_to * onset, options.levels)
                                    : spaced(signs_from * lost, signs_to * lost, options.levels);
    std::vector<std::vector<deviation_sums>> maps(options.levels,
                                                  std::vector<deviation_sums>(options.seeds));
    const auto one = [&](std::size_t i) {
        const std::size_t k = i / options.seeds;
        maps[k][i % options.seeds] = measured_deviations(router, feedbacks[k], options,
                                                         derived_seed(options.seed, i), watched);
    };
    parallel_for(options.levels * options.seeds, options.threads, one, watched, "validate");
    for (std::size_t k = 0; k < options.levels; ++k)
        to.below.push_back(decay_at(router, feedbacks[k], maps[k], options));
    to.onset.predicted = onset;
    if (!integral) return;
    std::vector<double> near;
    std::vector<std::vector<deviation_sums>> near_maps;
    for (std::size_t k = 0; k < options.levels; ++k) {
        if (!to.below[k].excuse.empty()) continue;
        near.push_back(feedbacks[k]);
        near_maps.push_back(std::move(maps[k]));
    }
    if (near.size() >= 2) find_onset(near, near_maps, onset, router, options, to);
}

void measure_beyond(const controlled_router& router, double onset,
                    const oscillation_options& options, const watch& watched,
                    oscillation_validation& to) {
    const auto feedbacks = spaced(beyond_from * onset, beyond_to * onset, options.levels);
    const std::size_t runs = options.levels * options.seeds;
    std::vector<swing> seen(runs), expected(options.levels);
    const auto one = [&](std::size_t i) {
        if (i >= runs)
            expected[i - runs] = predicted_swing(router, feedbacks[i - runs], options);
        else
            seen[i] = measured_swing(router, feedbacks[i / options.seeds], options,
                                     derived_seed(options.seed, runs + i), watched);
    };
    parallel_for(runs + options.levels, options.threads, one, watched, "validate");
    const auto branch = hopf_branch_of(router, onset, 1.01 * feedbacks.back(), watched);
    to.hopf = branch.feedback;
    for (std::size_t k = 0; k < options.levels; ++k) {
        const auto cycle = branch.at(feedbacks[k]);
        std::vector<double> periods, amplitudes;
        for (std::size_t r = 0; r < options.seeds; ++r) {
            periods.push_back(seen[k * options.seeds + r].period);
            amplitudes.push_back(seen[k * options.seeds + r].amplitude);
        }
        to.beyond.push_back({feedbacks[k], value_of(expected[k].period, periods),
                             value_of(expected[k].amplitude, amplitudes),
                             cycle.first * router.decay, cycle.second});
    }
}

/// A normal deviate of a mean over runs.
double deviate(const measured_value& value, std::size_t runs) {
    return normal_deviate(value.measured - value.predicted, value.error, runs);
}

verdict judge(const oscillation_validation& v, const oscillation_options& options) {
    std::vector<double> z;
    std::vector<std::string> excuses;
    for (const auto& point : v.below) {
        excuses.push_back(point.excuse);
        if (point.excuse.empty())
            for (const auto* value : {&point.growth, &point.frequency})
                z.push_back(deviate(*value, options.seeds));
    }
    if (!std::isnan(v.onset.measured)) z.push_back(deviate(v.onset, options.seeds));
    other_evidence far;
    std::size_t unmeasured = 0;
    for (const auto& point : v.beyond)
        for (const auto& [value, within, name] :
             {std::tuple(point.period, period_within, "period"),
              std::tuple(point.amplitude, amplitude_within, "amplitude")}) {
            if (std::isnan(value.predicted) || std::isnan(value.measured)) {
                ++unmeasured;
                continue;
            }
            if (std::abs(value.measured / value.predicted - 1) > within && far.holds)
                far = {false,
                       fmt::format("at feedback {:.4f} the {} is {:.4f}, but {:.4f} was predicted",
                                   point.feedback, name, value.measured, value.predicted)};
        }
    std::string rough;
    if (std::ranges::none_of(excuses, &std::string::empty))
        rough = fmt::format("at feedback {:.4g} {}", v.below.front().feedback, excuses.front());
    else if (2 * unmeasured > 2 * v.beyond.size())
        rough = "fewer than two cycles fit the time in which loops swing; average must be larger";
    const auto left =
        std::ranges::count_if(excuses, [](const auto& text) { return !text.empty(); });
    return verdict_on(z, unmeasured + static_cast<std::size_t>(left), 0, options.chance, rough,
                      far);
}

}  // namespace

oscillation_validation validate_oscillation(const controlled_router& router,
                                            const oscillation_options& options,
                                            const watch& watched) {
    check(router, options);
    const double onset = onset_of(router, options);
    oscillation_validation result;
    result.hopf = result.onset.measured = result.onset.error = not_a_number;
    result.frequency = {not_a_number, not_a_number, not_a_number};
    const bool swings = router.controller.law == control_law::integral;
    measure_below(router, onset, options, swings ? part_of(watched, 0, 1, 2) : watched, result);
    if (swings) measure_beyond(router, onset, options, part_of(watched, 1, 1, 2), result);
    result.overall = judge(result, options);
    return result;
}

}  // namespace moebius
