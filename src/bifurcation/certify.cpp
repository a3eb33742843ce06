// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/certify.hpp>
#include <moebius/solve/krawczyk.hpp>

#include "point_system.hpp"
#include "unit_frame.hpp"

namespace moebius {
namespace {

using Eigen::Index;

constexpr double rounded_up = 1 + 0x1p-50;  // more than a few operations lose

/// How far a value can be from what lies within bounds, relative to it or to a unit.
double distance(double value, const bounds& within, double unit) {
    return std::max(std::abs(within.low - value), std::abs(within.high - value)) /
           std::max(unit, std::abs(value)) * rounded_up;
}

certificate proof_of(const placed_point& point, const special_point& given,
                     const defining_system& system, const std::vector<double>& units,
                     double largest) {
    const auto refused = [](std::string why) { return certificate{0, std::move(why)}; };
    const double scale = point.state_scale();
    const auto found = enclose_zero(std::ref(system), system.guess(), system.units(scale, units));
    if (!found.solved)
        return refused(fmt::format("no point of type {} is near", to_string(given.type)));
    if (!found) return refused("its equations are singular up to rounding");
    if (!system.holds_on(found.box))
        return refused(fmt::format("what is near is no {}", to_string(given.type)));
    double radius = 0;
    for (std::size_t i = 0; i < given.state.size(); ++i)
        radius = std::max(
            radius, distance(given.state[i], system.state(found.box, point.origin[i]), scale));
    for (std::size_t k = 0; k < units.size(); ++k)
        radius = std::max(radius, distance(system.guess()[static_cast<Index>(system.states() + k)],
                                           system.parameter(found.box, k), units[k]));
    if (!(radius <= largest))
        return refused(fmt::format("the nearest {} is {:.2g} away", to_string(given.type), radius));
    return {radius, {}};
}

/// Which of the varied parameters are free at a point: all, none, or one after the other.
std::vector<std::vector<std::size_t>> choices(point_type type, std::size_t ranges) {
    if (type == point_type::EP)
        return ranges == 1 ? std::vector<std::vector<std::size_t>>{{}}
                           : std::vector<std::vector<std::size_t>>{{0}, {1}};
    if (ranges == 1) return {{0}};
    return {{0, 1}};
}

}  // namespace

bool has_closed_form(const field& model) {
    const std::vector<enclosed> x(model.dimension()), p(model.parameters().size(), enclosed(1.0));
    std::vector<enclosed> f(model.dimension());
    return model.enclose(x, p, f);
}

certificate certify(const problem& base, const special_point& point, std::string_view curve,
                    const certify_options& options) {
    if (!has_closed_form(*base.model))
        throw invalid_argument("certify", fmt::format("{} came", base.model->name()),
                               "a model in closed form is needed");
    if (point.cycle || is_of_cycles(curve))
        return {0, "cycles are not proven yet, check holds them against the flow"};
    if (point.type == point_type::HH && options.ranges.size() == 1)
        return {0, "two pairs cross at one value, which one parameter does not make"};
    if (point.type == point_type::BT && options.ranges.size() == 1)
        return {0, "a zero is double at one value, which one parameter does not make"};
    const auto what = criticality_of(point.type, curve);
    if (!what) return {0, fmt::format("{} points have no system for it", to_string(point.type))};
    problem here = base;
    if (point.parameters.size() == base.parameters.size()) here.parameters = point.parameters;
    const detail::unit_frame frame(here, options.ranges, {}, point);
    const special_point& given = *frame.start;
    const placed_point at(frame.on, given, options.ranges);
    certificate proof;
    for (const auto& choice : choices(point.type, options.ranges.size())) {
        std::vector<std::size_t> free;
        std::vector<double> units;
        for (const std::size_t k : choice) {
            free.push_back(at.free[k]);
            units.push_back(at.unit_of(at.free[k], options.ranges[k]));
        }
        proof =
            proof_of(at, given, system_of(at, free, *what, options.step), units, options.radius);
        if (proof.refusal.empty()) break;
    }
    return proof;
}

void certify(const problem& base, diagram& of, const certify_options& options,
             const watch& progress) {
    for (const auto& range : options.ranges) check_range(range);
    std::map<int, const branch*> curves;
    for (const auto& each : of.branches) curves[each.id] = &each;
    std::size_t done = 0;
    for (auto& point : of.special_points) {
        if (progress.stopping()) throw interrupted("certify");
        const branch& curve = *curves.at(point.branch);
        auto on_its_groups = point;
        if (point.groups.size() == 0) on_its_groups.groups = curve.groups;
        point.proof = certify(base, on_its_groups, curve.kind, options);
        if (progress.report) progress.report(++done, of.special_points.size());
    }
}

}  // namespace moebius
