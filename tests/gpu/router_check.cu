// SPDX-License-Identifier: MIT
// Runs the device's routers and compares with those of the CPU. Prints each failure, the worst
// errors, and last `N passed, N failed`. Arguments: [seed] [small], small for memory checkers.
#include "router_check.cuh"

#include <cstring>
#include <moebius/simulate/backend.hpp>

using namespace router_check;

int main(int argc, char** argv) {
    if (moebius::detail::count_devices() == 0) {
        std::printf("skipped: CUDA is %s\n", moebius::describe_devices().front().c_str());
        return 77;
    }
    const unsigned seed = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
    const bool small = argc > 2 && std::strcmp(argv[2], "small") == 0;
    std::mt19937 rng{seed};
    check_subsets(small, rng);
    check_scalings(small, rng);
    check_soft_moe(small, rng);
    check_clusters(small, rng);
    std::printf("seed %u: %d passed, %d failed\n", seed, passed, failed);
    return failed == 0 ? 0 : 1;
}
