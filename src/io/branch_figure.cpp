// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/io/branch_figure.hpp>
#include <moebius/io/plots.hpp>

#include "layers.hpp"

namespace moebius {
namespace {

/// The gap at a lead, between the points about it.
double gap_near(const std::vector<measured_point>& points, double lead) {
    const auto next = std::find_if(points.begin(), points.end(),
                                   [&](const auto& point) { return point.lead >= lead; });
    if (next == points.begin() || next == points.end())
        return next == points.end() ? points.back().gap : next->gap;
    const auto& a = *(next - 1);
    return std::lerp(a.gap, next->gap, (lead - a.lead) / (next->lead - a.lead));
}

}  // namespace

figure branch_figure(const measured_branch& branch) {
    figure out{"", axis_name("feedback"), "load gap m of the first expert", {}, {}, {}};
    auto stable = layer("stable", layer_look::solid, layer_color::blue),
         unstable = layer("unstable", layer_look::dashed, layer_color::vermillion),
         errors = layer("measured, with errors", layer_look::points, layer_color::ink,
                        layer_marker::ring),
         folds = layer("fold", layer_look::points, layer_color::vermillion, layer_marker::circle);
    errors.error_in_x = folds.error_in_x = true;
    for (std::size_t i = 0; i < branch.points.size(); ++i) {
        const auto& point = branch.points[i];
        auto& line = point.growth < 0 ? stable : unstable;
        add(line, point.feedback, point.gap);
        if (i + 1 < branch.points.size()) {  // a piece has the stability of its first point
            const auto& next = branch.points[i + 1];
            if ((next.growth < 0) != (point.growth < 0)) {
                add(line, next.feedback, next.gap);
                add(line, pen_up, pen_up);
            }
        }
        add(errors, point.feedback, point.gap);
        errors.error.push_back(point.feedback_error);
    }
    for (const auto& fold : branch.folds) {
        add(folds, fold.feedback, gap_near(branch.points, fold.lead));
        folds.error.push_back(fold.feedback_error);
    }
    for (auto* one : {&stable, &unstable, &errors, &folds})
        if (!one->x.empty()) out.layers.push_back(std::move(*one));
    return out;
}

}  // namespace moebius
