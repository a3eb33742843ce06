// SPDX-License-Identifier: MIT
//
// What becomes of a run whose device has too little memory, or is lost half way. The program ends
// with 4 for a device_error (apps/moebius/main.cpp).
#include <cuda_runtime.h>

#include <cstdio>
#include <moebius/backend/backend.hpp>
#include <moebius/dynamics/ensemble.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/simulate/replicas.hpp>
#include <string>
#include <vector>

using namespace moebius;

namespace {

int passed = 0, failed = 0;

void expect(bool holds, const char* what) {
    holds ? ++passed : ++failed;
    if (!holds) std::printf("FAILED: %s\n", what);
}

__global__ void fall_over() { __trap(); }

/// An ensemble of half a GiB on a device whose memory is all but taken.
void too_little_memory() {
    const auto on = make_backend("cuda");
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    void* hog = nullptr;
    expect(cudaMalloc(&hog, free - (std::size_t{64} << 20)) == cudaSuccess, "memory can be taken");
    ensemble_problem work{make_problem("two-expert")};
    work.varied = {{"feedback", std::vector<double>(std::size_t{1} << 23, 3.0)}};
    work.starts = {0.5};
    std::string sentence;
    try {
        (void)on->integrate(work, {}, {});
    } catch (const device_error& told) {
        sentence = told.what();
    }
    expect(sentence == "cudaMalloc: out of memory", "too little memory is an error of the device");
    std::printf("%s\n", sentence.c_str());
    cudaFree(hog);
}

/// A kernel of somebody else's takes the device with it after some launches.
void lost_device() {
    const auto on = make_backend("cuda");
    simulate_options options;
    options.loop.tokens = 4;
    options.steps = 8'000'000;
    options.burn_in = 10;
    options.record_every = 1'000'000;
    int reports = 0;
    watch watched;
    watched.report = [&](std::size_t, std::size_t) {
        if (++reports == 2) fall_over<<<1, 1>>>();
    };
    const auto result = simulate(no_tokens(2), {}, options, watched, *on);
    expect(!result.failure.empty(), "a lost device is told");
    std::printf("%s\n", result.failure.c_str());
    expect(result.records.rows() == 2, "what was measured before is kept");
    bool threw = false;
    try {
        (void)on->run_loops({no_tokens(2), noise_law::gumbel, 4, 4, {{}}}, {});
    } catch (const device_error&) {
        threw = true;
    }
    expect(threw, "a lost device stays lost");
}

}  // namespace

int main() {
    if (detail::count_devices() == 0) {
        std::printf("skipped: CUDA is %s\n", describe_devices().front().c_str());
        return 77;
    }
    too_little_memory();
    lost_device();
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
