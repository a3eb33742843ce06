// SPDX-License-Identifier: MIT
#include "expert_points.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/compare/chi_square.hpp>
#include <numeric>

#include "linear_limits.hpp"

namespace moebius {
namespace {

std::size_t averaged_batches(const expert_sweep& sweep) {
    std::size_t batches = 0;  // the same at every hold
    for (const auto& leg : sweep.plan.legs) batches = std::max(batches, leg.measured);
    return batches;
}

/// The mean loads of a run, its experts by falling score.
std::vector<double> ordered(const measured_rest& run) {
    std::vector<std::size_t> order(run.loads.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return run.scores[a] > run.scores[b]; });
    std::vector<double> loads;
    for (const std::size_t e : order) loads.push_back(run.loads[e]);
    return loads;
}

/// Within a group the order is that of names, as chance has it: an order by score would sort noise.
std::vector<double> in_groups(const measured_rest& run, std::span<const std::size_t> sizes) {
    std::vector<std::size_t> order(run.loads.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return run.scores[a] > run.scores[b]; });
    auto from = order.begin();
    for (const std::size_t size : sizes) {
        const auto to = from + static_cast<std::ptrdiff_t>(size);
        std::sort(from, to);
        from = to;
    }
    std::vector<double> loads;
    for (const std::size_t e : order) loads.push_back(run.loads[e]);
    return loads;
}

/// The predicted state whose loads, in falling order, are nearest.
std::size_t nearest(const std::vector<expert_state>& stable, const measured_rest& run) {
    const auto loads = ordered(run);
    double best = std::numeric_limits<double>::infinity();
    std::size_t found = 0;
    for (std::size_t i = 0; i < stable.size(); ++i) {
        double distance = 0;
        for (std::size_t e = 0; e < loads.size(); ++e)
            distance += std::pow(loads[e] - stable[i].loads[e], 2);
        if (distance < best) best = distance, found = i;
    }
    return found;
}

/// Why a point cannot be judged; empty if it can.
std::string excuse_of(const expert_prediction& predicted, const expert_point& point,
                      const validate_options& options) {
    const auto& sweep = predicted.sweeps[point.sweep];
    const auto& hold = sweep.holds[point.hold];
    const auto& state = hold.stable[point.state];
    if (auto excuse = excuse_of_modes(state.noise, predicted.router.decay, options);
        !excuse.empty())
        return excuse;
    const double choices = static_cast<double>(options.tokens * predicted.router.top_k *
                                               averaged_batches(sweep) * point.runs);
    if (state.loads.back() * choices < fewest_tokens) return "the least loaded expert is too rare";
    const auto [first, last] =
        std::minmax_element(sweep.jump.ensemble.begin(), sweep.jump.ensemble.end());
    if (*first <= hold.value && hold.value <= *last) return "runs jump here";
    return {};
}

/// The variance of the mean load along each direction, over the averaged batches of all runs.
std::vector<double> mean_variances(const expert_prediction& predicted, const expert_point& point,
                                   const validate_options& options) {
    const auto& sweep = predicted.sweeps[point.sweep];
    const double decay = predicted.router.decay;
    std::vector<double> result;
    for (const auto& mode : sweep.holds[point.hold].stable[point.state].noise.modes)
        result.push_back(mean_variance(mode, decay, options.step / decay, averaged_batches(sweep)) /
                         static_cast<double>(point.runs));
    return result;
}

/// The standard errors of mean loads, expert by expert. Shape (N).
std::vector<double> load_errors(const expert_prediction& predicted, const expert_point& point,
                                const std::vector<double>& variances) {
    const auto& noise = predicted.sweeps[point.sweep].holds[point.hold].stable[point.state].noise;
    const Eigen::Map<const Eigen::VectorXd> along(variances.data(), noise.directions.cols());
    const Eigen::VectorXd each = (noise.directions.cwiseAbs2() * along).cwiseSqrt();
    return {each.begin(), each.end()};
}

}  // namespace

void add_points(const expert_prediction& predicted, std::size_t s, std::size_t h,
                const std::vector<measured_rest>& runs, const validate_options& options,
                std::vector<expert_point>& to) {
    const auto& stable = predicted.sweeps[s].holds[h].stable;
    std::vector<expert_point> points(stable.size());
    for (const auto& run : runs) {
        const std::size_t i = nearest(stable, run);
        const auto loads = in_groups(run, stable[i].sizes);
        auto& point = points[i];
        point.loads.resize(loads.size());
        ++point.runs;
        for (std::size_t e = 0; e < loads.size(); ++e)
            point.loads[e] += (loads[e] - point.loads[e]) / static_cast<double>(point.runs);
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
        auto& point = points[i];
        if (point.runs == 0) continue;
        point.sweep = s, point.hold = h, point.state = i;
        const auto expected = stable[i].mean_loads();
        const auto variances = mean_variances(predicted, point, options);
        const auto& ways = stable[i].noise.directions;
        const auto n = static_cast<Eigen::Index>(expected.size());
        const Eigen::VectorXd off =
            ways.transpose() * (Eigen::Map<const Eigen::VectorXd>(point.loads.data(), n) -
                                Eigen::Map<const Eigen::VectorXd>(expected.data(), n));
        for (std::size_t d = 0; d < variances.size(); ++d)
            point.chi_square += std::pow(off(static_cast<Eigen::Index>(d)), 2) / variances[d];
        point.degrees = variances.size();
        point.p = chi_square_p(point.chi_square, point.degrees);
        point.errors = load_errors(predicted, point, variances);
        point.excuse = excuse_of(predicted, point, options);
        to.push_back(std::move(point));
    }
}

}  // namespace moebius
