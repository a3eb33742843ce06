// SPDX-License-Identifier: MIT
#include <cstdio>
#include <moebius/backend/backend.hpp>

#include "../catch.hpp"

int main(int argc, char** argv) {
    if (moebius::detail::count_devices() == 0) {
        for (const auto& line : moebius::describe_devices())
            std::printf("skipped: CUDA is %s\n", line.c_str());
        return 77;
    }
    return run_catch(argc, argv);
}
