// SPDX-License-Identifier: MIT
#include "label_place.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace moebius {
namespace {

constexpr double aspect = 1.5;      // width of the frame over its height
constexpr double character = 0.02;  // half the width of a letter, in heights of the frame: 1.5/75
constexpr double line_height = 0.045;
constexpr int directions = 16;

struct spot {
    double x, y;
};

/// From axis coordinates to heights of the frame.
class scaling {
public:
    explicit scaling(const std::array<double, 4>& frame) : frame_(frame) {}
    [[nodiscard]] spot of(double x, double y) const {
        return {aspect * (x - frame_[0]) / (frame_[1] - frame_[0]),
                (y - frame_[2]) / (frame_[3] - frame_[2])};
    }
    [[nodiscard]] spot back(const spot& s) const {
        return {frame_[0] + s.x / aspect * (frame_[1] - frame_[0]),
                frame_[2] + s.y * (frame_[3] - frame_[2])};
    }

private:
    std::array<double, 4> frame_;
};

/// Distance between a point and the box of half width w and half height h around c.
double gap(const spot& p, const spot& c, double w, double h) {
    return std::hypot(std::max(0.0, std::abs(p.x - c.x) - w),
                      std::max(0.0, std::abs(p.y - c.y) - h));
}

/// What a label must not cover: points along every line, denser than a letter, and all markers.
std::vector<spot> obstacles(const figure& drawing, const scaling& scale) {
    constexpr double spacing = character / 2;
    std::vector<spot> out;
    for (const auto& layer : drawing.layers) {
        if (layer.look == layer_look::region) continue;
        for (std::size_t i = 0; i < layer.x.size(); ++i) {
            const spot to = scale.of(layer.x[i], layer.y[i]);
            if (!std::isfinite(to.x) || !std::isfinite(to.y)) continue;
            out.push_back(to);
            if (i == 0 || layer.look == layer_look::points) continue;
            const spot from = scale.of(layer.x[i - 1], layer.y[i - 1]);
            const double length = std::hypot(to.x - from.x, to.y - from.y);
            for (int k = 1; k * spacing < length; ++k) {  // not entered for a NaN
                const double share = k * spacing / length;
                out.push_back({from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)});
            }
        }
    }
    return out;
}

}  // namespace

std::vector<figure_label> place_labels(const figure& drawing, const std::array<double, 4>& frame) {
    const scaling scale(frame);
    auto taken = obstacles(drawing, scale);
    std::vector<figure_label> placed;
    for (const auto& label : drawing.labels) {
        const spot at = scale.of(label.x, label.y);
        if (at.x < 0 || at.x > aspect || at.y < 0 || at.y > 1) continue;  // not in view
        const double w = character * static_cast<double>(label.text.size()) / 2 + character / 2;
        const double h = line_height / 2;
        spot best = at;
        double most = -1;
        for (int k = 0; k < directions; ++k) {
            const double angle = 2 * std::numbers::pi * (k + 0.5) / directions;
            const spot there{at.x + (w + 0.03) * std::cos(angle),
                             at.y + (h + 0.035) * std::sin(angle)};
            const bool inside =
                there.x > w && there.x < aspect - w && there.y > h && there.y < 1 - h;
            if (!inside) continue;
            double room = std::numeric_limits<double>::infinity();
            for (const spot& other : taken) room = std::min(room, gap(other, there, w, h));
            if (room > most) {
                most = room;
                best = there;
            }
        }
        for (const double side : {-w, 0.0, w}) taken.push_back({best.x + side, best.y});
        const spot there = scale.back(best);
        placed.push_back({label.text, there.x, there.y});
    }
    return placed;
}

}  // namespace moebius
