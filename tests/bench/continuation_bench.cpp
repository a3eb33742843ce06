// SPDX-License-Identifier: MIT
// Points a second of whole diagrams inside the library, stability and detection on.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/model.hpp>
#include <moebius/model/two_expert.hpp>
#include <numbers>
#include <string_view>

#include "numbered_states.hpp"

namespace {

using namespace moebius;

std::int64_t points_of(const diagram& found) {
    std::size_t points = 0;
    for (const auto& curve : found.branches) points += curve.columns.rows();
    return static_cast<std::int64_t>(points);
}

/// All three branches of the pitchfork; max_step in thousandths.
void branches(benchmark::State& state) {
    const auto two = problem_of<models::two_expert>();
    const continuation_options options{.max_step = static_cast<double>(state.range(0)) / 1000};
    const auto once = equilibrium_diagram(two, {"feedback", 0.5, 20}, options);
    if (std::abs(once.at("BP1").parameters[0] - 2) > 1e-12) state.SkipWithError("BP is not at 2");

    for (auto _ : state)
        benchmark::DoNotOptimize(equilibrium_diagram(two, {"feedback", 0.5, 20}, options));
    state.SetItemsProcessed(state.iterations() * points_of(once));
}
BENCHMARK(branches)->ArgName("thousandths")->Arg(100)->Arg(10);

/// The fold curve through the cusp, its starts included.
void folds(benchmark::State& state) {
    const auto two = problem_of<models::two_expert>();
    const continuation_options options{.max_step = static_cast<double>(state.range(0)) / 1000};
    const auto run = [&] {
        return fold_locus(two, {"feedback", 1.5, 20}, {"bias", -16, 16}, options);
    };
    const auto once = run();
    if (std::abs(once.at("CP1").parameters[0] - 2) > 1e-10) state.SkipWithError("CP is not at 2");

    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetItemsProcessed(state.iterations() * points_of(once));
}
BENCHMARK(folds)->ArgName("thousandths")->Arg(100)->Arg(10);

problem softmax_experts(std::int64_t n) {
    return with_defaults(expert_feedback(softmax_loads(static_cast<std::size_t>(n))));
}

/// The first of n experts wins, with log-odds r over each other one.
special_point one_winner(const problem& base, double r) {
    const std::size_t n = base.model->dimension();
    const auto exact = exact::branch_state({n, 1}, r);
    special_point start;
    start.parameters = base.parameters;
    start.parameters[0] = exact.K;
    start.state.assign(n, exact.K * exact.loads[1]);
    start.state[0] = exact.K * exact.loads[0];
    return start;
}

/// The one-winner branch in the space of all n scores, through its fold.
void winner(benchmark::State& state) {
    const auto base = softmax_experts(state.range(0));
    const exact::split s{base.model->dimension(), 1};
    const auto fold = exact::branch_fold(s);
    const parameter_range range{"feedback", fold.K - 1, fold.K + 2};
    const auto start = one_winner(base, fold.r + 1);
    const auto run = [&] { return equilibrium_diagram(base, range, {}, start); };
    const auto once = run();
    const double error = std::abs(once.at("LP1").parameters[0] - fold.K);
    if (error > 1e-12 * fold.K) state.SkipWithError("the fold is not the closed form's");

    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetItemsProcessed(state.iterations() * points_of(once));
    state.counters["points"] = static_cast<double>(points_of(once));
    state.counters["fold_error"] = error;
}
BENCHMARK(winner)
    ->ArgName("experts")
    ->Arg(8)
    ->Arg(64)
    ->Arg(256)
    ->Arg(1024)
    ->RangeMultiplier(8)
    ->Range(4096, 65536)
    ->Unit(benchmark::kMillisecond);

/// The fold curve of one favoured expert in (feedback, bias_1), in the space of all n scores.
void winner_folds(benchmark::State& state) {
    const auto base = softmax_experts(state.range(0));
    const exact::split s{base.model->dimension(), 1};
    auto start = one_winner(base, exact::branch_fold(s).r);
    start.type = point_type::LP;
    const continuation_options options{.max_step = 0.05};
    const auto run = [&] {
        return fold_locus(base, {"feedback", 1, 20}, {"bias_1", -10, 10}, options, start);
    };
    const auto once = run();
    double error = 0;
    int cusps = 0;
    for (const auto& point : once.special_points) {
        if (point.type != point_type::CP) continue;
        ++cusps;
        error = std::abs(point.parameters[0] - exact::cusp(s).K);
    }
    if (cusps != 1 || error > 1e-10) state.SkipWithError("not one cusp, where the closed form is");

    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetItemsProcessed(state.iterations() * points_of(once));
    state.counters["points"] = static_cast<double>(points_of(once));
    state.counters["cusp_error"] = error;
}
BENCHMARK(winner_folds)
    ->ArgName("experts")
    ->Arg(8)
    ->Arg(64)
    ->Arg(256)
    ->Arg(4096)
    ->Unit(benchmark::kMillisecond);

/// u_t = l u + nu u^2 - u^3 - (1 + d^2)^2 u by differences, u = 0 beyond the ends of a length of 12
/// pi.
struct swift_hohenberg {
    static constexpr std::string_view name = "swift-hohenberg", equation = "Swift-Hohenberg";
    static constexpr std::size_t dimension = 64;
    static constexpr auto states = numbered_states<'u', dimension>;
    static constexpr std::array<parameter_info, 2> parameters{
        {{"l", "l", "", -0.3}, {"nu", "nu", "", 1.3}}};

    template <typename S>
    static vec<S, dimension> one_plus_second(const vec<S, dimension>& a) {
        constexpr double h = 12 * std::numbers::pi / (dimension + 1);
        vec<S, dimension> b;
        for (std::size_t i = 0; i < dimension; ++i) {
            b[i] = a[i] - a[i] * (2 / (h * h));
            if (i > 0) b[i] += a[i - 1] / (h * h);
            if (i + 1 < dimension) b[i] += a[i + 1] / (h * h);
        }
        return b;
    }

    template <typename S>
    vec<S, dimension> rhs(const vec<S, dimension>& u, const vec<S, 2>& p) const {
        const auto twice = one_plus_second(one_plus_second(u));
        vec<S, dimension> f;
        for (std::size_t i = 0; i < dimension; ++i)
            f[i] = u[i] * (p[0] + u[i] * (p[1] - u[i])) - twice[i];
        return f;
    }
};

/// The branch u = 0 through its branch points, at l = the eigenvalues of (1 + d^2)^2.
void swift_hohenberg_rest(benchmark::State& state) {
    const auto base = problem_of<swift_hohenberg>();
    special_point start;
    start.label = "start";
    start.state.assign(swift_hohenberg::dimension, 0);
    start.parameters = base.parameters;
    const auto run = [&] {
        return equilibrium_diagram(base, {"l", -0.3, 0.5}, {.depth = 0}, start);
    };
    const auto once = run();
    for (const auto& point : once.special_points)
        if (point.residual > 1e-10) state.SkipWithError("a point is not solved");
    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetItemsProcessed(state.iterations() * points_of(once));
    state.counters["points"] = static_cast<double>(points_of(once));
}
BENCHMARK(swift_hohenberg_rest)
    ->Name("swift_hohenberg")
    ->ArgName("states")
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);

}  // namespace
