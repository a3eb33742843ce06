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

namespace moebius {
namespace {

/// A branch of the diagram by its largest load.
class load_branch {
public:
    load_branch(const branch& curve, std::size_t index)
        : columns_(curve.columns, fmt::format("/equilibria/branches/{}/columns", index)) {
        largest_ = columns_.at("load_1");
        const std::size_t groups = std::max<std::size_t>(1, curve.groups.size());
        most_.assign(largest_.size(), 0);
        for (std::size_t g = 2; g <= groups; ++g) {
            const auto& load = columns_.at(fmt::format("load_{}", g));
            for (std::size_t row = 0; row < load.size(); ++row)
                if (load[row] > largest_[row]) largest_[row] = load[row], most_[row] = g - 1;
        }
        for (const auto& group : curve.groups.groups) sizes_.push_back(group.size());
    }

    /// Over how much feedback it is stable: 0 for a branch that only starts at a stable point.
    [[nodiscard]] double stable_length() const {
        const auto& on = columns_.at("stable");
        double length = 0;
        for (std::size_t row = 1; row < on.size(); ++row)
            if (on[row] != 0 && on[row - 1] != 0) length += std::abs(x()[row] - x()[row - 1]);
        return length;
    }

    /// The row in the middle of its stable rows.
    [[nodiscard]] std::size_t middle() const {
        const auto& on = columns_.at("stable");
        double before = 0;
        for (std::size_t row = 1; row < on.size(); ++row) {
            if (on[row] != 0 && on[row - 1] != 0) before += std::abs(x()[row] - x()[row - 1]);
            if (2 * before >= stable_length()) return row;
        }
        return 0;
    }

    /// Experts with the largest load there; 0 if all have it.
    [[nodiscard]] std::size_t winners(std::size_t row) const {
        return sizes_.size() < 2 ? 0 : sizes_[most_[row]];
    }

    void draw(figure_layer& stable, figure_layer& unstable) const {
        const auto& on = columns_.at("stable");
        for (std::size_t row = 0; row < on.size(); ++row) {
            auto& to = on[row] != 0 ? stable : unstable;
            if (row == 0 || on[row] != on[row - 1]) {
                add(to, pen_up, pen_up);
                if (row > 0) add(to, x()[row - 1], largest_[row - 1]);
            }
            add(to, x()[row], largest_[row]);
        }
    }

    [[nodiscard]] const std::vector<double>& x() const { return columns_.at("feedback"); }
    [[nodiscard]] const std::vector<double>& largest() const noexcept { return largest_; }

private:
    drawn_table columns_;
    std::vector<double> largest_;
    std::vector<std::size_t> most_;  ///< the group that has it
    std::vector<std::size_t> sizes_;
};

std::string name_of(std::size_t winners) {
    if (winners == 0) return "equal loads";
    return winners == 1 ? "1 winner" : fmt::format("{} winners", winners);
}

/// Branches that are stable somewhere, with a name where runs were.
void draw_branches(const result_document& result, figure& drawing) {
    const auto* curves = result.find<diagram>("equilibria");
    if (curves == nullptr)
        throw invalid_argument(result.heading.schema, "there is no 'equilibria'",
                               "a validation has its diagram in it");
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

}  // namespace

std::vector<named_figure> validate_experts_figures(const result_document& result) {
    figure drawing;
    drawing.x_axis = axis_name("feedback");
    drawing.y_axis = "largest load nₑ";
    draw_branches(result, drawing);
    draw_steady(result, drawing);
    draw_jumps(result, drawing);
    if (has_points(drawing)) {  // room for names below the lowest branch
        auto box = box_of(drawing);
        const double room = 0.08 * (box[3] - box[2]);
        drawing.view = {box[0], box[1], box[2] - room, box[3] + room};
    }
    return {{"", std::move(drawing)}};
}

}  // namespace moebius
