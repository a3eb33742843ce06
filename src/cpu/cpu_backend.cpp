// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/simulate/backend.hpp>

namespace moebius {
namespace {

class plain_backend final : public backend {
public:
    explicit plain_backend(unsigned threads) : threads_(threads) {}

    std::string name() const override { return "cpu"; }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        check(batch);
        const std::size_t experts = batch.source->experts();
        std::vector<std::uint32_t> history(batch.runs.size() * batch.steps * experts);
        const auto one = [&](std::size_t r) {
            const auto& run = batch.runs[r];
            closed_loop loop(batch.source, {batch.tokens, batch.noise, run.seed}, run.scores);
            auto to = history.begin() + static_cast<std::ptrdiff_t>(r * batch.steps * experts);
            for (std::size_t step = 0; step < batch.steps; ++step) {
                if (watched.stopping()) throw interrupted("run_loops");
                for (const auto count : loop.advance(rule_at(run, step)))
                    *to++ = static_cast<std::uint32_t>(count);
            }
        };
        parallel_for(batch.runs.size(), threads_, one, watched, "run_loops");
        return history;
    }

    routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options) const override {
        return route_step(batch, scores, options);
    }

    ensemble_result integrate(const ensemble_problem& work, const ensemble_options& options,
                              const watch& watched) const override {
        auto on = options;
        if (on.threads == 0) on.threads = threads_;
        return integrate_ensemble(work, on, watched);
    }

private:
    unsigned threads_;
};

}  // namespace

std::shared_ptr<const backend> detail::make_cpu_backend(unsigned threads) {
    return std::make_shared<plain_backend>(threads);
}

}  // namespace moebius
