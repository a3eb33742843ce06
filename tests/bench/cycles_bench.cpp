// SPDX-License-Identifier: MIT
// One branch of cycles from a Hopf point at a tolerance: its CPU time in ms, its last period and
// the periods at its folds, for auto07p/cycles.py.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <moebius/base/constants.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/model.hpp>
#include <stdexcept>
#include <string_view>

using namespace moebius;

namespace {

struct fitzhugh_nagumo {
    static constexpr std::string_view name = "fitzhugh-nagumo",
                                      equation = "x' = c (x - x^3/3 + y), y' = -(x - a + b y)/c";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"a", "a", "", 0}, {"b", "b", "", 0.8}, {"c", "c", "", 3}}};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 3>& p) const {
        return {p[2] * (x[0] - x[0] * x[0] * x[0] / 3.0 + x[1]),
                -(x[0] - p[0] + p[1] * x[1]) / p[2]};
    }
};

struct abc {
    static constexpr std::string_view name = "abc", equation = "reactions A -> B -> C";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 5> parameters{{{"D", "D", "", 0},
                                                               {"alpha", "α", "", 1},
                                                               {"beta", "β", "", 1.55},
                                                               {"B", "B", "", 8},
                                                               {"s", "s", "", 0.04}}};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 5>& p) const {
        using std::exp;
        const S e = exp(x[2]), c = 1.0 - x[0];
        return {-x[0] + p[0] * c * e, -x[1] + p[0] * e * (c - p[4] * x[1]),
                -x[2] - p[2] * x[2] + p[0] * p[3] * e * (c + p[1] * p[4] * x[1])};
    }
};

struct lorenz {
    static constexpr std::string_view name = "lorenz", equation = "Lorenz 1963";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"rho", "ρ", "", 0}, {"b", "b", "", 8.0 / 3}, {"sigma", "σ", "", 10}}};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 3>& p) const {
        return {p[2] * (x[1] - x[0]), p[0] * x[0] - x[1] - x[0] * x[2], x[0] * x[1] - p[1] * x[2]};
    }
    static double state_scale(const vec<double, 3>&) { return 20; }
};

double cpu_ms() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

template <typename Model>
void follow(const parameter_range& range, double tolerance, double longest) {
    const auto at = problem_of<Model>();
    const auto start = equilibrium_diagram(at, range).at("HB1");
    continuation_options options;
    options.max_step = 1;
    options.max_turn = 1;
    options.tolerance = tolerance;
    options.longest_period = longest;
    if (longest > 0) options.multiplier_error = infinite;  // AUTO goes on, too
    diagram found;
    const double began = cpu_ms();
    add_cycle_branch(found, at, range, start, options);
    std::printf("%.3f %.12g", cpu_ms() - began, found.branches[0].columns.at("period").back());
    for (const auto& point : found.special_points)
        if (point.type == point_type::LPC) std::printf(" %.12g", point.cycle->period);
    std::puts("");
}

}  // namespace

int main(int count, char** words) try {
    const std::string_view system = count == 3 ? words[1] : "";
    const double tolerance = count == 3 ? std::atof(words[2]) : 0;
    if (system == "fitzhugh_nagumo")
        follow<fitzhugh_nagumo>({"a", 0, 1}, tolerance, 0);
    else if (system == "abc")
        follow<abc>({"D", 0, 0.25}, tolerance, 0);
    else if (system == "lorenz")
        follow<lorenz>({"rho", 0, 30}, tolerance, 600);
    else
        throw std::invalid_argument("cycles_bench fitzhugh_nagumo|abc|lorenz TOLERANCE");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
