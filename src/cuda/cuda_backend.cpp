// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>

#include "device.hpp"
#include "ensemble/ensemble.hpp"
#include "loop/loop_arrays.hpp"
#include "loop/router_arrays.hpp"
#include "route/route.hpp"
#include "train/train.hpp"

namespace moebius {
namespace {

class cuda_backend final : public backend {
public:
    explicit cuda_backend(int device)
        : device_(device), name_(gpu::open_device(device)), limits_(gpu::limits_of(device)) {}

    std::string name() const override { return name_; }

    std::optional<refusal> refusal_of(const loop_batch& batch) const override {
        check(batch);
        return gpu::loop_refusal(batch);
    }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        if (const auto why = refusal_of(batch)) throw invalid_argument("run_loops", *why);
        gpu::check(cudaSetDevice(device_), "cudaSetDevice");
        std::vector<std::uint32_t> history(batch.runs.size() * batch.steps *
                                           batch.source->experts());
        if (history.empty()) return history;
        gpu::loop_arrays arrays(batch, limits_);
        for (std::size_t first = 0; first < batch.steps; first += arrays.room()) {
            if (watched.stopping())
                throw cut_short<stopped_loops>(
                    "run_loops", {std::move(history), std::vector(batch.runs.size(), first)});
            const std::size_t steps = std::min(arrays.room(), batch.steps - first);
            try {
                gpu::check(launch(arrays.at(first, steps)), "run_loops");
                arrays.read_history(history);
            } catch (const device_error& why) {
                if (first == 0) throw;
                throw loops_cut(why, first, gpu::first_steps(history, batch, first));
            }
            if (watched.report) watched.report(first + steps, batch.steps);
        }
        return history;
    }

    std::optional<refusal> refusal_of(const router_batches& batches) const override {
        check(batches);
        return gpu::router_refusal(batches);
    }

    load_history run_loops(const router_batches& batches, const watch& watched) const override {
        if (const auto why = refusal_of(batches)) throw invalid_argument("run_loops", *why);
        gpu::check(cudaSetDevice(device_), "cudaSetDevice");
        const std::size_t runs = batches.runs.size();
        load_history history{std::vector<double>(runs * batches.steps * batches.source->experts()),
                             std::vector<std::uint64_t>(runs)};
        if (history.loads.empty()) return history;
        gpu::router_arrays arrays(batches, limits_);
        for (std::size_t first = 0; first < batches.steps;) {
            if (watched.stopping())
                throw cut_short<stopped_at<load_history>>(
                    "run_loops", {std::move(history), std::vector(runs, first)});
            const std::size_t steps = std::min(arrays.room(), batches.steps - first);
            arrays.advance(first, steps, history);
            first += steps;
            if (watched.report) watched.report(first, batches.steps);
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

    std::optional<refusal> refusal_of(const training_work& work) const override {
        return gpu::training_refusal(work, device_);
    }

    void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
               const watch& watched) const override {
        gpu::train(work, states, until, device_, watched);
    }

    double copy_rate() const override {
        gpu::check(cudaSetDevice(device_), "cudaSetDevice");
        return gpu::copy_rate();
    }

private:
    [[nodiscard]] cudaError_t launch(const gpu::loops& work) const {
        if (work.source == gpu::tokens::fresh)
            return gpu::launch_fresh(work, limits_.multiprocessors);
        const bool tossed = gpu::is_tossed(work);
        const auto shape = gpu::shape_for(work, tossed, limits_);
        return tossed ? gpu::launch_toss(work, shape) : gpu::launch_route(work, shape);
    }

    int device_;
    std::string name_;
    gpu::loop_limits limits_;
};

}  // namespace

std::shared_ptr<const backend> detail::make_cuda_backend(int device) {
    return std::make_shared<cuda_backend>(device);
}

}  // namespace moebius
