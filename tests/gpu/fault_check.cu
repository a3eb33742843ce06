// SPDX-License-Identifier: MIT
//
// What becomes of a run whose device has too little memory, or is lost half way:
//   gpu_fault_check PROGRAM FOLDER
#include <cuda_runtime.h>

#include <sys/wait.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <moebius/backend/backend.hpp>
#include <moebius/simulate/replicas.hpp>
#include <string>

using namespace moebius;

namespace {

int passed = 0, failed = 0;

void expect(bool holds, const char* what) {
    holds ? ++passed : ++failed;
    if (!holds) std::printf("FAILED: %s\n", what);
}

__global__ void fall_over() { __trap(); }

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The program in a device whose memory is all but taken.
void too_little_memory(const std::string& program, const std::string& folder) {
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    void* hog = nullptr;
    // the program's own context takes some 500 MiB
    expect(cudaMalloc(&hog, free - (std::size_t{1} << 30)) == cudaSuccess, "memory can be taken");
    const std::string sentence = folder + "/sentence";
    const int code = std::system((program +
                                  " sweep --basins --vary feedback=1:6 --vary bias=-2:2 "
                                  "--points 2880 --device cuda --out " +
                                  folder + "/basins.json 2>" + sentence)
                                     .c_str());
    expect(WEXITSTATUS(code) == 4, "too little memory ends with 4");
    expect(text_of(sentence) == "moebius: cudaMalloc: out of memory\n", "and with one sentence");
    std::printf("%s", text_of(sentence).c_str());
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

int main(int argc, char** argv) {
    if (detail::count_devices() == 0) {
        std::printf("skipped: CUDA is %s\n", describe_devices().front().c_str());
        return 77;
    }
    if (argc == 3) too_little_memory(argv[1], argv[2]);
    lost_device();
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
