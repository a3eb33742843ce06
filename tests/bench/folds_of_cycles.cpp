// SPDX-License-Identifier: MIT
// Where the cycles end on which 3, 4 and 8 experts collapse in turn, checked by integration on both
// sides. Not timed: its output is kept in data/results/folds-of-cycles.txt.
#include <cstdio>
#include <exception>

#include "unit/rotating_cycles.hpp"

int main() try {
    constexpr double distance = 1e-4;
    constexpr int periods = 100;
    std::printf(
        "Folds of cycles of N experts under the integral controller (softmax, beta = decay = 1,\n"
        "gain 0.02, leak 0), in all 2 N states; both sides by integration, rtol 1e-11, %d periods\n"
        "from a state of the cycle, %g in feedback away from the fold.\n\n",
        periods, distance);
    for (const auto& [experts, feedback] : {std::pair{3U, 3.0}, {4U, 3.8}, {8U, 5.0}}) {
        const auto fold = rotating_cycles::fold_of_cycles(experts, feedback);
        std::printf("N = %u: fold at feedback %.12f, period %.6f; residual %.0e, %zu intervals\n",
                    experts, fold.parameters[0], fold.cycle->period, fold.residual,
                    fold.cycle->times.size() / fold.cycle->degree);
        const auto sides = rotating_cycles::around(fold, experts, distance, periods);
        std::printf("  above: unstable multipliers of the two cycles:");
        for (const int unstable : sides.unstable) std::printf(" %d", unstable);
        std::printf("\n         the stable one, period %.6f: extremes of loads stay within %.0e\n",
                    sides.period, sides.strayed);
        std::printf("  below: left in period %d; at the end loads are within %.0e of 1/N\n",
                    sides.left_after, sides.unbalanced);
        std::fflush(stdout);
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
