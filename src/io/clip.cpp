// SPDX-License-Identifier: MIT
#include "clip.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace moebius {
namespace {

using rectangle = std::array<double, 4>;

struct spot {
    double x, y;
    friend bool operator==(const spot&, const spot&) = default;
};

bool is_finite(const spot& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

bool is_inside(const spot& p, const rectangle& frame) {
    return p.x >= frame[0] && p.x <= frame[1] && p.y >= frame[2] && p.y <= frame[3];
}

spot into(const spot& p, const rectangle& frame) {
    return {std::clamp(p.x, frame[0], frame[1]), std::clamp(p.y, frame[2], frame[3])};
}

/// The share of the way from `a` to `b` at which `edge` lies; halves, as b - a may overflow.
double share_of(double edge, double a, double b) { return (edge / 2 - a / 2) / (b / 2 - a / 2); }

spot between(const spot& a, const spot& b, double share) {
    return {(1 - share) * a.x + share * b.x, (1 - share) * a.y + share * b.y};
}

/// The part of a segment within the frame (Liang and Barsky 1984); ends within it stay as they are.
std::optional<std::pair<spot, spot>> visible(const spot& a, const spot& b, const rectangle& frame) {
    double from = 0, to = 1;
    const double starts[] = {a.x, a.y}, ends[] = {b.x, b.y};
    for (const std::size_t axis : {0U, 1U}) {
        const double start = starts[axis], end = ends[axis];
        const double low = frame[2 * axis], high = frame[2 * axis + 1];
        if (start == end) {
            if (start < low || start > high) return std::nullopt;
            continue;
        }
        const double enter = share_of(start < end ? low : high, start, end);
        const double leave = share_of(start < end ? high : low, start, end);
        from = std::max(from, enter);
        to = std::min(to, leave);
    }
    if (from > to) return std::nullopt;
    return std::pair{is_inside(a, frame) ? a : into(between(a, b, from), frame),
                     is_inside(b, frame) ? b : into(between(a, b, to), frame)};
}

void push(figure_layer& out, const spot& p) {
    out.x.push_back(p.x);
    out.y.push_back(p.y);
}

void clip_line(const figure_layer& layer, const rectangle& frame, figure_layer& out) {
    for (std::size_t i = 1; i < layer.x.size(); ++i) {
        const spot a{layer.x[i - 1], layer.y[i - 1]}, b{layer.x[i], layer.y[i]};
        if (!is_finite(a) || !is_finite(b)) continue;
        const auto piece = visible(a, b, frame);
        if (!piece) continue;
        const bool goes_on = !out.x.empty() && spot{out.x.back(), out.y.back()} == piece->first;
        if (!goes_on && !out.x.empty()) push(out, {pen_up, pen_up});
        if (!goes_on) push(out, piece->first);
        push(out, piece->second);
    }
}

/// Cuts off what lies beyond each edge in turn (Sutherland and Hodgman 1974).
void clip_region(const figure_layer& layer, const rectangle& frame, figure_layer& out) {
    std::vector<spot> polygon;
    for (std::size_t i = 0; i < layer.x.size(); ++i)
        if (const spot p{layer.x[i], layer.y[i]}; is_finite(p)) polygon.push_back(p);
    for (std::size_t edge = 0; edge < frame.size() && !polygon.empty(); ++edge) {
        const auto along = edge < 2 ? &spot::x : &spot::y;
        const double sign = edge % 2 == 0 ? 1 : -1;
        const auto keeps = [&](const spot& p) { return sign * (p.*along) >= sign * frame[edge]; };
        std::vector<spot> rest;
        for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
            const auto &before = polygon[j], here = polygon[i];
            if (keeps(before) != keeps(here)) {
                auto cut = between(before, here, share_of(frame[edge], before.*along, here.*along));
                cut.*along = frame[edge];
                rest.push_back(cut);
            }
            if (keeps(here)) rest.push_back(here);
        }
        polygon = std::move(rest);
    }
    for (const auto& p : polygon) push(out, into(p, frame));
}

void clip_points(const figure_layer& layer, const rectangle& frame, figure_layer& out) {
    const std::size_t side = layer.error_in_x ? 0 : 2;
    const double longest = frame[side + 1] - frame[side];
    for (std::size_t i = 0; i < layer.x.size(); ++i) {
        const spot p{layer.x[i], layer.y[i]};
        if (!is_inside(p, frame)) continue;  // nor is a NaN
        push(out, p);
        if (layer.error.empty()) continue;
        const double error = layer.error[i];
        out.error.push_back(std::isfinite(error) ? std::clamp(error, 0.0, longest) : 0);
    }
}

}  // namespace

figure_layer clipped(const figure_layer& layer, const rectangle& frame) {
    figure_layer out{layer.title, layer.look, layer.color, layer.marker,
                     {},          {},         {},          layer.error_in_x};
    switch (layer.look) {
        case layer_look::solid:
        case layer_look::dashed:
            clip_line(layer, frame, out);
            break;
        case layer_look::region:
            clip_region(layer, frame, out);
            break;
        case layer_look::points:
            clip_points(layer, frame, out);
            break;
    }
    return out;
}

}  // namespace moebius
