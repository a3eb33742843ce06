// SPDX-License-Identifier: MIT
// equation_rates FILE.ode: for xpp_examples.py. Prints the names of the states, "map" or "rates"
// before them; then, for each line of numbers that comes, the right-hand sides there (of a map: its
// image).
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <moebius/base/error.hpp>
#include <moebius/equations/equations.hpp>
#include <string>
#include <vector>

int main(int argc, char** argv) try {
    const std::string file = argc > 1 ? argv[1] : "";
    std::ifstream in(file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto read = moebius::read_equations(text, "m", file.substr(file.rfind('/') + 1));
    fmt::print("{} {}\n", read.is_map ? "map" : "rates", fmt::join(read.model->state_names(), " "));
    const auto at = moebius::with_defaults(read.model);
    std::vector<double> x(read.model->dimension()), f(x.size());
    for (;;) {
        for (double& value : x)
            if (!(std::cin >> value)) return 0;
        at.model->rhs(x, at.parameters, f);
        for (std::size_t i = 0; i < x.size() && read.is_map; ++i) f[i] += x[i];
        fmt::print("{}\n", fmt::join(f, " "));
    }
} catch (const moebius::error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
}
