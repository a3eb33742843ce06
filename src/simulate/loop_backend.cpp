// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/parallel.hpp>
#include <moebius/simulate/loop_backend.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <thread>

namespace moebius {
namespace {

constexpr std::size_t told_every = 16;  // batches: no lock for each small one

class plain_loops final : public loop_backend {
public:
    explicit plain_loops(unsigned threads) : threads_(threads) {}

    std::optional<refusal> refusal_of(const loop_batch& batch) const override {
        check(batch);
        return std::nullopt;
    }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        check(batch);
        const std::size_t experts = batch.source->experts();
        std::vector<std::uint32_t> history(batch.runs.size() * batch.steps * experts);
        std::vector<std::size_t> steps(batch.runs.size());
        progress shared(watched, "run_loops", batch.runs.size() * batch.steps);
        const auto one = [&](std::size_t r) {
            const auto& run = batch.runs[r];
            closed_loop loop(batch.source, {batch.tokens, batch.noise, run.seed}, run.scores,
                             share_of(r, batch.runs.size()));
            auto to = history.begin() + static_cast<std::ptrdiff_t>(r * batch.steps * experts);
            while (steps[r] < batch.steps) {
                const auto counts = loop.advance(rule_at(run, steps[r]), watched);
                to = std::transform(counts.begin(), counts.end(), to,
                                    [](std::uint64_t n) { return static_cast<std::uint32_t>(n); });
                if (++steps[r] % told_every == 0) shared.add(told_every);
            }
            shared.add(batch.steps % told_every);
        };
        try {
            parallel_for(batch.runs.size(), threads_, one);
        } catch (const interrupted&) {
            throw cut_short<stopped_loops>("run_loops", {std::move(history), std::move(steps)});
        }
        return history;
    }

    std::optional<refusal> refusal_of(const router_batches& batches) const override {
        check(batches);
        return std::nullopt;
    }

    load_history run_loops(const router_batches& batches, const watch& watched) const override {
        check(batches);
        const std::size_t experts = batches.source->experts(), runs = batches.runs.size();
        load_history history{std::vector<double>(runs * batches.steps * experts),
                             std::vector<std::uint64_t>(runs)};
        std::vector<std::size_t> steps(runs);
        progress shared(watched, "run_loops", runs * batches.steps);
        const auto one = [&](std::size_t r) {
            const auto& run = batches.runs[r];
            router_loop loop(batches.source, batches.router,
                             {.tokens = batches.tokens, .seed = run.seed}, run.scores);
            auto to =
                history.loads.begin() + static_cast<std::ptrdiff_t>(r * batches.steps * experts);
            while (steps[r] < batches.steps) {
                if (watched.stopping()) throw interrupted("run_loops");
                const auto loads = loop.advance(rule_at(run, steps[r]));
                to = std::copy(loads.begin(), loads.end(), to);
                history.unrouted[r] = loop.unrouted();
                ++steps[r];
                shared.add();
            }
        };
        try {
            parallel_for(runs, threads_, one);
        } catch (const interrupted&) {
            throw cut_short<stopped_at<load_history>>("run_loops",
                                                      {std::move(history), std::move(steps)});
        }
        return history;
    }

private:
    /// The threads of run r: where there are fewer runs than threads, each has several.
    [[nodiscard]] unsigned share_of(std::size_t r, std::size_t runs) const {
        const std::size_t all =
            threads_ > 0 ? threads_ : std::max(1U, std::thread::hardware_concurrency());
        return static_cast<unsigned>(
            std::max<std::size_t>(1, all / runs + (r < all % runs ? 1 : 0)));
    }

    unsigned threads_;
};

}  // namespace

const loop_backend& cpu_loops() {
    static const plain_loops loops(0);
    return loops;
}

std::shared_ptr<const loop_backend> make_cpu_loops(unsigned threads) {
    return std::make_shared<plain_loops>(threads);
}

feedback_rule rule_at(const loop_run& run, std::size_t step) {
    auto rule = run.rule;
    if (!run.feedback.empty()) rule.feedback = run.feedback[step];
    if (!run.bias.empty()) rule.bias = bias_of_two(run.bias[step]);
    return rule;
}

void check(const loop_batch& batch) {
    if (batch.source == nullptr)
        throw invalid_argument("run_loops", "no token source came", "one is needed");
    constexpr std::size_t most = std::size_t{1} << 36;  // numbers of a history: 256 GiB
    const std::size_t row = batch.source->experts() * std::max<std::size_t>(1, batch.runs.size());
    if (batch.steps > most / row)
        throw invalid_argument(
            "run_loops", fmt::format("{} runs of {} batches came", batch.runs.size(), batch.steps),
            fmt::format("the counts of {} experts must be at most {} numbers",
                        batch.source->experts(), most));
    const bool scheduled = std::any_of(batch.runs.begin(), batch.runs.end(),
                                       [](const loop_run& run) { return !run.bias.empty(); });
    if (scheduled && batch.source->experts() != 2)
        throw invalid_argument("run_loops",
                               fmt::format("a schedule of the bias of two came for {} experts",
                                           batch.source->experts()),
                               "two experts are needed");
    for (const auto& run : batch.runs) {
        check(run.rule, batch.source->experts());
        for (const auto* schedule : {&run.feedback, &run.bias})
            if (!std::all_of(schedule->begin(), schedule->end(),
                             [](double value) { return std::isfinite(value); }))
                throw invalid_argument("run_loops", "a schedule has a value that is not finite",
                                       "all must be");
        for (const auto* schedule : {&run.feedback, &run.bias})
            if (!schedule->empty() && schedule->size() != batch.steps)
                throw invalid_argument(
                    "run_loops", fmt::format("a schedule has {} values", schedule->size()),
                    fmt::format("the {} steps need one each, or none", batch.steps));
        if (scheduled && run.bias.empty() && !run.rule.bias.empty() &&
            run.rule.bias[0] != -run.rule.bias[1])
            throw invalid_argument(
                "run_loops", "biases that are not opposite came beside a schedule of the bias",
                "all runs need a schedule, or biases h/2 and -h/2");
        const closed_loop checked(batch.source, {batch.tokens, batch.noise, run.seed}, run.scores);
    }
}

void check(const router_batches& batches) {
    if (batches.router == nullptr)
        throw invalid_argument("run_loops", "no router came", "one is needed");
    check(
        loop_batch{batches.source, noise_law::gumbel, batches.tokens, batches.steps, batches.runs});
    batches.router->check(batches.source->experts());
}

}  // namespace moebius
