// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/train/held.hpp>
#include <numeric>

namespace moebius {

void check(const load_hold& hold, std::size_t experts) {
    constexpr double rounding = 1e-9;
    const auto& loads = hold.loads;
    if (loads.empty()) return;
    if (loads.size() != experts)
        throw invalid_argument("hold", fmt::format("{} loads came", loads.size()),
                               fmt::format("the {} experts need one each", experts));
    for (const double load : loads) require("hold").positive_and_finite("a load", load);
    const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
    if (!(std::abs(sum - 1) <= rounding))
        throw invalid_argument("hold", fmt::format("loads of sum {:.12g} came", sum),
                               "it must be 1");
    if (!std::isnan(hold.speed) && !(hold.speed > 0 && hold.speed <= 1))
        throw invalid_argument("hold", fmt::format("a speed of {} came", hold.speed),
                               "it must be > 0 and at most 1");
}

feedback_rule hold_rule(const load_hold& hold, const feedback_rule& free) {
    double steepest = 0;  // max_e 2 t_e (1 - t_e)
    for (const double load : hold.loads) steepest = std::max(steepest, 2 * load * (1 - load));
    const double speed =
        std::isnan(hold.speed) ? std::min(1.0, 2 * free.step * free.decay) : hold.speed;
    return {.feedback = -1,
            .decay = 0,
            .beta = free.beta,
            .bias = hold.loads,
            .step = speed / (free.beta * steepest)};
}

std::vector<double> softmax_scores(const std::vector<double>& loads, double beta) {
    std::vector<double> scores;
    for (const double load : loads) scores.push_back(std::log(load) / beta);
    const double mean =
        std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
    for (double& score : scores) score -= mean;
    return scores;
}

std::vector<double> loads_of_gap(double gap, std::size_t experts) {
    const auto n = static_cast<double>(experts);
    if (!(gap < 1 && gap > -1 / (n - 1)))
        throw invalid_argument(
            "hold", fmt::format("a gap of {} came", gap),
            fmt::format("of {} experts it must be above {:g} and below 1", experts, -1 / (n - 1)));
    std::vector<double> loads(experts, (1 - gap) / n);
    loads[0] = (1 + (n - 1) * gap) / n;
    return loads;
}

series_mean mean_of_series(const std::vector<double>& series) {
    const auto n = static_cast<double>(series.size());
    if (series.empty()) return {not_a_number, not_a_number, not_a_number};
    const double mean = std::accumulate(series.begin(), series.end(), 0.0) / n;
    if (series.size() == 1) return {mean, not_a_number, not_a_number};
    double square = 0, neighbours = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const double off = series[i] - mean;
        square += off * off;
        if (i > 0) neighbours += off * (series[i - 1] - mean);
    }
    const double r = square > 0 ? std::clamp(neighbours / square, 0.0, 1 - 1 / n) : 0;
    const double deviation = std::sqrt(square / (n - 1));
    return {mean, deviation, deviation * std::sqrt((1 + r) / ((1 - r) * n))};
}

}  // namespace moebius
