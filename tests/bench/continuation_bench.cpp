// SPDX-License-Identifier: MIT
// Points a second of whole diagrams inside the library, stability and detection on.
#include <benchmark/benchmark.h>

#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/two_expert.hpp>

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

}  // namespace
