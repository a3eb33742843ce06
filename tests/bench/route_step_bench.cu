// SPDX-License-Identifier: MIT
// Times the routing step as bench/gpu_peers.py times its peers: CUDA events around one call, the
// L2 cache flushed before each (256 MiB zeroed), the median of 7 to 200 calls in about 60 ms.
// clean: the same with an L2 cache full of lines that were read, so that none is written back.
// floor: bytes (tokens, gate, 8 a token) over the rate of a copy measured first.
// Each row's choices are compared with those of the float64 path on the first tokens.
#include <cuda_bf16.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../../src/cuda/philox.cuh"
#include "../../src/cuda/route/route_step.hpp"
#include "../cuda_check.cuh"

using namespace moebius::gpu;

namespace {

template <typename T>
__global__ void draw_normals(T* out, std::size_t size, float spread, std::uint32_t seed) {
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size / 2;
         i += step) {
        const uint4 w = random_words(seed, 0, i >> 32, static_cast<std::uint32_t>(i));
        const float radius = sqrtf(-2 * logf((w.x + 0.5f) * 0x1p-32f)) * spread;
        float s, c;
        sincospif(2 * (w.y * 0x1p-32f), &s, &c);
        out[2 * i] = static_cast<T>(radius * c);
        out[2 * i + 1] = static_cast<T>(radius * s);
    }
}

struct timing {
    double median, low, high;
    int calls;
};

enum class flush { none, written, read };

/// Fills the L2 cache with lines that need no writing back.
__global__ void read_all(const uint4* from, std::size_t size, unsigned* out) {
    unsigned sum = 0;
    for (std::size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < size;
         i += gridDim.x * blockDim.x)
        sum += from[i].x;
    if (sum == 1) *out = sum;  // never, but the compiler cannot know: the array is zero
}

template <typename Call>
timing time_of(Call call, char* flushed, flush how, double budget_ms) {
    constexpr std::size_t flush_bytes = std::size_t{256} << 20;
    using clock = std::chrono::steady_clock;
    call();
    CHECK_CUDA(cudaDeviceSynchronize());
    const auto begin = clock::now();
    call();
    CHECK_CUDA(cudaDeviceSynchronize());
    const double estimate =
        std::max(1e-3, std::chrono::duration<double, std::milli>(clock::now() - begin).count());
    const int n = static_cast<int>(std::clamp(budget_ms / estimate, 7.0, 200.0));
    std::vector<cudaEvent_t> events(2 * n);
    for (auto& e : events) CHECK_CUDA(cudaEventCreate(&e));
    for (int i = 0; i < n; ++i) {
        if (how == flush::written) CHECK_CUDA(cudaMemsetAsync(flushed, 0, flush_bytes));
        if (how == flush::read)
            read_all<<<1056, 256>>>(reinterpret_cast<uint4*>(flushed), flush_bytes / 16,
                                    reinterpret_cast<unsigned*>(flushed));
        CHECK_CUDA(cudaEventRecord(events[2 * i]));
        call();
        CHECK_CUDA(cudaEventRecord(events[2 * i + 1]));
    }
    CHECK_CUDA(cudaDeviceSynchronize());
    std::vector<float> ms(n);
    for (int i = 0; i < n; ++i)
        CHECK_CUDA(cudaEventElapsedTime(&ms[i], events[2 * i], events[2 * i + 1]));
    for (auto& e : events) CHECK_CUDA(cudaEventDestroy(e));
    std::sort(ms.begin(), ms.end());
    return {ms[n / 2], ms[n / 10], ms[n - 1 - n / 10], n};
}

struct shape {
    std::uint32_t T, d, E;
    token_type type;
    double target;  // ms, 0: none
    std::uint32_t k = 1;
    route_noise noise = route_noise::none;
    bool dispatch = false;
    bool exact = true;  // fp32 only
};

template <typename T>
T* allocate(std::size_t n) {
    T* p = nullptr;
    CHECK_CUDA(cudaMalloc(&p, n * sizeof(T)));
    return p;
}

