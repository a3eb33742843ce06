// SPDX-License-Identifier: MIT
//
// Microseconds a step of closed loops on a device, from the difference of two lengths, so that
// set-up and copies do not count:  loops_bench [DEVICE [routers]]
#include <chrono>
#include <cstdio>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>
#include <moebius/router/registry.hpp>
#include <string>

using namespace moebius;

namespace {

double seconds(const backend& on, loop_batch batch, std::size_t steps) {
    batch.steps = steps;
    const auto from = std::chrono::steady_clock::now();
    const auto history = on.run_loops(batch, {});
    const auto to = std::chrono::steady_clock::now();
    std::size_t routed = 0;
    for (std::size_t i = history.size() - batch.source->experts(); i < history.size(); ++i)
        routed += history[i];
    if (routed != batch.tokens)
        std::printf("CHECK FAILED: %zu of %zu routed\n", routed, batch.tokens);
    return std::chrono::duration<double>(to - from).count();
}

void row(const backend& on, const char* what, std::shared_ptr<const token_source> source,
         std::size_t tokens, std::size_t runs, std::size_t steps) {
    loop_batch batch{std::move(source), noise_law::gaussian, tokens, 1, {}};
    if (batch.source->experts() != 2) batch.noise = noise_law::gumbel;
    if (batch.source->fresh().width > 0) batch.noise = noise_law::none;
    for (std::size_t r = 0; r < runs; ++r)
        batch.runs.push_back({{.feedback = 1.5, .step = 0.02}, derived_seed(1, r)});
    seconds(on, batch, steps / 4);
    double best = 1e300;
    for (int k = 0; k < 3; ++k) {
        const double some = seconds(on, batch, steps / 4), all = seconds(on, batch, steps);
        best = std::min(best, (all - some) / static_cast<double>(steps - steps / 4));
    }
    const double step = best * 1e6;
    std::printf("%-28s T %8zu  E %3zu  runs %4zu  %9.3f us a step  %9.3f a run-step\n", what,
                tokens, batch.source->experts(), runs, step, step / static_cast<double>(runs));
}

double seconds(const backend& on, router_batches batches, std::size_t steps) {
    batches.steps = steps;
    const auto from = std::chrono::steady_clock::now();
    const auto history = on.run_loops(batches, {});
    const auto to = std::chrono::steady_clock::now();
    if (!(history.loads.back() > 0)) std::printf("CHECK FAILED: nothing was routed\n");
    return std::chrono::duration<double>(to - from).count();
}

/// One run, of 65,536 tokens a step.
void row(const backend& on, const char* name, const router_settings& settings,
         const std::shared_ptr<const token_source>& source, std::size_t steps) {
    router_batches batches{source, make_router(name, 1, noise_law::gumbel, settings), 65536, 1, {}};
    batches.runs.push_back({{.feedback = 1.5, .step = 0.02}, 1});
    seconds(on, batches, steps / 4);
    double best = 1e300;
    for (int k = 0; k < 3; ++k) {
        const double some = seconds(on, batches, steps / 4), all = seconds(on, batches, steps);
        best = std::min(best, (all - some) / static_cast<double>(steps - steps / 4));
    }
    std::string what = name;
    for (const auto& [key, value] : settings) what += "," + key + "=" + value;
    std::printf("%-40s E %3zu  %-13s  %9.3f us a step\n", what.c_str(), source->experts(),
                source->draws_tokens() ? "stored tokens" : "no tokens", best * 1e6);
}

std::shared_ptr<const token_source> uniform_tokens(std::size_t experts) {
    std::vector<double> logits(360 * experts);
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] =
            uniform(random_words(3, random_stream::gate, 0, static_cast<std::uint32_t>(i))[0]);
    return stored_tokens(logits, experts);
}

/// router_loops_torch.py does the same with PyTorch.
void router_rows(const backend& on, std::size_t steps) {
    for (const std::size_t experts : {8U, 64U})
        for (const auto& source : {no_tokens(experts), uniform_tokens(experts)}) {
            row(on, "top-k", {{"k", "1"}}, source, steps);
            row(on, "top-k", {{"k", "2"}}, source, steps);
            row(on, "probmoe-exact-k", {{"k", "2"}}, source, steps);
            row(on, "probmoe-dynamic-k", {{"k_min", "1"}, {"k_max", "2"}}, source, steps);
            row(on, "soft-moe", {}, source, steps);
            row(on, "selective-sinkhorn", {{"k", "2"}, {"frequency", "0.001"}}, source, steps);
            if (experts == 64) row(on, "probmoe-exact-k", {{"k", "8"}}, source, steps);
        }
}

}  // namespace

int main(int argc, char** argv) {
    const auto on = make_backend(argc > 1 ? argv[1] : "auto");
    const bool quick = on->name() == "cpu";
    const std::size_t unit = quick ? 40 : 40000;
    std::printf("%s\n", on->name().c_str());
    if (argc > 2 && std::string_view(argv[2]) == "routers") {
        router_rows(*on, quick ? 8 : 4000);
        return 0;
    }
    row(*on, "noise only", no_tokens(2), 65536, 1, unit);
    row(*on, "noise only", no_tokens(2), 1 << 20, 1, unit);
    row(*on, "noise only", no_tokens(2), 65536, 8, unit);
    row(*on, "noise only", no_tokens(2), 65536, 128, unit / 4);
    row(*on, "noise only", no_tokens(2), 1024, 1, unit);
    row(*on, "noise only", no_tokens(2), 1024, 4096, unit / 4);
    const auto eight = uniform_tokens(8);
    const std::vector<double> logits(eight->stored().begin(), eight->stored().end());
    row(*on, "stored tokens", stored_tokens({logits.begin(), logits.begin() + 720}, 2), 65536, 1,
        unit / 4);
    row(*on, "stored tokens", stored_tokens({logits.begin(), logits.begin() + 720}, 2), 1024, 64,
        unit / 4);
    row(*on, "stored tokens", eight, 65536, 1, unit / 8);
    row(*on, "gumbel only", no_tokens(8), 65536, 1, unit / 8);
    if (on->name().find('+') != std::string::npos) return 0;  // one device draws fresh tokens
    row(*on, "fresh tokens, d 64", normal_tokens(random_gate(8, 64, 1), 8), 65536, 1, unit / 8);
    row(*on, "fresh tokens, d 64", normal_tokens(random_gate(2, 64, 1), 2), 65536, 1, unit / 8);
    row(*on, "fresh tokens, d 64", normal_tokens(random_gate(8, 64, 1), 8), 1 << 20, 1, unit / 40);
}
