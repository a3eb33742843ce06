// SPDX-License-Identifier: MIT
// Every special point of a demo's equilibria (fixed points) and of the cycles from its Hopf points,
// and from the BP and PD of these, for auto07p/demos.py: a line each, with its type, the parameter,
// the period (0 without one) and what is left of its equations. With a value of the parameter as
// well: of the cycles where the branch from each Hopf point first comes to it, the period and the
// multiplier nearest to 1 besides that of the flow.
#include <algorithm>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "auto_systems.hpp"

using namespace moebius;

namespace {

void show(const diagram& found, const problem& at, const std::string& parameter) {
    const std::size_t varied = at.index_of(parameter);
    for (const auto& point : found.special_points)
        if (point.type != point_type::EP)
            std::printf("%s %.12g %.12g %.1e\n", std::string(to_string(point.type)).c_str(),
                        point.parameters[varied], point.cycle ? point.cycle->period : 0.0,
                        point.residual);
}

/// The branch of cycles from a point; what cannot be followed is said, not left out.
diagram cycles_from(const problem& at, const parameter_range& range, const special_point& start,
                    double longest) {
    diagram found;
    continuation_options options;
    options.max_step = 0.5;
    options.longest_period = longest;
    options.max_points = 1000;
    try {
        add_cycle_branch(found, at, range, start, options);
    } catch (const std::exception& error) {
        std::printf("# %s: %s\n", start.label.c_str(), error.what());
    }
    show(found, at, range.name);
    return found;
}

/// @param longest  period at which branches of cycles end; 0: the program's own
void flow(const problem& at, const parameter_range& range, double longest) {
    const auto rest = equilibrium_diagram(at, range);
    show(rest, at, range.name);
    for (const auto& hopf : rest.special_points) {
        if (hopf.type != point_type::HB) continue;
        const auto first = cycles_from(at, range, hopf, longest);
        for (const auto& point : first.special_points)
            if (point.type == point_type::BP || point.type == point_type::PD)
                cycles_from(at, range, point, longest);
    }
}

/// Where the branches of cycles first come to a value; other systems have no label to judge so.
void cycles_at(const problem& at, const parameter_range& range, double value) {
    const auto rest = equilibrium_diagram(at, range);
    for (const auto& hopf : rest.special_points) {
        if (hopf.type != point_type::HB) continue;
        const double start = hopf.parameters[at.index_of(range.name)];
        const parameter_range part{range.name, start < value ? range.from : value,
                                   start < value ? value : range.to};
        diagram found;
        add_cycle_branch(found, at, part, hopf, {.max_step = 0.5, .max_points = 1000});
        const auto& end = found.special_points.back();
        if (found.branches.front().last != stop_reason::range_end) continue;
        auto others = end.eigenvalues;
        const auto nearer = [](auto l, auto r) { return std::abs(l - 1.0) < std::abs(r - 1.0); };
        others.erase(std::min_element(others.begin(), others.end(), nearer));
        const auto nearest = *std::min_element(others.begin(), others.end(), nearer);
        std::printf("%.12g %.12g\n", end.cycle->period, nearest.real());
    }
}

void map(const problem& at, const parameter_range& range) {
    show(map_diagram(at, 1, range), at, range.name);
}

/// The cycles through one that is known nearly, and those from their BP and PD.
/// @param state_at  by the angle, 2 pi a period
void from_cycle(const problem& at, const parameter_range& range, double period, double longest,
                const std::function<std::vector<double>(double)>& state_at) {
    constexpr int points = 80;
    orbit guess;
    guess.period = period;
    guess.degree = 4;
    for (int k = 0; k <= points; ++k) {
        const double turns = k / static_cast<double>(points);
        const auto state = state_at(2 * std::numbers::pi * turns);
        guess.times.push_back(turns);
        guess.states.insert(guess.states.end(), state.begin(), state.end());
    }
    const auto first = cycles_from(at, range, cycle_start(at, guess), longest);
    for (const auto& point : first.special_points)
        if (point.type == point_type::BP || point.type == point_type::PD)
            cycles_from(at, range, point, longest);
}

/// AUTO starts from the smaller of two circles.
std::vector<double> circle(double angle) { return {std::cos(angle), std::sin(angle)}; }

/// Both pendula in phase, their speed nearly that without gravity.
std::vector<double> rotation(double angle) {
    const double speed = 3.99 + 0.25 * std::cos(angle);
    return {std::cos(angle), std::sin(angle), 0, speed, speed};
}

void run(std::string_view name, std::optional<double> value) {
    using namespace demos;
    if (name == "plp" && value) return cycles_at(problem_of<plp>(), {"rho", 2, 20}, *value);
    if (name == "ab") return flow(problem_of<ab>(), {"D", 0, 0.4}, 0);
    if (name == "abc") return flow(problem_of<demos::abc>(), {"D", 0, 0.4}, 0);
    if (name == "enz") return flow(problem_of<enz>(), {"s0", 0, 500}, 0);
    if (name == "fhn") return flow(problem_of<fhn>(), {"a", 0, 1}, 0);
    if (name == "lrz") return flow(problem_of<lrz>(), {"rho", 0, 30}, 12);
    if (name == "tor") return flow(problem_of<tor>(), {"nu", -0.9, -0.5}, 40);
    if (name == "plp") return flow(problem_of<plp>(), {"rho", 2, 20}, 100);
    if (name == "pp2") return flow(problem_of<pp2>(), {"p1", 0, 1}, 36);
    if (name == "pp3") return flow(problem_of<pp3>(), {"p1", 0, 1}, 150);
    if (name == "chu") return flow(problem_of<chu>(), {"alpha", -1, 15}, 12);
    if (name == "lcbp") return from_cycle(problem_of<lcbp>(), {"p1", 0.5, 3}, 1, 0, circle);
    if (name == "pen") return from_cycle(problem_of<pen>(), {"I", 0.05, 1.5}, 1.574, 60, rotation);
    if (name == "hen") return map(problem_of<hen>(), {"beta", 0, 1.5});
    if (name == "log") return map(problem_of<logistic>(), {"mu", 0, 4});
    if (name == "dd2") return map(problem_of<dd2>(), {"p1", 0, 5});
    throw std::invalid_argument("no such demo: " + std::string(name));
}

}  // namespace

int main(int count, char** words) try {
    run(count > 1 ? words[1] : "",
        count > 2 ? std::optional(std::strtod(words[2], nullptr)) : std::nullopt);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
