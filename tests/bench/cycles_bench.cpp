// SPDX-License-Identifier: MIT
// One branch of cycles from a Hopf point at a tolerance, for auto07p/cycles.py: first its CPU time
// in ms, then a line for each row, parameter, period and extremes, and `fold` and the period for
// each LPC.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <moebius/base/constants.hpp>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/model.hpp>
#include <moebius/model/registry.hpp>
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

/// Synapses that tire and ease (Cortes et al., PNAS 110 (2013) 16610), as in BifurcationKit's
/// tutorials.
struct neural_mass {
    static constexpr std::string_view name = "neural-mass", equation = "Tsodyks and Markram's";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"E", "x", "u"};
    static constexpr std::array<parameter_info, 7> parameters{{{"E0", "E0", "", -2},
                                                               {"alpha", "α", "", 1.5},
                                                               {"tau", "τ", "", 0.013},
                                                               {"J", "J", "", 3.07},
                                                               {"tau_D", "τ_D", "", 0.2},
                                                               {"U0", "U0", "", 0.3},
                                                               {"tau_F", "τ_F", "", 1.5}}};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 7>& p) const {
        using std::exp, std::log;
        const S drive = p[3] * x[2] * x[1] * x[0] + p[0];
        return {(-x[0] + p[1] * log(1.0 + exp(drive / p[1]))) / p[2],
                (1.0 - x[1]) / p[4] - x[2] * x[1] * x[0],
                (p[5] - x[2]) / p[6] + p[5] * (1.0 - x[2]) * x[0]};
    }
    static double state_scale(const vec<double, 7>&) { return 10; }
};

double cpu_ms() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

void follow(const problem& base, const parameter_range& range, double tolerance, double step,
            double longest) {
    auto start = equilibrium_diagram(base, range).at("HB1");
    problem at = base;
    if (base.model->cells()) {  // the alike ones together
        at = simple_at(base, start);
        start.groups = at.model->cells()->groups();
    }
    continuation_options options;
    options.max_step = step;
    options.max_turn = step;
    options.tolerance = tolerance;
    options.longest_period = longest;
    options.multiplier_error = longest > 0 ? infinite : 0.05;  // AUTO goes on, too
    diagram found;
    const double began = cpu_ms();
    add_cycle_branch(found, at, range, start, options);
    std::printf("%.3f\n", cpu_ms() - began);
    const auto& columns = found.branches[0].columns;
    for (std::size_t row = 0; row < columns.rows(); ++row) {
        std::printf("%.15g %.15g", columns.at(range.name)[row], columns.at("period")[row]);
        for (std::size_t k = 2; !columns.names[k].starts_with("multiplier"); ++k)
            std::printf(" %.15g", columns.columns[k][row]);
        std::puts("");
    }
    for (const auto& point : found.special_points)
        if (point.type == point_type::LPC) std::printf("fold %.15g\n", point.cycle->period);
}

problem controlled_experts() {
    auto at = make_problem("softmax", {.experts = 8, .controlled = true});
    at = regrouped(at, coarsest_groups(at, {}));
    at.set("gain", 0.5);
    at.set("leak", 0.1);
    return at;
}

}  // namespace

int main(int count, char** words) try {
    const std::string_view system = count == 4 ? words[1] : "";
    const double tolerance = count == 4 ? std::atof(words[2]) : 0;
    const double step = count == 4 ? std::atof(words[3]) : 0;
    if (system == "fitzhugh_nagumo")
        follow(problem_of<fitzhugh_nagumo>(), {"a", 0, 1}, tolerance, step, 0);
    else if (system == "abc")
        follow(problem_of<abc>(), {"D", 0, 0.25}, tolerance, step, 0);
    else if (system == "lorenz")
        follow(problem_of<lorenz>(), {"rho", 0, 30}, tolerance, step, 500);
    else if (system == "neural_mass")
        follow(problem_of<neural_mass>(), {"E0", -4, -0.9}, tolerance, step, 10);
    else if (system == "controlled_experts")
        follow(controlled_experts(), {"feedback", 1, 12}, tolerance, step, 250);
    else
        throw std::invalid_argument(
            "cycles_bench fitzhugh_nagumo|abc|lorenz|neural_mass|controlled_experts TOLERANCE "
            "STEP");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
