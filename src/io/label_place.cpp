// SPDX-License-Identifier: MIT
#include "label_place.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "gnuplot.hpp"

namespace moebius {
namespace {

constexpr double aspect = 1.5;      // width of the frame over its height
constexpr double character = 0.02;  // half the width of a letter, in heights of the frame: 1.5/75
constexpr double line_height = 0.045;
constexpr int directions = 16;
constexpr std::size_t most_labels = 500;  // more than the frame has room for

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

/// Square of the distance between a point and the box of half width w and half height h around c.
double squared_gap(const spot& p, const spot& c, double w, double h) {
    const double dx = std::max(0.0, std::abs(p.x - c.x) - w);
    const double dy = std::max(0.0, std::abs(p.y - c.y) - h);
    return dx * dx + dy * dy;
}

/// What a label must not cover: spots along every line, denser than a letter, and all markers. One
/// of each small cell is enough, so there are never more than the frame has cells.
class obstacles {
public:
    void add(const spot& at) {
        const auto column = static_cast<std::size_t>(std::clamp(at.x / aspect, 0.0, 1.0) * columns);
        const auto row = static_cast<std::size_t>(std::clamp(at.y, 0.0, 1.0) * rows);
        if (std::exchange(taken_[row * (columns + 1) + column], true)) return;
        spots_.push_back(at);
    }
    void add_line(const spot& from, const spot& to) {
        const double length = std::hypot(to.x - from.x, to.y - from.y);
        for (int k = 1; k * spacing < length; ++k) {  // not entered for a NaN
            const double share = k * spacing / length;
            add({from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)});
        }
    }
    /// Between the nearest of them and a box of half width w and half height h around c.
    [[nodiscard]] double room(const spot& c, double w, double h) const {
        double least = std::numeric_limits<double>::infinity();
        for (const spot& p : spots_) least = std::min(least, squared_gap(p, c, w, h));
        return least;
    }

private:
    static constexpr double spacing = character / 2;
    static constexpr std::size_t columns = 150, rows = 100;  // cells as wide as the spacing

    std::vector<char> taken_ = std::vector<char>((columns + 1) * (rows + 1));
    std::vector<spot> spots_;
};

obstacles obstacles_of(const figure& drawing, const scaling& scale) {
    obstacles out;
    for (const auto& layer : drawing.layers) {
        if (layer.look == layer_look::region) continue;
        for (std::size_t i = 0; i < layer.x.size(); ++i) {
            const spot to = scale.of(layer.x[i], layer.y[i]);
            if (std::isnan(to.x)) continue;
            out.add(to);
            if (i > 0 && layer.look != layer_look::points)
                out.add_line(scale.of(layer.x[i - 1], layer.y[i - 1]), to);
        }
    }
    return out;
}

/// As wide as it is shown.
double half_width(const std::string& text) {
    const auto length = static_cast<double>(std::min(text.size(), longest_text));
    return character * (length + 1) / 2;
}

/// Off its point, where there is most room.
spot place_of(const spot& at, double w, double h, const obstacles& taken) {
    spot best = at;
    double most = -1;
    for (int k = 0; k < directions; ++k) {
        const double angle = 2 * std::numbers::pi * (k + 0.5) / directions;
        const spot there{at.x + (w + 0.03) * std::cos(angle), at.y + (h + 0.035) * std::sin(angle)};
        const bool inside = there.x > w && there.x < aspect - w && there.y > h && there.y < 1 - h;
        if (!inside) continue;
        if (const double room = taken.room(there, w, h); room > most) {
            most = room;
            best = there;
        }
    }
    return best;
}

}  // namespace

std::vector<figure_label> place_labels(const figure& drawing, const std::array<double, 4>& frame) {
    const scaling scale(frame);
    auto taken = obstacles_of(drawing, scale);
    std::vector<figure_label> placed;
    for (const auto& label : drawing.labels) {
        if (placed.size() == most_labels) break;
        const spot at = scale.of(label.x, label.y);
        const bool in_view = at.x >= 0 && at.x <= aspect && at.y >= 0 && at.y <= 1;
        if (!in_view) continue;  // nor is a NaN
        const double w = half_width(label.text);
        const spot best = place_of(at, w, line_height / 2, taken);
        for (const double side : {-w, 0.0, w}) taken.add({best.x + side, best.y});
        const spot there = scale.back(best);
        placed.push_back({label.text, there.x, there.y});
    }
    return placed;
}

}  // namespace moebius