void bench(const shape& s, double rate, char* flushed) {
    const bool bf16 = s.type == token_type::bf16;
    const std::size_t size = std::size_t{s.T} * s.d, gate_size = std::size_t{s.E} * s.d;
    const std::size_t entries = std::size_t{s.T} * s.k;
    void* tokens = allocate<char>(size * (bf16 ? 2 : 4));
    void* gate = allocate<char>(gate_size * (bf16 ? 2 : 4));
    const float spread = 1 / std::sqrt(static_cast<float>(s.d));
    if (bf16) {
        draw_normals<<<1024, 256>>>(static_cast<__nv_bfloat16*>(tokens), size, 1, 1);
        draw_normals<<<64, 256>>>(static_cast<__nv_bfloat16*>(gate), gate_size, spread, 2);
    } else {
        draw_normals<<<1024, 256>>>(static_cast<float*>(tokens), size, 1, 1);
        draw_normals<<<64, 256>>>(static_cast<float*>(gate), gate_size, spread, 2);
    }
    float* scores = allocate<float>(s.E);
    draw_normals<<<1, 256>>>(scores, s.E, 0.1f, 3);
    const auto choices = allocate<std::uint32_t>(entries),
               checked = allocate<std::uint32_t>(entries);
    const auto shares = allocate<float>(entries), checked_shares = allocate<float>(entries);
    const auto counts = allocate<std::uint32_t>(s.E);
    const auto totals = allocate<route_totals>(1);
    route_dispatch places{};
    if (s.dispatch)
        places = {0xffffffffU, allocate<std::uint32_t>(s.E + 1), allocate<std::uint32_t>(entries),
                  allocate<std::uint32_t>(entries)};

    const route_batch batch{s.type, s.T, s.E, s.d, tokens, gate};
    route_rule rule;
    rule.choices = s.k;
    rule.noise = s.noise;
    rule.exact = !bf16 && s.exact;
    const std::size_t bytes = route_workspace_bytes(batch);
    char* workspace = allocate<char>(bytes);
    CHECK_CUDA(clear_route_workspace(workspace, bytes, nullptr));
    const auto step = [&](double eta, cudaStream_t stream) {
        CHECK_CUDA(prepare_gate(batch, workspace, stream));  // part of the time for fp32
        CHECK_CUDA(route_step(batch, rule, {eta, 1.5, 1}, {scores, choices, shares, counts, totals},
                              s.dispatch ? &places : nullptr, workspace, stream));
    };

    step(0, nullptr);  // the same scores for the check
    route_batch few = batch;
    const double work = static_cast<double>(s.E) * s.d;
    few.tokens = static_cast<std::uint32_t>(std::min<double>(s.T, !bf16 ? 1e9 : 4e10 / work));
    route_rule exact = rule;
    exact.exact = true;
    route_totals total{};
    CHECK_CUDA(cudaMemcpy(&total, totals, sizeof total, cudaMemcpyDeviceToHost));
    std::vector<std::uint32_t> a(entries), b(entries), n(s.E);
    std::vector<float> p(entries), q(entries);
    CHECK_CUDA(cudaMemcpy(n.data(), counts, 4 * s.E, cudaMemcpyDeviceToHost));
    CHECK_CUDA(route_step(few, exact, {}, {scores, checked, checked_shares, counts, totals},
                          nullptr, workspace, nullptr, route_path::plain));
    const std::size_t compared = std::size_t{few.tokens} * s.k;
    CHECK_CUDA(cudaMemcpy(a.data(), choices, 4 * compared, cudaMemcpyDeviceToHost));
    CHECK_CUDA(cudaMemcpy(p.data(), shares, 4 * compared, cudaMemcpyDeviceToHost));
    CHECK_CUDA(cudaMemcpy(b.data(), checked, 4 * compared, cudaMemcpyDeviceToHost));
    CHECK_CUDA(cudaMemcpy(q.data(), checked_shares, 4 * compared, cudaMemcpyDeviceToHost));
    std::uint64_t differ = 0, wrong = 0, sum = total.unrouted * s.k;
    double worst = 0;
    for (std::size_t i = 0; i < compared; ++i) {
        differ += a[i] != b[i];
        if (a[i] == b[i]) worst = std::max(worst, std::abs(p[i] / static_cast<double>(q[i]) - 1));
        wrong += a[i] != b[i] && s.noise == route_noise::none &&
                 std::abs(p[i] / q[i] - 1) > (bf16 ? 1e-3 : 1e-2);
    }
    for (const auto c : n) sum += c;
    const bool good =
        wrong == 0 && sum == entries && (bf16 || !s.exact || differ == 0) && total.unrouted == 0;

    cudaStream_t stream{};  // the peers are replayed graphs, too
    cudaGraph_t graph{};
    cudaGraphExec_t replay{};
    CHECK_CUDA(cudaStreamCreate(&stream));
    CHECK_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    step(0.05, stream);
    CHECK_CUDA(cudaStreamEndCapture(stream, &graph));
    CHECK_CUDA(cudaGraphInstantiate(&replay, graph, 0));
    const auto call = [&] { CHECK_CUDA(cudaGraphLaunch(replay, nullptr)); };
    const timing t = time_of(call, flushed, flush::written, 60);
    const timing clean = time_of(call, flushed, flush::read, 60);
    const double moved = (size + gate_size) * (bf16 ? 2.0 : 4.0) + 8.0 * s.T;
    const double floor = moved / rate * 1e3;
    std::printf(
        "%8u %5u %4u %s k=%u n=%d%s %8.4f [%.4f %.4f] clean %.4f floor %.4f %6.3f %5.2f TB/s %4.0f "
        "TF/s",
        s.T, s.d, s.E, bf16 ? "bf16" : "fp32", s.k, static_cast<int>(s.noise),
        s.dispatch ? " +dispatch" : "", t.median, t.low, t.high, clean.median, floor,
        t.median / floor, moved / t.median / 1e9, 2e-9 * s.T * work / t.median);
    if (s.target != 0)
        std::printf("  target %.3f %s", s.target, t.median <= s.target ? "met" : "MISSED");
    std::printf("  %s: %llu of %zu choices differ, p %.1e", good ? "ok" : "WRONG",
                static_cast<unsigned long long>(differ), compared, worst);
    if (!bf16) std::printf(", %llu rechecked", static_cast<unsigned long long>(total.rechecked));
    std::printf("\n");
    std::fflush(stdout);
    CHECK_CUDA(cudaGraphExecDestroy(replay));
    CHECK_CUDA(cudaGraphDestroy(graph));
    CHECK_CUDA(cudaStreamDestroy(stream));
    for (void* pointer : {tokens, gate, static_cast<void*>(scores), static_cast<void*>(choices),
                          static_cast<void*>(checked), static_cast<void*>(shares),
                          static_cast<void*>(checked_shares), static_cast<void*>(counts),
                          static_cast<void*>(totals), static_cast<void*>(workspace),
                          static_cast<void*>(places.offsets), static_cast<void*>(places.slots),
                          static_cast<void*>(places.order)})
        CHECK_CUDA(cudaFree(pointer));
}

}  // namespace

