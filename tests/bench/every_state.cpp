// SPDX-License-Identifier: MIT
// Diagrams of many models and windows against stable states from random starts: every_state [seeds]
// prints a line a case, and each state that is missing and each branch that lies on another.
#include <cstdio>
#include <cstdlib>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/registry.hpp>
#include <random>

#include "unit/brute_force.hpp"

using namespace moebius;

namespace {

std::size_t wrong = 0;

void check(const std::string& name, const problem& apart, double from, double to) {
    const brute_force::cells_problem on{apart, regrouped(apart, coarsest_groups(apart, {}))};
    const auto found = equilibrium_diagram(on.grouped, {"feedback", from, to});
    const auto faults =
        brute_force::faults(on, found, "feedback", from, to, 10, 3 * apart.model->experts(), 0.02);
    std::printf("%s %.4g:%.4g %zu branches, %zu faults\n", name.c_str(), from, to,
                found.branches.size(), faults.size());
    for (const auto& fault : faults) std::printf("  %s\n", fault.c_str());
    wrong += faults.size();
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const unsigned seeds = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> uniform(0, 1);
        for (const std::size_t experts : {2u, 3u, 4u, 6u, 8u, 12u, 16u})
            for (const std::size_t top_k : {std::size_t{1}, std::size_t{2}, experts / 2})
                for (const bool controlled : {false, true})
                    for (const bool biased : {false, true}) {
                        if (top_k == 0 || top_k >= experts || (controlled && top_k > 1)) continue;
                        problem apart = make_problem(
                            top_k == 1 ? "softmax" : "exact-k",
                            {.experts = experts, .top_k = top_k, .controlled = controlled});
                        if (controlled) apart.set("gain", 0.3);
                        if (controlled) apart.set("leak", 0.1);
                        for (std::size_t e = 0; biased && e < experts; ++e)
                            apart.set("bias_" + std::to_string(e + 1), 0.6 * uniform(random) - 0.3);
                        const double n = static_cast<double>(experts);
                        const double from = 0.2 * n + n * uniform(random) + (controlled ? 3 : 0);
                        check(std::to_string(experts) + " top " + std::to_string(top_k) +
                                  (controlled ? " controlled" : "") + (biased ? " biased" : ""),
                              apart, from, from + 0.2 * n + 2 * uniform(random));
                    }
    }
    std::printf("%zu faults\n", wrong);
    return wrong == 0 ? 0 : 1;
}
