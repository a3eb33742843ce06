// SPDX-License-Identifier: MIT
#include "expert_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <set>

#include "drawn_table.hpp"
#include "layers.hpp"
#include "load_branch.hpp"

namespace moebius {
namespace {

std::string name_of(std::size_t winners) {
    if (winners == 0) return "equal loads";
    return winners == 1 ? "1 winner" : fmt::format("{} winners", winners);
}

const diagram& equilibria_of(const result_document& result) {
    const auto* curves = result.find<diagram>("equilibria");
    if (curves == nullptr)
        throw invalid_argument(result.heading.schema, "there is no 'equilibria'",
                               "a validation has its diagram in it");
    return *curves;
}

/// Branches that are stable somewhere, with a name where runs were.
void draw_branches(const result_document& result, figure& drawing) {
    const auto* curves = &equilibria_of(result);
    const auto steady = drawn(result, "steady");
    const std::set<double> met(steady.at("winners").begin(), steady.at("winners").end());
    std::map<std::size_t, std::pair<double, figure_label>> named;  // by winners, the longest branch
    auto stable = layer("stable", layer_look::solid, layer_color::blue);
    auto unstable = layer("unstable", layer_look::dashed, layer_color::vermillion);
    for (std::size_t i = 0; i < curves->branches.size(); ++i) {
        const load_branch one(curves->branches[i], i);
        const double length = one.stable_length();
        if (!(length > 0)) continue;
        one.draw(stable, unstable);
        const std::size_t row = one.middle(), winners = one.winners(row);
        if (!met.contains(static_cast<double>(winners)) || !(length > named[winners].first))
            continue;
        named[winners] = {length, {name_of(winners), one.x()[row], one.largest()[row]}};
    }
    for (auto& [winners, label] : named) drawing.labels.push_back(std::move(label.second));
    for (auto* one : {&stable, &unstable})
        if (!one->x.empty()) drawing.layers.push_back(std::move(*one));
}

bool is_upwards(const drawn_table& plans, double sweep) {
    const auto row = static_cast<std::size_t>(sweep);
    if (!(sweep >= 0 && row < plans.rows()))
        throw invalid_argument("/sweep_plans", fmt::format("there is no sweep {}", sweep),
                               "the tables count on it");
    return plans.at("to")[row] > plans.at("from")[row];
}

/// The measured loads of both ways, with their errors.
void draw_steady(const result_document& result, figure& drawing) {
    const auto steady = drawn(result, "steady"), plans = drawn(result, "sweep_plans");
    auto up = layer("measured, feedback up", layer_look::points, layer_color::green);
    auto down = layer("measured, feedback down", layer_look::points, layer_color::purple,
                      layer_marker::ring);
    auto excused = layer("not judged", layer_look::points, layer_color::sky, layer_marker::cross);
    for (std::size_t row = 0; row < steady.rows(); ++row) {
        auto& way = is_upwards(plans, steady.at("sweep")[row]) ? up : down;
        auto& to = steady.at("judged")[row] != 0 ? way : excused;
        add(to, steady.at("feedback")[row], steady.at("load_1")[row]);
        to.error.push_back(steady.at("load_1_error")[row]);
    }
    for (auto* one : {&up, &down, &excused})
        if (!one->x.empty()) drawing.layers.push_back(std::move(*one));
}

/// Where runs jumped: the mean and its scatter, halfway between the loads of both branches.
void draw_jumps(const result_document& result, figure& drawing) {
    const auto jumps = drawn(result, "jumps"), steady = drawn(result, "steady");
    const auto& loads = steady.at("load_1");
    if (loads.empty()) return;
    const auto [low, high] = std::minmax_element(loads.begin(), loads.end());
    const double middle = (*low + *high) / 2;
    auto measured = layer("jump, measured (one sd)", layer_look::points, layer_color::ink,
                          layer_marker::diamond);
    measured.error_in_x = true;
    auto predicted =
        layer("jump, predicted", layer_look::points, layer_color::orange, layer_marker::cross);
    for (std::size_t row = 0; row < jumps.rows(); ++row) {
        add(measured, jumps.at("measured")[row], middle);
        measured.error.push_back(jumps.at("measured_sd")[row]);
        add(predicted, jumps.at("predicted")[row], middle);
    }
    for (auto* one : {&measured, &predicted})
        if (!one->x.empty()) drawing.layers.push_back(std::move(*one));
}

/// Branches that are stable somewhere, each with a name where it is stable.
void draw_led_branches(const result_document& result, figure& drawing) {
    const auto& curves = equilibria_of(result).branches;
    auto stable = layer("stable", layer_look::solid, layer_color::blue);
    auto unstable = layer("unstable", layer_look::dashed, layer_color::vermillion);
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const load_branch one(curves[i], i);
        if (!(one.stable_length() > 0)) continue;
        one.draw(stable, unstable);
        const std::size_t row = one.middle();
        drawing.labels.push_back(
            {fmt::format("expert {}", one.leader(row) + 1), one.x()[row], one.largest()[row]});
    }
    for (auto* one : {&stable, &unstable})
        if (!one->x.empty()) drawing.layers.push_back(std::move(*one));
}

/// The measured loads from predicted starts, and where a random start found another state.
void draw_runs(const result_document& result, figure& drawing) {
    const auto steady = drawn(result, "steady"), strangers = drawn(result, "strangers");
    auto judged = layer("measured", layer_look::points, layer_color::green);
    auto excused = layer("not judged", layer_look::points, layer_color::sky, layer_marker::cross);
    auto strange =
        layer("on no branch", layer_look::points, layer_color::purple, layer_marker::diamond);
    for (std::size_t row = 0; row < steady.rows(); ++row) {
        auto& to = steady.at("judged")[row] != 0 ? judged : excused;
        add(to, steady.at("feedback")[row], steady.at("load_1")[row]);
        to.error.push_back(steady.at("load_1_error")[row]);
    }
    for (std::size_t row = 0; row < strangers.rows(); ++row)
        add(strange, strangers.at("feedback")[row], strangers.at("load")[row]);
    for (auto* one : {&judged, &excused, &strange})
        if (!one->x.empty()) drawing.layers.push_back(std::move(*one));
}

/// Room for names below the lowest branch and above the highest.
void make_room(figure& drawing) {
    if (!has_points(drawing)) return;
    const auto box = box_of(drawing);
    const double room = 0.08 * (box[3] - box[2]);
    drawing.view = {box[0], box[1], box[2] - room, box[3] + room};
}

}  // namespace

std::vector<named_figure> validate_tokens_figures(const result_document& result) {
    figure drawing;
    drawing.x_axis = axis_name("feedback");
    drawing.y_axis = "largest load nₑ";
    draw_led_branches(result, drawing);
    draw_runs(result, drawing);
    make_room(drawing);
    return {{"", std::move(drawing)}};
}

std::vector<named_figure> validate_experts_figures(const result_document& result) {
    figure drawing;
    drawing.x_axis = axis_name("feedback");
    drawing.y_axis = "largest load nₑ";
    draw_branches(result, drawing);
    draw_steady(result, drawing);
    draw_jumps(result, drawing);
    make_room(drawing);
    return {{"", std::move(drawing)}};
}

}  // namespace moebius
