// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/compare/chi_square.hpp>
#include <moebius/compare/token_validation.hpp>
#include <numeric>

#include "linear_limits.hpp"
#include "token_windows.hpp"

namespace moebius {
namespace {

double decay_of(const token_prediction& predicted) {
    return predicted.at.parameters[predicted.at.index_of("decay")];
}

/// Experts of whose choices there are enough, each by itself, and all others together: the sums
/// over these are normal.
/// @return  (N): the number of an expert's lump
std::vector<std::size_t> lumps_of(const std::vector<double>& loads, double choices) {
    std::vector<std::size_t> order(loads.size()), lump(loads.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return loads[a] < loads[b]; });
    std::size_t now = 0;
    double sum = 0;
    for (const std::size_t e : order) {
        if (sum * choices >= fewest_tokens) ++now, sum = 0;
        sum += loads[e];
        lump[e] = now;
    }
    return lump;
}

/// The mean loads of a point, lump by lump, against the state's.
/// @param along  covariance of these means along the directions of its noise
void judge_loads(const token_state& state, const Eigen::MatrixXd& along,
                 const std::vector<std::size_t>& lump, token_point& point) {
    const auto degrees =
        static_cast<Eigen::Index>(*std::max_element(lump.begin(), lump.end()));  // lumps less one
    point.degrees = static_cast<std::size_t>(degrees);
    const auto expected = state.mean_loads();
    Eigen::VectorXd off = Eigen::VectorXd::Zero(degrees);
    Eigen::MatrixXd ways = Eigen::MatrixXd::Zero(degrees, along.rows());
    for (std::size_t e = 0; e < lump.size(); ++e) {
        const auto l = static_cast<Eigen::Index>(lump[e]);
        if (l == degrees) continue;  // what the others leave
        off(l) += point.loads[e] - expected[e];
        ways.row(l) += state.noise.directions.row(static_cast<Eigen::Index>(e));
    }
    if (degrees > 0)
        point.chi_square = off.dot((ways * along * ways.transpose()).ldlt().solve(off));
    point.p = chi_square_p(point.chi_square, point.degrees);
}

/// The runs that started on one state.
token_point point_of(const token_prediction& predicted, std::size_t l, std::size_t i,
                     const measured_level& measured, const validate_options& options) {
    const auto& level = predicted.levels[l];
    const auto& state = level.stable[i];
    const double decay = decay_of(predicted);
    token_point point;
    point.level = l;
    point.state = i;
    point.loads.resize(state.loads.size());
    const auto& runs = measured.own[i];
    const auto count = static_cast<double>(runs.size());
    for (const auto& run : runs) {
        point.stayed += resting_on(level, run.loads, options, decay) == i;
        for (std::size_t e = 0; e < run.loads.size(); ++e) point.loads[e] += run.loads[e] / count;
    }
    for (const auto& run : measured.random)
        point.found += resting_on(level, run.loads, options, decay) == i;

    const Eigen::MatrixXd along = window_covariance(state.noise, options, decay) / count;
    point.errors = load_errors(state.noise, along);
    const double choices = count * static_cast<double>(options.tokens) *
                           static_cast<double>(batches_of(options.average, options));
    judge_loads(state, along, lumps_of(state.loads, choices), point);
    point.excuse = excuse_of_modes(state.noise, decay, options);
    if (point.excuse.empty() && point.degrees == 0)
        point.excuse = "all experts but one are too rare";
    return point;
}

void add_strangers(token_validation& v, std::size_t l, const measured_level& measured,
                   const validate_options& options) {
    const auto& level = v.predicted.levels[l];
    for (std::size_t r = 0; r < measured.random.size(); ++r) {
        const auto& loads = measured.random[r].loads;
        if (resting_on(level, loads, options, decay_of(v.predicted)) == level.stable.size())
            v.strangers.push_back({l, r, loads});
    }
    v.starts += measured.random.size();
}

std::size_t stretches_met(const token_validation& v, std::size_t runs) {
    std::vector<bool> met(v.predicted.stretches.size());
    for (const auto& point : v.points)
        if (point.stayed == runs)
            met[v.predicted.levels[point.level].stable[point.state].stretch] = true;
    return static_cast<std::size_t>(std::count(met.begin(), met.end(), true));
}

verdict judge_tokens(const token_validation& v, double chance) {
    std::vector<double> z;
    std::vector<std::string> excuses;
    for (const auto& point : v.points) {
        excuses.push_back(point.excuse);
        if (point.excuse.empty()) z.push_back(deviate_of(point.p));
    }
    const std::size_t all = v.predicted.stretches.size();
    const other_evidence states{
        v.met == all && v.strangers.empty(),
        fmt::format("{} of {} stable parts of branches met from their own starts; of {} random "
                    "starts {} came to rest on no state of the diagram",
                    v.met, all, v.starts, v.strangers.size())};
    return verdict_on(z, v.points.size() - z.size(), 0, chance, too_many_excuses(excuses), states);
}

}  // namespace

token_validation compare_on_tokens(token_prediction predicted,
                                   const std::vector<measured_level>& measured,
                                   const validate_options& options) {
    if (measured.size() != predicted.levels.size())
        throw invalid_argument("compare_on_tokens",
                               fmt::format("{} measured levels came", measured.size()),
                               fmt::format("{} were predicted", predicted.levels.size()));
    token_validation result;
    result.predicted = std::move(predicted);
    for (std::size_t l = 0; l < measured.size(); ++l) {
        for (std::size_t i = 0; i < result.predicted.levels[l].stable.size(); ++i)
            result.points.push_back(point_of(result.predicted, l, i, measured[l], options));
        add_strangers(result, l, measured[l], options);
    }
    result.met = stretches_met(result, options.seeds);
    result.overall = judge_tokens(result, options.chance);
    return result;
}

token_validation validate_on_tokens(const token_router& router, std::size_t starts,
                                    const validate_options& options, const watch& watched) {
    auto predicted = predict_on_tokens(router, options, {{}, watched.stop});
    try {
        const auto measured = measure_on_tokens(router, predicted, starts, options, watched);
        return compare_on_tokens(std::move(predicted), measured, options);
    } catch (const interrupted&) {
        token_validation unmeasured;
        unmeasured.predicted = std::move(predicted);
        unmeasured.overall.sentence = "nothing was judged: the measurement was interrupted";
        throw cut_short<token_validation>("validate", std::move(unmeasured));
    }
}

}  // namespace moebius
