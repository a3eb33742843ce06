// SPDX-License-Identifier: MIT
#include "predicted_folds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/stable_regions.hpp>

namespace moebius {

constexpr double same_point = 1e-8;  // share of the parameters: continuation converges further

std::vector<predicted_cusp> cusps_of(const exact::scalar_response& m) {
    std::vector<predicted_cusp> result;
    for (const auto& cusp : m.cusps()) result.push_back({cusp, false});
    std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
        return a.exact.fold.feedback < b.exact.fold.feedback;
    });
    return result;
}

diagram folds_around(const problem& at, const parameter_range& feedback,
                     std::vector<predicted_cusp>& cusps, const std::vector<predicted_sweep>& sweeps,
                     const watch& watch) {
    double low = std::numeric_limits<double>::infinity(), high = -low, most = feedback.to;
    const auto include = [&](double bias) {
        low = std::min(low, bias);
        high = std::max(high, bias);
    };
    for (const auto& cusp : cusps) {
        include(cusp.exact.fold.bias);
        most = std::max(most, 1.1 * cusp.exact.fold.feedback);
    }
    for (const auto& sweep : sweeps)
        if (sweep.plan.parameter == "bias") include(sweep.plan.from);
    const double margin = 0.2 * (high - low);
    const parameter_range along{"feedback", feedback.from, most};
    const parameter_range across{"bias", low - margin, high + margin};
    const moebius::watch silent{{}, watch.stop};
    auto folds = fold_locus(at, along, across, {}, {}, silent);
    count_in_regions(at, along, across, folds, silent);
    const std::size_t kappa = at.index_of("feedback"), h = at.index_of("bias");
    for (auto& cusp : cusps)
        for (const auto& point : folds.special_points) {
            const auto& fold = cusp.exact.fold;
            const double off = std::max(std::abs(point.parameters[kappa] - fold.feedback),
                                        std::abs(point.parameters[h] - fold.bias));
            if (point.type == point_type::CP &&
                off < same_point * (fold.feedback + std::abs(fold.bias)))
                cusp.located = true;
        }
    return folds;
}

std::size_t main_cusp(const std::vector<predicted_cusp>& cusps) {
    const auto opens = std::find_if(cusps.begin(), cusps.end(),
                                    [](const auto& cusp) { return cusp.exact.cubic < 0; });
    if (opens == cusps.end())
        throw invalid_argument("validate", "the tokens' response has no cusp that can be resolved",
                               "the load gap must rise smoothly somewhere");
    return static_cast<std::size_t>(opens - cusps.begin());
}

}  // namespace moebius
