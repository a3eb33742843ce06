// SPDX-License-Identifier: MIT
// Times the device's routers: CUDA events around one call, the L2 cache flushed before each (256
// MiB zeroed), the median of 7 to 100 calls. floor: bytes, each input read and each output written
// once, over the rate of a copy measured first. Correctness is tests/gpu/router_check.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../../src/cuda/philox.cuh"
#include "../../src/cuda/router/router_clusters.hpp"
#include "../../src/cuda/router/router_sinkhorn.hpp"
#include "../../src/cuda/router/router_soft_moe.hpp"
#include "../../src/cuda/router/router_subset.hpp"
#include "../cuda_check.cuh"

using namespace moebius::gpu;

namespace {

__global__ void draw_normals(float* out, std::size_t size, std::uint32_t seed) {
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += step) {
        const uint4 w = random_words(seed, 0, i >> 32, static_cast<std::uint32_t>(i));
        out[i] = sqrtf(-2 * logf((w.x + 0.5f) * 0x1p-32f)) * cospif(2 * (w.y * 0x1p-32f));
    }
}

__global__ void draw_words(std::uint32_t* out, std::size_t size, std::uint32_t below) {
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += step)
        out[i] = __umulhi(random_words(7, 0, 0, static_cast<std::uint32_t>(i)).x, below);
}

__global__ void copy(const uint4* from, uint4* to, std::size_t size) {
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += step)
        to[i] = from[i];
}

template <typename T>
struct device_array {
    T* data = nullptr;
    explicit device_array(std::size_t n) { CHECK_CUDA(cudaMalloc(&data, n * sizeof(T))); }
    device_array(const device_array&) = delete;
    ~device_array() { cudaFree(data); }
};

struct normals : device_array<float> {
    normals(std::size_t n, std::uint32_t seed) : device_array<float>(n) {
        draw_normals<<<1056, 256>>>(data, n, seed);
        CHECK_CUDA(cudaGetLastError());
    }
};

char* flushed = nullptr;
constexpr std::size_t flush_bytes = std::size_t{256} << 20;
double rate = 0;  // bytes/s, read and written, of a copy

struct timing {
    double median, low, high;  // ms
};

template <typename Call>
timing time_of(Call call, int calls = 60) {
    for (int i = 0; i < 2; ++i) CHECK_CUDA(call());
    CHECK_CUDA(cudaDeviceSynchronize());
    std::vector<cudaEvent_t> events(2 * calls);
    for (auto& e : events) CHECK_CUDA(cudaEventCreate(&e));
    for (int i = 0; i < calls; ++i) {
        CHECK_CUDA(cudaMemsetAsync(flushed, 0, flush_bytes));
        CHECK_CUDA(cudaEventRecord(events[2 * i]));
        CHECK_CUDA(call());
        CHECK_CUDA(cudaEventRecord(events[2 * i + 1]));
    }
    CHECK_CUDA(cudaDeviceSynchronize());
    std::vector<float> ms(calls);
    for (int i = 0; i < calls; ++i)
        CHECK_CUDA(cudaEventElapsedTime(&ms[i], events[2 * i], events[2 * i + 1]));
    for (auto& e : events) cudaEventDestroy(e);
    std::sort(ms.begin(), ms.end());
    return {ms[calls / 2], ms[calls / 10], ms[calls * 9 / 10]};
}

void print(const char* name, const timing& t, double bytes, const char* note = "") {
    const double floor = 1e3 * bytes / rate;
    std::printf("%-58s %8.4f [%.4f, %.4f]  floor %7.4f  ratio %6.2f  %s\n", name, t.median, t.low,
                t.high, floor, t.median / floor, note);
}

void measure_copy() {
    constexpr std::size_t bytes = std::size_t{1} << 30;
    const device_array<char> from(bytes), to(bytes);
    draw_words<<<1056, 256>>>(reinterpret_cast<std::uint32_t*>(from.data), bytes / 4, 1U << 31);
    const auto t = time_of(
        [&] {
            copy<<<132 * 16, 512>>>(reinterpret_cast<const uint4*>(from.data),
                                    reinterpret_cast<uint4*>(to.data), bytes / 16);
            return cudaGetLastError();
        },
        20);
    rate = 2 * bytes / (1e-3 * t.median);
    std::printf("copy of 1 GiB: %.3f TB/s\n", rate / 1e12);
}

