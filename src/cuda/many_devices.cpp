// SPDX-License-Identifier: MIT
//
// One closed loop over several devices: each routes a slice of every batch, NCCL sums the counts,
// each follows the scores for itself. A thread drives each device; steps are replayed from a graph.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <exception>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>
#include <mutex>
#include <thread>

#include "ensemble/ensemble.hpp"
#include "loop/loop_arrays.hpp"
#include "loop/loop_slice.hpp"
#include "nccl.hpp"
#include "route/route.hpp"
#include "train/train.hpp"

namespace moebius {
namespace {

using namespace gpu;

constexpr std::size_t graph_steps = 32;  // replayed at once

/// A communicator for each device. Each thread ends its own when another's device has failed.
class communicators {
public:
    explicit communicators(const std::vector<int>& devices) : all_(devices.size()) {
        nccl().check(nccl().init_all(all_.data(), static_cast<int>(devices.size()), devices.data()),
                     "ncclCommInitAll");
    }
    communicators(const communicators&) = delete;
    communicators& operator=(const communicators&) = delete;
    ~communicators() {
        for (const auto& one : all_)
            if (one != nullptr) nccl().destroy(one);
    }

    [[nodiscard]] ncclComm_t of(std::size_t rank) const { return all_[rank]; }

    /// By the thread of that rank.
    void abort(std::size_t rank) {
        nccl().abort(all_[rank]);
        all_[rank] = nullptr;
    }

private:
    std::vector<ncclComm_t> all_;
};

struct stream_owner {
    stream_owner() { check(cudaStreamCreate(&stream), "cudaStreamCreate"); }
    stream_owner(const stream_owner&) = delete;
    stream_owner& operator=(const stream_owner&) = delete;
    ~stream_owner() { cudaStreamDestroy(stream); }
    cudaStream_t stream = nullptr;
};

/// Steps of a loop as they follow each other on a device.
class stepper {
public:
    stepper(const loops& work, const slice& part, ncclComm_t comm, cudaStream_t stream)
        : work_(work), part_(part), comm_(comm), stream_(stream) {}
    stepper(const stepper&) = delete;
    stepper& operator=(const stepper&) = delete;
    ~stepper() {
        if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
    }

    void run(std::size_t steps) {
        step();  // NCCL makes its connections, which it cannot while it is captured
        for (--steps; steps % graph_steps != 0; --steps) step();
        if (steps == 0) return;
        capture();
        for (; steps > 0; steps -= graph_steps)
            check(cudaGraphLaunch(graph_, stream_), "cudaGraphLaunch");
    }

private:
    void step() const {
        check(launch_count_slice(work_, part_, stream_), "count_slice");
        nccl().check(
            nccl().all_reduce(part_.counts, part_.totals, std::size_t{work_.runs} * work_.experts,
                              ncclUint32, ncclSum, comm_, stream_),
            "ncclAllReduce");
        check(launch_follow_totals(work_, part_, stream_), "follow_totals");
    }

    void capture() {
        cudaGraph_t graph = nullptr;
        check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal),
              "cudaStreamBeginCapture");
        for (std::size_t i = 0; i < graph_steps; ++i) step();
        check(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture");
        const auto status = cudaGraphInstantiate(&graph_, graph, 0);
        cudaGraphDestroy(graph);
        check(status, "cudaGraphInstantiate");
    }

    const loops& work_;
    const slice& part_;
    ncclComm_t comm_;
    cudaStream_t stream_;
    cudaGraphExec_t graph_ = nullptr;
};

/// Where the devices' threads agree to stop: all at the same step, or NCCL waits for ever. Keeps
/// the first failure.
class round_table {
public:
    explicit round_table(std::ptrdiff_t threads) : barrier_(threads) {}

    /// Whether all stop here: one was asked to, or has failed.
    [[nodiscard]] bool stops(bool asked) {
        if (asked) stopped_ = true;
        barrier_.arrive_and_wait();
        return stopped_ || failed_;
    }