int main(int argc, char** argv) {
    cudaDeviceProp card{};
    CHECK_CUDA(cudaGetDeviceProperties(&card, 0));
    constexpr std::size_t copied = std::size_t{4} << 30;
    char* from = allocate<char>(copied);
    char* to = allocate<char>(copied);
    draw_normals<<<1024, 256>>>(reinterpret_cast<float*>(from), copied / 4, 1, 5);
    const timing copy =
        time_of([&] { CHECK_CUDA(cudaMemcpyAsync(to, from, copied, cudaMemcpyDeviceToDevice)); },
                nullptr, flush::none, 300);
    const double rate = 2.0 * copied / copy.median * 1e3;  // bytes a second
    CHECK_CUDA(cudaFree(from));
    CHECK_CUDA(cudaFree(to));
    char* flushed = allocate<char>(std::size_t{256} << 20);
    std::printf("%s, %d multiprocessors; copy %.3f TB/s\n", card.name, card.multiProcessorCount,
                rate / 1e12);
    std::printf("       T     d    E type            ms [p10 p90]        floor  ratio\n");
    constexpr auto b = token_type::bf16, f = token_type::fp32;
    constexpr std::uint32_t M = 1U << 20;
    const shape shapes[] = {
        {65536, 1024, 8, b, 0.042},
        {65536, 4096, 256, b, 0.20},
        {M, 1024, 8, b, 0.53},
        {M, 1024, 64, b, 0.53},
        {M, 4096, 256, b, 3.1},
        {M, 64, 8, b, 0.042},
        {M, 1024, 256, f, 2.5},
        {M, 1024, 256, f, 0, 1, route_noise::none, false, false},  // what exactness costs
        {65536, 1024, 256, f, 0},
        {65536, 1024, 8, f, 0},
        {M, 64, 2, f, 0},
        {M, 64, 2, b, 0},
        {65536, 64, 256, b, 0},
        {65536, 4096, 64, b, 0},
        {M, 1024, 256, b, 0},
        {M, 1024, 8, b, 0, 2},
        {M, 1024, 8, b, 0, 1, route_noise::gumbel},
        {M, 1024, 64, b, 0, 8, route_noise::gumbel},
        {M, 1024, 8, b, 0, 1, route_noise::none, true},
        {M, 64, 256, b, 0, 1, route_noise::none, true},
    };
    for (int i = 0; i < static_cast<int>(std::size(shapes));
         ++i)  // or the one row that is asked for
        if (argc < 2 || std::atoi(argv[1]) == i) bench(shapes[i], rate, flushed);
    return 0;
}
