// SPDX-License-Identifier: MIT
// CPU time of a diagram's point of models in C++ and of the same as text (data/equations), each the
// least of five runs: equation_speed FOLDER
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/equations/equations.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <string>

#include "oracle/textbook.hpp"

using namespace moebius;

namespace {

/// Microseconds a point of the branches that the start leads to.
double time_of(const problem& at, const parameter_range& range, const special_point& start) {
    double least = 1e300;
    for (int run = 0; run < 5; ++run) {
        const auto begin = std::clock();
        const auto found = equilibrium_diagram(at, range, {}, start);
        const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        std::size_t points = 0;
        for (const auto& curve : found.branches) points += curve.columns.rows();
        least = std::min(least, 1e6 * seconds / static_cast<double>(points));
    }
    return least;
}

/// As the program does it: experts that are alike are one group.
problem grouped(const problem& at) {
    return at.model->cells() ? regrouped(at, coarsest_groups(at, {})) : at;
}

void compare(const std::string& folder, const std::string& name, const problem& made,
             const parameter_range& range) {
    const auto compiled = grouped(made);
    std::ifstream in(folder + "/" + name + ".ode");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto read = grouped(with_defaults(read_equations(text, name, name).model));
    const auto start = equilibrium_diagram(compiled, range).special_points.front();
    const double own = time_of(compiled, range, start), its = time_of(read, range, start);
    fmt::print("{:16} {:10.1f} {:10.1f} {:8.2f}\n", name, own, its, its / own);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace oracle;
    const std::string folder = argc > 1 ? argv[1] : "data/equations";
    fmt::print("{:16} {:>10} {:>10} {:>8}\n", "us a point", "compiled", "text", "ratio");
    compare(folder, "two-expert", make_problem("two-expert"), {"feedback", 0.5, 20});
    compare(folder, "controlled", make_problem("two-expert", {.controlled = true}),
            {"feedback", 0.5, 5});
    compare(folder, "softmax", make_problem("softmax", {.experts = 3}), {"feedback", 0.1, 8});
    compare(folder, "exact-k", make_problem("exact-k", {.experts = 4, .top_k = 2}),
            {"feedback", 0.1, 12});
    compare(folder, "co-oxidation", problem_of<co_oxidation>(), {"q2", 0.5, 2.3});
    compare(folder, "stirred-tank", problem_of<stirred_tank>(), {"D", 0, 0.4});
    compare(folder, "predator-prey", problem_of<predator_prey>(), {"p", 0, 1});
    compare(folder, "cusp-form", problem_of<cusp_form>(), {"mu", -2, 2});
    compare(folder, "hill-toggle", problem_of<hill_toggle>(), {"S", 0.1, 5});
    compare(folder, "fitzhugh-nagumo", problem_of<fitzhugh_nagumo>(), {"I", 0, 3});
    compare(folder, "cell-ring", problem_of<cell_ring<4>>(), {"lambda", -1, 2.5});
    compare(folder, "lorenz-63", problem_of<lorenz_63>(), {"rho", 0, 30});
    compare(folder, "genesio-tesi", problem_of<genesio_tesi>(), {"alpha", 0.1, 2});
    compare(folder, "bautin-form", problem_of<bautin_form>(), {"mu", -0.5, 0.5});
}