void subsets(std::uint32_t T, std::uint32_t E, std::uint32_t k_min, std::uint32_t k_max) {
    const std::size_t n = std::size_t{T} * E;
    const normals logits(n, 1), by_weights(n, 2);
    const device_array<double> scores(E);
    CHECK_CUDA(cudaMemset(scores.data, 0, 8 * E));
    const device_array<std::uint8_t> chosen(n);
    const device_array<float> weights(n), out(n);
    const device_array<std::uint32_t> counts(E + 1);
    for (const auto arithmetic : {subset_arithmetic::fp64, subset_arithmetic::fp32}) {
        const subset_batch b{T, E, logits.data, scores.data, 1, k_min, k_max, arithmetic};
        const char* kind = arithmetic == subset_arithmetic::fp64 ? "fp64" : "fp32";
        char name[100];
        const double bytes = static_cast<double>(n);
        std::snprintf(name, sizeof name, "ProbMoE T=%u E=%u k=%u..%u %s draw", T, E, k_min, k_max,
                      kind);
        print(name, time_of([&] {
                  return launch_subset_draw(b, {1, 1, 0, chosen.data, weights.data, counts.data},
                                            nullptr);
              }),
              9 * bytes);
        std::snprintf(name, sizeof name, "  %s marginals", kind);
        print(name, time_of([&] { return launch_subset_marginals(b, out.data, nullptr); }),
              8 * bytes);
        std::snprintf(name, sizeof name, "  %s backward", kind);
        print(name, time_of([&] {
                  return launch_subset_backward(b, {chosen.data, by_weights.data, out.data, false},
                                                nullptr);
              }),
              9 * bytes + 32.0 * T * k_max);  // a sector a choice
    }
}

void scaling(std::uint32_t T, std::uint32_t E, double xi, double tolerance, std::uint32_t gates) {
    const std::size_t n = std::size_t{T} * E;
    const normals cost(n, 3);
    const device_array<scaling_totals> totals(1);
    const device_array<double> log_v(E);
    const device_array<float> plan(n), shares(std::size_t{T} * gates);
    const device_array<std::uint32_t> choices(std::size_t{T} * gates);
    const device_array<char> workspace(scaling_workspace_bytes(E));
    const scaling_problem problem{T, E, cost.data, xi, tolerance, 100};
    scaling_totals out{};
    const auto run = [&](const char* what, const scaling_result& result, double written) {
        const auto t =
            time_of([&] { return launch_scaling(problem, result, workspace.data, nullptr); });
        CHECK_CUDA(cudaMemcpy(&out, totals.data, sizeof out, cudaMemcpyDeviceToHost));
        // one reading for the start, one an iteration, one to write
        const int passes = 1 + static_cast<int>(out.iterations) + (written > 0 ? 1 : 0);
        char name[120], note[160];
        std::snprintf(name, sizeof name, "Sinkhorn T=%u E=%u xi=%g to %g: %s", T, E, xi, tolerance,
                      what);
        const double once = 4.0 * static_cast<double>(n);
        std::snprintf(note, sizeof note,
                      "status %u, %u iterations, residual %.1e; if C is read once: floor %.4f",
                      static_cast<unsigned>(out.status), out.iterations, out.residual,
                      1e3 * (once + written) / rate);
        print(name, t, passes * once + written, note);
    };
    run("log v", {totals.data, log_v.data, nullptr, nullptr, 0, nullptr, nullptr}, 0);
    run("plan", {totals.data, log_v.data, nullptr, plan.data, 0, nullptr, nullptr},
        4.0 * static_cast<double>(n));
    char gated[40];
    std::snprintf(gated, sizeof gated, "%u gates", gates);
    run(gated, {totals.data, log_v.data, nullptr, nullptr, gates, choices.data, shares.data},
        8.0 * T * gates);
}

