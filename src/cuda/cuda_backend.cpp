// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/simulate/backend.hpp>

#include "device.hpp"
#include "ensemble.hpp"
#include "loops.hpp"
#include "route.hpp"

namespace moebius {
namespace {

constexpr std::size_t most_experts = 4096;  // their counts and scores stay in shared memory
constexpr std::size_t history_bytes = std::size_t{1} << 28;  // of one launch

/// A token source as arrays on the device.
struct device_source {
    gpu::tokens kind = gpu::tokens::none;
    std::uint64_t stored = 0;
    gpu::device_array<double> logits, cumulative, center, width;
};

/// Marks tokens that no expert gets by a NaN in front; of two experts only the margin is left.
std::vector<double> routable_logits(std::span<const double> logits, std::size_t experts) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> out;
    out.reserve(experts == 2 ? logits.size() / 2 : logits.size());
    for (std::size_t t = 0; t < logits.size(); t += experts) {
        const auto row = logits.subspan(t, experts);
        const bool sound =
            std::all_of(row.begin(), row.end(), [](double l) { return l < infinity; }) &&
            std::any_of(row.begin(), row.end(), [](double l) { return l > -infinity; });
        const std::size_t from = out.size();
        if (experts == 2)
            out.push_back(row[0] - row[1]);
        else
            out.insert(out.end(), row.begin(), row.end());
        if (!sound) out[from] = std::numeric_limits<double>::quiet_NaN();
    }
    return out;
}

device_source upload(const token_source& source) {
    device_source on;
    if (!source.draws_tokens()) return on;
    if (const auto logits = source.stored(); !logits.empty()) {
        on.kind = gpu::tokens::stored;
        on.stored = logits.size() / source.experts();
        on.logits = gpu::device_array(routable_logits(logits, source.experts()));
    } else if (const auto nodes = source.mixture(); !nodes.empty()) {
        on.kind = gpu::tokens::mixture;
        std::vector<double> cumulative, center, width;
        double sum = 0;
        for (const auto& node : nodes) {
            cumulative.push_back(sum += node.weight);
            center.push_back(node.center);
            width.push_back(node.width);
        }
        cumulative.back() = 1;
        on.cumulative = gpu::device_array(cumulative);
        on.center = gpu::device_array(center);
        on.width = gpu::device_array(width);
    } else {
        throw invalid_argument("run_loops", "a token source of the caller's own came",
                               "a CUDA device runs stored tokens, mixtures and no tokens");
    }
    return on;
}

gpu::noise device_noise(noise_law law) {
    switch (law) {
        case noise_law::none:
            return gpu::noise::none;
        case noise_law::gaussian:
            return gpu::noise::gaussian;
        default:
            return gpu::noise::softmax;
    }
}

/// Steps first, ..., first + steps - 1 of a schedule of each run, or the run's own value; empty if
/// no run has a schedule.
template <typename Otherwise>
std::vector<double> scheduled(const loop_batch& batch, std::vector<double> loop_run::*schedule,
                              std::size_t first, std::size_t steps, Otherwise otherwise) {
    const bool any = std::any_of(batch.runs.begin(), batch.runs.end(),
                                 [&](const loop_run& run) { return !(run.*schedule).empty(); });
    std::vector<double> out;
    if (!any) return out;
    for (const auto& run : batch.runs)
        for (std::size_t k = first; k < first + steps; ++k)
            out.push_back((run.*schedule).empty() ? otherwise(run.rule) : (run.*schedule)[k]);
    return out;
}

class cuda_backend final : public backend {
public:
    explicit cuda_backend(int device) : device_(device) {
        if (const auto status = cudaSetDevice(device); status != cudaSuccess)
            throw device_error(
                fmt::format("device cuda:{}", device),
                fmt::format("{}; 'moebius doctor' tells what answers", cudaGetErrorString(status)));
        cudaDeviceProp about{};
        gpu::check(cudaGetDeviceProperties(&about, device), "cudaGetDeviceProperties");
        name_ = fmt::format("cuda:{} ({})", device, about.name);
        limits_.multiprocessors = limits_.clusters[0] =
            static_cast<std::uint32_t>(about.multiProcessorCount);
        for (std::uint32_t size = 1; about.major >= 9 && size < 5; ++size)
            limits_.clusters[size] = gpu::clusters_at_once(1U << size);
    }

    std::string name() const override { return name_; }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        check(batch);
        check_size(batch);
        gpu::check(cudaSetDevice(device_), "cudaSetDevice");
        const std::size_t experts = batch.source->experts(), runs = batch.runs.size();
        std::vector<std::uint32_t> history(runs * batch.steps * experts);
        if (history.empty()) return history;

