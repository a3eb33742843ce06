// SPDX-License-Identifier: MIT
// Rates of ensembles on the workload of gpu_peers.py: 2^20 instances of the two-expert model over
// feedback 0.2 to 3 and bias -1 to 1, decay 1, beta 2, from 0.1 over t = 0 to 200, rtol 1e-6,
// atol 1e-9. On the device: the kernel alone, inputs and results in its memory, by events, the
// median of 50 runs after 5. On the CPU: wall time of integrate_ensemble, best of 3, and of a
// plain loop over lane<double>. The error is that of gpu_peers.py: 256 instances against classical
// Runge-Kutta in double with a step of 0.01, ||x - ref|| / ||ref||.
#include <cuda_runtime.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <moebius/dynamics/detail/ensemble_lane.hpp>
#include <moebius/dynamics/detail/ensemble_models.hpp>
#include <moebius/dynamics/ensemble.hpp>
#include <moebius/model/registry.hpp>
#include <vector>

#include "ensemble/ensemble_kernels.hpp"

using namespace moebius;

namespace {

constexpr unsigned side = 1024, count = side * side;
constexpr double t_end = 200, rtol = 1e-6, atol = 1e-9, start = 0.1, beta = 2;

void need(cudaError_t status) {
    if (status == cudaSuccess) return;
    std::printf("%s\n", cudaGetErrorString(status));
    std::exit(4);
}

template <typename T>
T* on_device(const std::vector<T>& from) {
    T* memory = nullptr;
    need(cudaMalloc(&memory, from.size() * sizeof(T)));
    need(cudaMemcpy(memory, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice));
    return memory;
}

double reference(double feedback, double bias) {
    constexpr double h = 0.01;
    const auto f = [&](double x) { return feedback * std::tanh(x) + bias - x; };
    double x = start;
    for (int k = 0; k < 20000; ++k) {
        const double k1 = f(x), k2 = f(x + h / 2 * k1), k3 = f(x + h / 2 * k2), k4 = f(x + h * k3);
        x += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    return x;
}

struct checked {
    std::vector<std::size_t> at;
    std::vector<double> x;
};

template <typename R>
double error_of(const checked& ref, const std::vector<R>& x) {
    double apart = 0, whole = 0;
    for (std::size_t q = 0; q < ref.at.size(); ++q) {
        apart += std::pow(static_cast<double>(x[ref.at[q]]) - ref.x[q], 2);
        whole += ref.x[q] * ref.x[q];
    }
    return std::sqrt(apart / whole);
}

void report(const char* what, double ms, double steps, double error) {
    std::printf("%-34s %9.4f ms  %.3e instances/s  %.3e steps/s  %.1f steps  error %.1e%s\n", what,
                ms, count / ms * 1e3, count * steps / ms * 1e3, steps, error,
                error <= 1e-6 ? "" : "  CHECK FAILED");
}

template <typename R>
void time_device(const char* what, const ensemble_problem& work, const checked& ref) {
    gpu::ensemble_arguments<R> arguments{};
    arguments.limits = {R(t_end), R(rtol), R(atol), R(0), 20000};
    std::copy(work.at.parameters.begin(), work.at.parameters.end(), arguments.common);
    for (const auto& varied : work.varied)
        arguments.varied[work.at.index_of(varied.name)] =
            on_device(std::vector<R>(varied.values.begin(), varied.values.end()));
    arguments.starts = on_device(std::vector<R>(count, R(start)));
    arguments.instances = count;
    const R poison = std::numeric_limits<R>::quiet_NaN();
    arguments.states = on_device(std::vector<R>(count, poison));
    arguments.steps = on_device(std::vector<std::uint32_t>(count));
    arguments.status = on_device(std::vector<std::uint8_t>(count, 9));

    cudaEvent_t before, after;
    need(cudaEventCreate(&before));
    need(cudaEventCreate(&after));
    std::vector<float> times;
    for (int k = 0; k < 55; ++k) {
        need(cudaEventRecord(before));
        need(gpu::launch_ensemble("two-expert", arguments, nullptr));
        need(cudaEventRecord(after));
        need(cudaEventSynchronize(after));
        float ms = 0;
        need(cudaEventElapsedTime(&ms, before, after));
        if (k >= 5) times.push_back(ms);
    }
    std::sort(times.begin(), times.end());

    std::vector<R> x(count);
    std::vector<std::uint32_t> steps(count);
    std::vector<std::uint8_t> status(count);
    need(cudaMemcpy(x.data(), arguments.states, count * sizeof(R), cudaMemcpyDeviceToHost));
    need(cudaMemcpy(steps.data(), arguments.steps, count * 4, cudaMemcpyDeviceToHost));
    need(cudaMemcpy(status.data(), arguments.status, count, cudaMemcpyDeviceToHost));
    double all = 0;
    for (const auto s : steps) all += s;
    const bool done = std::all_of(status.begin(), status.end(), [](auto s) { return s == 0; });
    report(what, times[times.size() / 2], all / count, done ? error_of(ref, x) : INFINITY);
    std::printf("%34s (%.4f to %.4f ms)\n", "", times.front(), times.back());
}

double seconds() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

void time_cpu(const char* what, const ensemble_problem& work, const checked& ref,
              ensemble_precision precision, unsigned threads) {
    double best = INFINITY;
    ensemble_result ends;
    for (int k = 0; k < 3; ++k) {
        const double from = seconds();
        ends = integrate_ensemble(work, {.precision = precision, .threads = threads});
        best = std::min(best, seconds() - from);
    }
    double all = 0;
    for (const auto s : ends.steps) all += s;
    report(what, best * 1e3, all / count, error_of(ref, ends.states));
}

/// A sixteenth of the instances, one after the other on one thread.
void time_plain(const ensemble_problem& work) {
    using V = detail::lane<double>;
    const double from = seconds();
    double sum = 0;
    for (unsigned i = 0; i < count; i += 16) {
        detail::ensemble_stepper<models::two_expert, V> stepper(
            {t_end, rtol, atol, 0, 20000}, {V(start)},
            {V(work.varied[0].values[i]), V(1.0), V(beta), V(work.varied[1].values[i])});
        while (stepper.running()) stepper.advance();
        sum += stepper.state()[0].v;
    }
    const double rate = count / 16 / (seconds() - from);
    std::printf("%-34s %25.3e instances/s (checksum %.6f)\n", "cpu plain loop, fp64, 1 thread",
                rate, sum);
}

}  // namespace

int main() {
    auto at = make_problem("two-expert");
    at.set("beta", beta);
    const ensemble_problem work{
        at, grid_of({"feedback", 0.2, 3, side}, {"bias", -1, 1, side}), {start}, t_end};
    checked ref;
    for (int q = 0; q < 256; ++q) {
        ref.at.push_back(static_cast<std::size_t>(q * ((count - 1) / 255.0)));
        ref.x.push_back(
            reference(work.varied[0].values[ref.at.back()], work.varied[1].values[ref.at.back()]));
    }

    int devices = 0;
    if (cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0) {
        time_device<float>("cuda fp32", work, ref);
        time_device<double>("cuda fp64", work, ref);
    }
    time_cpu("cpu fp32, all threads", work, ref, ensemble_precision::fp32, 0);
    time_cpu("cpu fp64, all threads", work, ref, ensemble_precision::fp64, 0);
    time_cpu("cpu fp64, 1 thread", work, ref, ensemble_precision::fp64, 1);
    time_plain(work);
}
