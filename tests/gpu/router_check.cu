// SPDX-License-Identifier: MIT
// Runs the device's routers and compares with those of the CPU. Prints each failure, the worst
// errors, and last `N passed, N failed`. Arguments: [seed] [small] [part], small for memory
// checkers, part one of subsets, scalings, soft-moe, clusters.
#include "router_check.cuh"

#include <cstring>
#include <moebius/backend/backend.hpp>

using namespace router_check;

int main(int argc, char** argv) {
    if (moebius::detail::count_devices() == 0) {
        std::printf("skipped: CUDA is %s\n", moebius::describe_devices().front().c_str());
        return 77;
    }
    const unsigned seed = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
    const bool small = argc > 2 && std::strcmp(argv[2], "small") == 0;
    std::mt19937 rng{seed};
    const auto wanted = [&](const char* part) {
        return argc <= 3 || std::strcmp(argv[3], part) == 0;
    };
    if (wanted("subsets")) check_subsets(small, rng);
    if (wanted("scalings")) check_scalings(small, rng);
    if (wanted("soft-moe")) check_soft_moe(small, rng);
    if (wanted("clusters")) check_clusters(small, rng);
    std::printf("seed %u: %d passed, %d failed\n", seed, passed, failed);
    return failed == 0 ? 0 : 1;
}
