// SPDX-License-Identifier: MIT
#include "ensemble.hpp"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>

#include "ensemble_kernels.hpp"

namespace moebius::gpu {
namespace {

void succeed(cudaError_t status, std::string_view call) {
    if (status != cudaSuccess) throw device_error(call, cudaGetErrorString(status));
}

struct release {
    void operator()(void* memory) const noexcept { cudaFree(memory); }
};

/// Device memory for `size` values that is given back when it goes.
template <typename T>
class device_values {
public:
    explicit device_values(std::size_t size) {
        void* memory = nullptr;
        if (size > 0) succeed(cudaMalloc(&memory, size * sizeof(T)), "cudaMalloc");
        data_.reset(static_cast<T*>(memory));
    }
    [[nodiscard]] T* data() const noexcept { return data_.get(); }

    /// Rounds `size` values to T and copies them to the device.
    void write(const double* from, std::size_t size) {
        const std::vector<T> rounded(from, from + size);
        succeed(cudaMemcpy(data(), rounded.data(), size * sizeof(T), cudaMemcpyHostToDevice),
                "cudaMemcpy");
    }
    template <typename To>
    void read(To* to, std::size_t size) const {
        static_assert(sizeof(T) == sizeof(To));
        succeed(cudaMemcpy(to, data(), size * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    }

private:
    std::unique_ptr<T, release> data_;
};

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
    std::vector<device_values<R>> varied;
    for (const auto& parameter : work.varied) {
        varied.emplace_back(room);
        arguments.varied[work.at.index_of(parameter.name)] = varied.back().data();
    }
    device_values<R> starts(shared_start ? n : room * n), states(room * n);
    device_values<std::uint32_t> steps(room);
    device_values<std::uint8_t> status(room);
    if (shared_start) starts.write(work.starts.data(), n);
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
            varied[v].write(work.varied[v].values.data() + first, now);
        if (!shared_start) starts.write(work.starts.data() + first * n, now * n);
        arguments.instances = static_cast<unsigned>(now);
        succeed(launch_ensemble(work.at.model->name(), arguments, nullptr),
                "launch of an ensemble");
        states.read(ends.data(), now * n);
        std::copy_n(ends.begin(), now * n,
                    result.states.begin() + static_cast<std::ptrdiff_t>(first * n));
        steps.read(result.steps.data() + first, now);
        status.read(result.status.data() + first, now);
        done.add(now);
    }
}

}  // namespace

ensemble_result integrate_ensemble(const ensemble_problem& work, const ensemble_options& options,
                                   int device, const watch& watched) {
    check(work, options);
    const std::size_t count = work.instances();
    if (count > 0 && watched.stopping()) throw interrupted("integrate_ensemble");
    ensemble_result result;
    result.states.resize(count * work.at.model->dimension());
    result.steps.resize(count);
    result.status.resize(count);
    if (count == 0) return result;
    succeed(cudaSetDevice(device), "cudaSetDevice");
    if (options.precision == ensemble_precision::fp32)
        integrate<float>(work, options, watched, result);
    else
        integrate<double>(work, options, watched, result);
    return result;
}

}  // namespace moebius::gpu
