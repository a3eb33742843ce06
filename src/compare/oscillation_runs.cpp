// SPDX-License-Identifier: MIT
#include "oscillation_runs.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/simulate/tossed_loop.hpp>
#include <numeric>

namespace moebius {
namespace {

/// Far from equal loads, and no two experts alike.
std::vector<double> start_of(const controlled_router& router) {
    std::vector<double> scores(router.experts);
    for (std::size_t e = 0; e < scores.size(); ++e)
        scores[e] = 1 / (router.beta * static_cast<double>(1 + e));
    return scores;
}

feedback_rule rule_of(const controlled_router& router, double feedback,
                      const oscillation_options& options) {
    return {.feedback = feedback,
            .decay = router.decay,
            .beta = router.beta,
            .bias = {},
            .step = options.step / router.decay,
            .controller = router.controller};
}

std::size_t batches_of(double time, const oscillation_options& options) {
    return static_cast<std::size_t>(std::ceil(time / options.step));
}

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Of each expert, its two scores less their means. Shape (2, N).
Eigen::Matrix2Xd deviations(const loop_scores& scores) {
    const auto n = static_cast<Eigen::Index>(scores.of_rule().size());
    Eigen::Matrix2Xd out(2, n);
    for (Eigen::Index i = 0; i < 2; ++i) {
        const auto values = i == 0 ? scores.of_rule() : scores.of_controller();
        const double mean = mean_of(values);
        for (Eigen::Index e = 0; e < n; ++e) out(i, e) = values[static_cast<std::size_t>(e)] - mean;
    }
    return out;
}

double lead_of_first(const loop_scores& scores) { return scores.sum()[0] - mean_of(scores.sum()); }

problem equations_of(const controlled_router& router, double feedback) {
    auto at = make_problem("softmax", {.experts = router.experts, .controlled = true});
    at.set("feedback", feedback);
    at.set("decay", router.decay);
    at.set("beta", router.beta);
    at.set("gain", router.controller.gain);
    at.set("leak", router.controller.leak);
    return at;
}

}  // namespace

deviation_map deviation_sums::map() const {
    const Eigen::Matrix2d m = now.transpose().ldlt().solve(next.transpose()).transpose();
    return {{{m(0, 0), m(0, 1)}, {m(1, 0), m(1, 1)}}};
}

deviation_sums measured_deviations(const controlled_router& router, double feedback,
                                   const oscillation_options& options, std::uint64_t seed,
                                   const watch& watched) {
    const auto rule = rule_of(router, feedback, options);
    tossed_loop loop({router.experts, 1, options.tokens, seed});
    const auto advance = [&] {
        if (watched.stopping()) throw interrupted("validate");
        loop.advance(rule);
    };
    for (std::size_t t = batches_of(options.settle, options); t > 0; --t) advance();
    deviation_sums sums;
    auto before = deviations(loop.scores());
    for (std::size_t t = batches_of(options.average, options); t > 0; --t) {
        advance();
        const auto after = deviations(loop.scores());
        sums.now += before * before.transpose();
        sums.next += after * before.transpose();
        sums.count += static_cast<double>(router.experts);
        before = after;
    }
    return sums;
}

swing measured_swing(const controlled_router& router, double feedback,
                     const oscillation_options& options, std::uint64_t seed, const watch& watched) {
    const auto rule = rule_of(router, feedback, options);
    tossed_loop loop({router.experts, 1, options.tokens, seed}, start_of(router));
    const std::size_t settling = batches_of(options.settle, options);
    std::vector<double> series;
    for (std::size_t t = settling + batches_of(options.average, options); t > 0; --t) {
        if (watched.stopping()) throw interrupted("validate");
        loop.advance(rule);
        if (loop.steps() > settling) series.push_back(lead_of_first(loop.scores()));
    }
    return swing_of(series, options.step);
}

swing predicted_swing(const controlled_router& router, double feedback,
                      const oscillation_options& options) {
    const auto at = equations_of(router, feedback);
    const std::size_t n = router.experts, settling = batches_of(options.settle, options);
    const double step = options.step / router.decay;
    std::vector<double> state(2 * n), slope(2 * n), series;
    std::ranges::copy(start_of(router), state.begin());
    for (std::size_t t = 0; t < settling + batches_of(options.average, options); ++t) {
        at.model->rhs(state, at.parameters, slope);
        double mean = 0;
        for (std::size_t i = 0; i < 2 * n; ++i) {
            state[i] += step * slope[i];
            mean += state[i] / static_cast<double>(n);
        }
        if (t >= settling) series.push_back(state[0] + state[n] - mean);
    }
    return swing_of(series, options.step);
}

std::pair<double, double> hopf_branch::at(double value) const {
    for (std::size_t i = 1; i < values.size(); ++i) {
        const double a = values[i - 1], b = values[i];
        if ((value - a) * (value - b) > 0 || a == b) continue;
        const auto between = [&](const std::vector<double>& of) {
            return of[i - 1] + (value - a) / (b - a) * (of[i] - of[i - 1]);
        };
        return {between(periods), between(amplitudes)};
    }
    return {not_a_number, not_a_number};
}

hopf_branch hopf_branch_of(const controlled_router& router, double onset, double top,
                           const watch& watched) {
    hopf_branch result{not_a_number, {}, {}, {}};
    if (router.controller.law != control_law::integral) return result;
    auto at = equations_of(router, onset);
    if (router.experts == 2) {
        at = make_problem("two-expert", {.controlled = true});
        at.set("decay", router.decay);
        at.set("beta", router.beta);
        at.set("gain", router.controller.gain);
        at.set("leak", router.controller.leak);
    } else {
        at = regrouped(at, coarsest_groups(at, {}));
    }
    const parameter_range range{"feedback", 0.9 * onset, top};
    auto found = equilibrium_diagram(at, range, {}, {}, {{}, watched.stop});
    const auto points = found.special_points;  // the diagram grows below
    for (const auto& point : points) {
        if (point.type != point_type::HB) continue;
        result.feedback = point.parameters[at.index_of("feedback")];
        if (router.experts > 2) return result;
        add_cycle_branch(found, at, range, point, {}, {{}, watched.stop});
        const auto& cycles = found.branches.back().columns;
        for (std::size_t row = 0; row < cycles.rows(); ++row)
            if (cycles.at("stable")[row] != 0) {
                result.values.push_back(cycles.at("feedback")[row]);
                result.periods.push_back(cycles.at("period")[row]);
                // half the lead of one of two scores: beta x = ln(p/(1 - p))
                const double most = cycles.at("load_1_max")[row];
                result.amplitudes.push_back(std::log(most / (1 - most)) / (2 * router.beta));
            }
        break;
    }
    return result;
}

}  // namespace moebius