        const auto source = upload(*batch.source);
        const auto values = values_of(batch);
        const gpu::device_array values_on(values);
        const gpu::device_array biases(biases_of(batch));
        const gpu::device_array scores(scores_of(batch));
        const gpu::device_array<std::uint64_t> mailbox(
            (gpu::mailbox_bytes(static_cast<std::uint32_t>(experts), limits_) + 7) / 8);
        const std::size_t row = runs * experts * sizeof(std::uint32_t);
        const std::size_t chunk = std::clamp<std::size_t>(history_bytes / row, 1, batch.steps);
        const gpu::device_array<std::uint32_t> part(runs * chunk * experts);
        std::vector<std::uint32_t> host(part.size());

        gpu::loops work{};
        work.runs = static_cast<std::uint32_t>(runs);
        work.experts = static_cast<std::uint32_t>(experts);
        work.tokens = batch.tokens;
        work.values = values_on.data();
        work.biases = biases.data();
        work.scores = scores.data();
        work.history = part.data();
        work.noise = device_noise(batch.noise);
        work.source = source.kind;
        work.logits = source.logits.data();
        work.stored = source.stored;
        work.cumulative = source.cumulative.data();
        work.center = source.center.data();
        work.width = source.width.data();
        work.mailbox = mailbox.data();
        work.mailbox_bytes = mailbox.size() * sizeof(std::uint64_t);
        const bool tossed = experts == 2 && source.kind == gpu::tokens::none;

        for (std::size_t first = 0; first < batch.steps; first += chunk) {
            if (watched.stopping()) throw interrupted("run_loops");
            const std::size_t steps = std::min(chunk, batch.steps - first);
            work.first_step = first;
            work.steps = static_cast<std::uint32_t>(steps);
            const gpu::device_array feedback(
                scheduled(batch, &loop_run::feedback, first, steps,
                          [](const feedback_rule& rule) { return rule.feedback; }));
            const gpu::device_array bias(
                scheduled(batch, &loop_run::bias, first, steps, [](const feedback_rule& rule) {
                    return rule.bias.empty() ? 0 : 2 * rule.bias[0];
                }));
            work.feedback = feedback.data();
            work.bias = bias.data();
            const auto shape = gpu::shape_for(work, tossed, limits_);
            gpu::check(tossed ? gpu::launch_toss(work, shape) : gpu::launch_route(work, shape),
                       "run_loops");
            part.read(host.data(), runs * steps * experts);
            for (std::size_t r = 0; r < runs; ++r)
                std::copy_n(host.begin() + static_cast<std::ptrdiff_t>(r * steps * experts),
                            steps * experts,
                            history.begin() +
                                static_cast<std::ptrdiff_t>((r * batch.steps + first) * experts));
            if (watched.report) watched.report(first + steps, batch.steps);
        }
        return history;
    }

    routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options) const override {
        return gpu::route(batch, scores, options, device_);
    }

    ensemble_result integrate(const ensemble_problem& work, const ensemble_options& options,
                              const watch& watched) const override {
        return gpu::integrate_ensemble(work, options, device_, watched);
    }

private:
    static void check_size(const loop_batch& batch) {
        if (batch.source->experts() > most_experts)
            throw invalid_argument("run_loops",
                                   fmt::format("{} experts came", batch.source->experts()),
                                   fmt::format("a CUDA device takes up to {}", most_experts));
        if (batch.runs.size() > 65535)
            throw invalid_argument("run_loops", fmt::format("{} runs came", batch.runs.size()),
                                   "a CUDA device takes up to 65535 at once");
    }

    static std::vector<gpu::run_values> values_of(const loop_batch& batch) {
        std::vector<gpu::run_values> out;
        for (const auto& [rule, seed, scores, feedback, bias] : batch.runs)
            out.push_back({rule.feedback, rule.decay, rule.beta, rule.step, seed});
        return out;
    }

    static std::vector<double> scores_of(const loop_batch& batch) {
        return per_expert(batch, [](const loop_run& run) { return run.scores; });
    }

    static std::vector<double> biases_of(const loop_batch& batch) {
        return per_expert(batch, [](const loop_run& run) { return run.rule.bias; });
    }

    template <typename Get>
    static std::vector<double> per_expert(const loop_batch& batch, Get get) {
        std::vector<double> out;
        for (const auto& run : batch.runs) {
            auto row = get(run);
            row.resize(batch.source->experts());  // none means 0
            out.insert(out.end(), row.begin(), row.end());
        }
        return out;
    }

    int device_;
    std::string name_;
    gpu::loop_limits limits_{};
};

}  // namespace

std::shared_ptr<const backend> detail::make_cuda_backend(int device) {
    return std::make_shared<cuda_backend>(device);
}

}  // namespace moebius