void soft_moe(std::uint32_t T, std::uint32_t S, const std::vector<std::uint32_t>& widths) {
    const std::size_t n = std::size_t{T} * S;
    const normals logits(n, 4);
    const device_array<float> combine(n), dispatch(n);
    const device_array<std::uint8_t> kept(T);
    const device_array<double> loads(S);
    const mixture_logits l{T, S, 1, logits.data};
    const mixture_weights w{combine.data, dispatch.data, kept.data, loads.data};
    const device_array<char> workspace(mixture_workspace_bytes(S));
    char name[100];
    std::snprintf(name, sizeof name, "soft MoE T=%u S=%u: C, D and loads", T, S);
    print(name, time_of([&] { return launch_mixture_weights(l, w, workspace.data, nullptr); }),
          12.0 * static_cast<double>(n));
    for (const std::uint32_t d : widths) {
        const normals tokens(std::size_t{T} * d, 5), outputs(std::size_t{S} * d, 6);
        const device_array<float> inputs(std::size_t{S} * d), output(std::size_t{T} * d);
        const device_array<char> parts(slot_inputs_workspace_bytes(l, d));
        const double bytes = 4.0 * T * (S + d), operations = 2.0 * T * S * d;
        char note[80];
        const auto report = [&](const char* what, const timing& t) {
            std::snprintf(name, sizeof name, "  d=%u: %s", d, what);
            std::snprintf(note, sizeof note, "%.1f TFLOP/s fp32", operations / t.median / 1e9);
            print(name, t, bytes, note);
        };
        report("slot inputs D^T X", time_of([&] {
                   return launch_slot_inputs(l, w, tokens.data, d, inputs.data, parts.data,
                                             nullptr);
               }));
        report("output C Y", time_of([&] {
                   return launch_mixture_output(l, w, outputs.data, d, output.data, nullptr);
               }));
    }
}

void clusters(std::uint32_t T, std::uint32_t d, std::uint32_t K, std::uint32_t E, bool one) {
    const normals tokens(std::size_t{T} * d, 7), embeddings(std::size_t{E} * d, 8);
    const device_array<std::uint32_t> ids(T), sizes(K);
    draw_words<<<1056, 256>>>(ids.data, T, one ? 1 : K);
    const device_array<float> weights(std::size_t{K} * d), factors(T), logits(std::size_t{T} * E);
    const clustered_tokens c{T, d, K, tokens.data, ids.data};
    const clustering_weights to{weights.data, sizes.data, factors.data};
    const device_array<char> workspace(cluster_workspace_bytes(c));
    char name[100];
    std::snprintf(name, sizeof name, "clusters T=%u d=%u K=%u%s: weights", T, d, K,
                  one ? ", all in one" : "");
    print(name, time_of([&] { return launch_cluster_weights(c, {}, to, workspace.data, nullptr); }),
          8.0 * T * d + 12.0 * T, "two readings");
    std::snprintf(name, sizeof name, "  E=%u: logits", E);
    const auto t = time_of(
        [&] { return launch_cluster_gate(c, to, embeddings.data, E, logits.data, nullptr); });
    char note[80];
    std::snprintf(note, sizeof note, "%.1f TFLOP/s fp32", 2.0 * T * d * E / t.median / 1e9);
    print(name, t, 4.0 * T * (d + E), note);
}

}  // namespace

int main() {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("skipped: no CUDA device\n");
        return 77;
    }
    CHECK_CUDA(cudaMalloc(&flushed, flush_bytes));
    measure_copy();
    std::printf("times in ms: median [p10, p90]\n");
    subsets(65536, 64, 8, 8);
    subsets(65536, 64, 6, 8);
    subsets(8192, 512, 16, 16);
    for (const double xi : {1.0, 0.5, 0.25}) scaling(65536, 64, xi, 1e-4, 8);
    scaling(65536, 64, 1, 1e-4, 2);
    scaling(1048576, 64, 1, 1e-3, 2);
    scaling(65536, 256, 1, 1e-4, 8);
    soft_moe(65536, 64, {64, 256, 1024});
    clusters(65536, 352, 16, 16, false);
    clusters(65536, 352, 16, 16, true);
    clusters(1048576, 1024, 256, 64, false);
    CHECK_CUDA(cudaGetLastError());
}
