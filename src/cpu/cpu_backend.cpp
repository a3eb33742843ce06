// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>

#include "quick_step.hpp"

namespace moebius {
namespace {

class stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

class plain_backend final : public backend {
public:
    explicit plain_backend(unsigned threads) : threads_(threads), loops_(make_cpu_loops(threads)) {}

    std::string name() const override { return "cpu"; }

    std::optional<refusal> refusal_of(const loop_batch& batch) const override {
        return loops_->refusal_of(batch);
    }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        return loops_->run_loops(batch, watched);
    }

    std::optional<refusal> refusal_of(const router_batches& batches) const override {
        return loops_->refusal_of(batches);
    }

    load_history run_loops(const router_batches& batches, const watch& watched) const override {
        return loops_->run_loops(batches, watched);
    }

    routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options) const override {
        check(batch, scores, options);
        std::vector<double> seconds;
        routed_batch routed;
        quick_step step(batch, scores, options, threads_);
        for (std::size_t i = 0; i < options.repeats; ++i) {
            const stopwatch time;
            routed = step.run();
            seconds.push_back(time.seconds());
        }
        routed.seconds = median(seconds);
        return routed;
    }

    ensemble_result integrate(const ensemble_problem& work, const ensemble_options& options,
                              const watch& watched) const override {
        auto on = options;
        if (on.threads == 0) on.threads = threads_;
        const stopwatch time;
        auto result = integrate_ensemble(work, on, watched);
        result.seconds = time.seconds();
        return result;
    }

    std::optional<refusal> refusal_of(const training_work& work) const override {
        check(work);
        return std::nullopt;
    }

    void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
               const watch& watched) const override {
        check(work, until);
        if (states.size() != work.runs.size())
            throw invalid_argument("train", fmt::format("{} states came", states.size()),
                                   fmt::format("there are {} runs", work.runs.size()));
        std::uint64_t batches = 0;
        for (const auto& state : states) batches += until - std::min(until, state.step);
        progress shared(watched, "train", batches);
        const auto one = [&](std::size_t r) {
            const std::uint64_t stride = 8 * std::uint64_t{work.record_every};
            for (auto step = states[r].step; step < until;) {
                const auto from = step;
                step = std::min(until, step + stride - step % stride);
                advance(work, work.runs[r], states[r], step, watched);
                shared.add(step - from);
            }
        };
        parallel_for(states.size(), threads_, one);
    }

    double copy_rate() const override {
        constexpr std::size_t bytes = std::size_t{1} << 28;
        const std::vector<char> from(bytes, 1);
        std::vector<char> to(bytes);
        double best = std::numeric_limits<double>::infinity();
        for (int i = 0; i < 4; ++i) {
            const stopwatch time;
            std::memcpy(to.data(), from.data(), bytes);
            best = std::min(best, time.seconds());
        }
        return 2.0 * bytes / best;
    }

private:
    unsigned threads_;
    std::shared_ptr<const loop_backend> loops_;
};

}  // namespace

std::shared_ptr<const backend> detail::make_cpu_backend(unsigned threads) {
    return std::make_shared<plain_backend>(threads);
}

}  // namespace moebius
