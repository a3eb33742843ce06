// SPDX-License-Identifier: MIT
#include "ensemble/ensemble.hpp"

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>

#include "device.hpp"
#include "ensemble/ensemble_kernels.hpp"

namespace moebius::gpu {
namespace {

/// Rounds the first `size` values to R and copies them to the device.
template <typename R>
void write(const device_array<R>& to, const double* from, std::size_t size) {
    to.write(std::vector<R>(from, from + size));
}

/// The arrays of a turn of up to `room` instances, and the kernel's view of them.
template <typename R>
class turn {
public:
    turn(const ensemble_problem& work, const ensemble_options& options, std::size_t room)
        : work_(work),
          n_(work.at.model->dimension()),
          shared_start_(work.starts.size() == n_),
          starts_(shared_start_ ? n_ : room * n_),
          states_(room * n_),
          steps_(room),
          status_(room),
          ends_(room * n_) {
        arguments_.limits = {static_cast<R>(work.t_end), static_cast<R>(options.rtol),
                             static_cast<R>(options.atol), static_cast<R>(options.first_step),
                             options.max_steps};
        std::copy(work.at.parameters.begin(), work.at.parameters.end(), arguments_.common);
        for (const auto& parameter : work.varied) {
            varied_.emplace_back(room);
            arguments_.varied[work.at.index_of(parameter.name)] = varied_.back().data();
        }
        if (shared_start_) write(starts_, work.starts.data(), n_);
        arguments_.starts = starts_.data();
        arguments_.shared_start = shared_start_;
        arguments_.states = states_.data();
        arguments_.steps = steps_.data();
        arguments_.status = status_.data();
    }

    void run(std::size_t first, std::size_t count, ensemble_result& result) {
        for (std::size_t v = 0; v < varied_.size(); ++v)
            write(varied_[v], work_.varied[v].values.data() + first, count);
        if (!shared_start_) write(starts_, work_.starts.data() + first * n_, count * n_);
        arguments_.instances = static_cast<unsigned>(count);
        const device_timer time;
        check(launch_ensemble(work_.at.model->name(), arguments_, nullptr),
              "launch of an ensemble");
        result.seconds += time.seconds();
        states_.read(ends_.data(), count * n_);
        std::copy_n(ends_.begin(), count * n_,
                    result.states.begin() + static_cast<std::ptrdiff_t>(first * n_));
        steps_.read(result.steps.data() + first, count);
        status_.read(reinterpret_cast<std::uint8_t*>(result.status.data()) + first, count);
    }

private:
    const ensemble_problem& work_;
    std::size_t n_;
    bool shared_start_;
    ensemble_arguments<R> arguments_{};
    std::vector<device_array<R>> varied_;
    device_array<R> starts_, states_;
    device_array<std::uint32_t> steps_;
    device_array<std::uint8_t> status_;
    std::vector<R> ends_;
};

/// Runs instances of `work` in turns, so that any number fits the device.
template <typename R>
void integrate(const ensemble_problem& work, const ensemble_options& options, const watch& watched,
               ensemble_result& result) {
    constexpr std::size_t most = std::size_t{1} << 24;
    const std::size_t count = work.instances();
    turn<R> turns(work, options, std::min(most, count));
    progress done(watched, "integrate_ensemble", count);
    for (std::size_t first = 0; first < count; first += most) {
        const std::size_t now = std::min(most, count - first);
        turns.run(first, now, result);
        done.add(now);
    }
}

}  // namespace

ensemble_result integrate_ensemble(const ensemble_problem& work, const ensemble_options& options,
                                   int device, const watch& watched) {
    moebius::check(work, options);
    const std::size_t count = work.instances();
    if (count > 0 && watched.stopping()) throw interrupted("integrate_ensemble");
    ensemble_result result;
    result.states.resize(count * work.at.model->dimension());
    result.steps.resize(count);
    result.status.resize(count);
    if (count == 0) return result;
    check(cudaSetDevice(device), "cudaSetDevice");
    if (options.precision == ensemble_precision::fp32)
        integrate<float>(work, options, watched, result);
    else
        integrate<double>(work, options, watched, result);
    return result;
}

}  // namespace moebius::gpu
