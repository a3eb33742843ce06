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

/// Runs instances of `work` in turns of up to `most`, so that any number fits the device.
template <typename R>
void integrate(const ensemble_problem& work, const ensemble_options& options, const watch& watched,
               ensemble_result& result) {
    constexpr std::size_t most = std::size_t{1} << 24;
    const std::size_t n = work.at.model->dimension(), count = work.instances();
    const std::size_t room = std::min(most, count);
    const bool shared_start = work.starts.size() == n;

    ensemble_arguments<R> arguments{};
    arguments.limits = {static_cast<R>(work.t_end), static_cast<R>(options.rtol),
                        static_cast<R>(options.atol), static_cast<R>(options.first_step),
                        options.max_steps};
    std::copy(work.at.parameters.begin(), work.at.parameters.end(), arguments.common);
    std::vector<device_array<R>> varied;
    for (const auto& parameter : work.varied) {
        varied.emplace_back(room);
        arguments.varied[work.at.index_of(parameter.name)] = varied.back().data();
    }
    device_array<R> starts(shared_start ? n : room * n), states(room * n);
    device_array<std::uint32_t> steps(room);
    device_array<std::uint8_t> status(room);
    if (shared_start) write(starts, work.starts.data(), n);
    arguments.starts = starts.data();
    arguments.shared_start = shared_start;
    arguments.states = states.data();
    arguments.steps = steps.data();
    arguments.status = status.data();

    progress done(watched, "integrate_ensemble", count);
    std::vector<R> ends(room * n);
    for (std::size_t first = 0; first < count; first += most) {
        const std::size_t now = std::min(most, count - first);
        for (std::size_t v = 0; v < varied.size(); ++v)
            write(varied[v], work.varied[v].values.data() + first, now);
        if (!shared_start) write(starts, work.starts.data() + first * n, now * n);
        arguments.instances = static_cast<unsigned>(now);
        const device_timer time;
        check(launch_ensemble(work.at.model->name(), arguments, nullptr), "launch of an ensemble");
        result.seconds += time.seconds();
        states.read(ends.data(), now * n);
        std::copy_n(ends.begin(), now * n,
                    result.states.begin() + static_cast<std::ptrdiff_t>(first * n));
        steps.read(result.steps.data() + first, now);
        status.read(reinterpret_cast<std::uint8_t*>(result.status.data()) + first, now);
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
