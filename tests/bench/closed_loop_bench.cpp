// SPDX-License-Identifier: MIT
// Tokens a second through the closed loop on one thread, two experts.
#include <benchmark/benchmark.h>

#include <cmath>
#include <moebius/simulate/closed_loop.hpp>
#include <moebius/tokens/token_source.hpp>
#include <vector>

namespace {

using namespace moebius;

void closed_loop_tokens(benchmark::State& state) {
    const auto noise = static_cast<noise_law>(state.range(0));
    const std::size_t tokens = 1024;
    std::vector<double> logits;  // as many margins as the digits have, evenly spread
    for (int i = 0; i < 1797; ++i) {
        const double margin = -2 + 4 * i / 1796.0;
        logits.insert(logits.end(), {margin / 2, -margin / 2});
    }
    closed_loop loop(stored_tokens(logits, 2), {.tokens = tokens, .noise = noise});
    const feedback_rule rule{.feedback = 1, .beta = 4};
    const auto counts = loop.advance(rule);
    if (counts[0] + counts[1] != tokens) state.SkipWithError("tokens got lost");

    for (auto _ : state) benchmark::DoNotOptimize(loop.advance(rule));
    state.SetLabel(std::string(to_string(noise)));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(tokens));
}
BENCHMARK(closed_loop_tokens)->ArgName("noise")->DenseRange(0, 3);

}  // namespace