    void fail(std::exception_ptr why) {
        {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::move(why);
        }
        failed_ = true;
        barrier_.arrive_and_drop();
    }

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool stopped() const { return stopped_; }
    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    std::barrier<> barrier_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::atomic<bool> stopped_ = false, failed_ = false;
};

/// Another device failed: this one's thread goes home.
struct abandoned {};

/// As cudaStreamSynchronize, but does not wait for what a failed device will never send.
void wait_for(cudaStream_t stream, const round_table& together) {
    for (auto status = cudaStreamQuery(stream); status != cudaSuccess;
         status = cudaStreamQuery(stream)) {
        if (status != cudaErrorNotReady) check(status, "run_loops");
        if (together.failed()) throw abandoned{};
        std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
}

class many_devices final : public backend {
public:
    explicit many_devices(std::vector<int> devices) : devices_(std::move(devices)) {
        for (const int device : devices_) {
            names_.push_back(open_device(device));
            limits_.push_back(limits_of(device));
        }
    }

    std::string name() const override { return fmt::format("{}", fmt::join(names_, " + ")); }

    std::optional<refusal> refusal_of(const loop_batch& batch) const override {
        check(batch);
        if (batch.source->fresh().width > 0)
            return refusal{"fresh tokens came for several devices", "one device draws them"};
        return loop_refusal(batch);
    }

    std::optional<refusal> refusal_of(const router_batches& batches) const override {
        check(batches);
        return refusal{
            fmt::format("the router {} came for several devices", batches.router->name()),
            "one device runs its loops"};
    }

    load_history run_loops(const router_batches& batches, const watch&) const override {
        throw invalid_argument("run_loops", *refusal_of(batches));
    }

    std::optional<refusal> refusal_of(const training_work& work) const override {
        return training_refusal(work, devices_[0]);
    }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        if (const auto why = refusal_of(batch)) throw invalid_argument("run_loops", *why);
        std::vector<std::uint32_t> history(batch.runs.size() * batch.steps *
                                           batch.source->experts());
        if (history.empty()) return history;
        communicators comms(devices_);
        round_table together(static_cast<std::ptrdiff_t>(devices_.size()));
        std::size_t done = 0;  // of rank 0
        std::vector<std::thread> threads;
        for (std::size_t rank = 0; rank < devices_.size(); ++rank)
            threads.emplace_back([&, rank] {
                try {
                    check(cudaSetDevice(devices_[rank]), "cudaSetDevice");
                    run_slice(batch, rank, comms.of(rank), watched, together, history, done);
                } catch (const abandoned&) {
                    comms.abort(rank);
                } catch (...) {
                    together.fail(std::current_exception());
                    comms.abort(rank);
                }
            });
        for (auto& thread : threads) thread.join();
        try {
            together.rethrow();
        } catch (const device_error& why) {
            if (done == 0) throw;
            throw loops_cut(why, done, first_steps(history, batch, done));
        }
        if (together.stopped()) throw interrupted("run_loops");
        return history;
    }

    routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options) const override {
        return gpu::route(batch, scores, options, devices_[0]);
    }

    ensemble_result integrate(const ensemble_problem& work, const ensemble_options& options,
                              const watch& watched) const override {
        return gpu::integrate_ensemble(work, options, devices_[0], watched);
    }

    /// Runs know nothing of each other: each device trains its share. The first one's reports.
    void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
               const watch& watched) const override {
        if (states.size() != work.runs.size() || states.size() < devices_.size()) {
            gpu::train(work, states, until, devices_[0], watched);
            return;
        }
        const auto cut = [&](std::size_t rank) { return states.size() * rank / devices_.size(); };
        std::vector<std::exception_ptr> failures(devices_.size());
        std::vector<std::thread> threads;
        for (std::size_t rank = 0; rank < devices_.size(); ++rank)
            threads.emplace_back([&, rank] {
                try {
                    const std::size_t first = cut(rank), count = cut(rank + 1) - first;
                    training_work part{work.data, {}, work.batch, work.record_every};
                    const auto from = work.runs.begin() + static_cast<std::ptrdiff_t>(first);
                    part.runs.assign(from, from + static_cast<std::ptrdiff_t>(count));
                    gpu::train(part, states.subspan(first, count), until, devices_[rank],
                               rank == 0 ? watched : watch{{}, watched.stop});
                } catch (...) {
                    failures[rank] = std::current_exception();
                }
            });
        for (auto& thread : threads) thread.join();
        for (const auto& failure : failures)
            if (failure) std::rethrow_exception(failure);
    }

    double copy_rate() const override {
        check(cudaSetDevice(devices_[0]), "cudaSetDevice");
        return gpu::copy_rate();
    }

private:
    void run_slice(const loop_batch& batch, std::size_t rank, ncclComm_t comm, const watch& watched,
                   round_table& together, std::vector<std::uint32_t>& history,
                   std::size_t& done) const {
        const std::uint64_t fours = (batch.tokens + 3) / 4;
        const auto cut = [&](std::size_t r) {
            return std::min<std::uint64_t>(batch.tokens, 4 * (fours * r / devices_.size()));
        };
        loop_arrays arrays(batch, limits_[rank]);
        const std::vector<std::uint32_t> none(batch.runs.size() * batch.source->experts());
        const device_array<std::uint32_t> counts(none), totals(none.size());
        const stream_owner on;
        for (std::size_t first = 0; first < batch.steps; first += arrays.room()) {
            if (together.stops(rank == 0 && watched.stopping())) return;
            const std::size_t steps = std::min(arrays.room(), batch.steps - first);
            const auto& work = arrays.at(first, steps);
            const device_array clock(std::vector<std::uint32_t>(1));
            const slice part{cut(rank),     cut(rank + 1), counts.data(),
                             totals.data(), clock.data(),  2 * limits_[rank].multiprocessors};
            stepper(work, part, comm, on.stream).run(steps);
            wait_for(on.stream, together);
            if (rank != 0) continue;
            arrays.read_history(history);
            done = first + steps;
            if (watched.report) watched.report(first + steps, batch.steps);
        }
    }

    std::vector<int> devices_;
    std::vector<std::string> names_;
    std::vector<loop_limits> limits_;
};

}  // namespace

std::shared_ptr<const backend> detail::make_many_devices(std::vector<int> devices) {
    return std::make_shared<many_devices>(std::move(devices));
}

}  // namespace moebius
