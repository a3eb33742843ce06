// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/continuation/events.hpp>
#include <utility>

namespace moebius {
namespace {

/// A dip is searched when the parabola through three values comes this close to zero, against the
/// middle one.
constexpr double suspicious = 0.5;

constexpr double deep = 0.05;    // of the neighbours: so low, it is searched anyway
constexpr double bottom = 0.95;  // as suspicious, where a search ends
constexpr int least_looks = 2, most_looks = 20;
constexpr double farthest_back = 2;  // of a step, before it, that a point is found by its ends

constexpr double piece = 1;         // a twentieth of a window: longer ones are looked at in pieces
constexpr double most_pieces = 32;  // far out steps are long

/// Three neighbours by their arclengths, of which the middle one is the lowest.
struct dip {
    std::array<double, 3> s, v;
    std::array<curve_point, 3> at;

    [[nodiscard]] bool has_middle() const { return v[1] > 0 && v[0] > v[1] && v[2] >= v[1]; }

    /// Where the parabola through them is least, and its value.
    [[nodiscard]] std::pair<double, double> vertex() const {
        const double left = (v[1] - v[0]) / (s[1] - s[0]);
        const double right = (v[2] - v[1]) / (s[2] - s[1]);
        const double bend = (right - left) / (s[2] - s[0]);
        if (!(bend > 0)) return {s[1], v[1]};
        const double slope = left + bend * (s[1] - s[0]);  // at the middle point
        return {s[1] - slope / (2 * bend), v[1] - slope * slope / (4 * bend)};
    }

    /// Whether it may hide two zeros. So low beside its neighbours, the parabola's error counts.
    [[nodiscard]] bool is_suspicious() const {
        return vertex().second <= suspicious * v[1] || v[1] < deep * std::min(v[0], v[2]);
    }

    /// Takes a point from the part before the middle (0) or behind it (1).
    void narrow(std::size_t part, double arc, double value, curve_point point) {
        std::size_t to = 2 * part;  // the end on its side
        if (value < v[1]) {         // it is the middle now, and that the other end
            const std::size_t end = 2 - 2 * part;
            s[end] = s[1];
            v[end] = v[1];
            at[end] = std::move(at[1]);
            to = 1;
        }
        s[to] = arc;
        v[to] = value;
        at[to] = std::move(point);
    }
};

}  // namespace

event_finder::event_finder(tracer& followed, std::vector<test_function> tests)
    : tracer_(followed), tests_(std::move(tests)) {
    for (auto& values : values_) values.resize(tests_.size());
}

void event_finder::begin(const curve_point& point) {
    known_ = 0;
    arcs_[2] = 0;
    restart(point);
}

void event_finder::restart(const curve_point& point) {
    points_[2] = point;
    in_these_unknowns_ = 1;
    known_ = std::max(known_, 1);
    for (std::size_t i = 0; i < tests_.size(); ++i) {
        const double before = values_[2][i];
        values_[2][i] = tests_[i].value(point);
        if (before * values_[2][i] >= 0) continue;  // else borders have turned the sign
        values_[0][i] = -values_[0][i];
        values_[1][i] = -values_[1][i];
    }
}

std::vector<bracket> event_finder::look(const curve_point& point, bool last) {
    std::vector<bracket> found;
    const curve_point from = points_[2];
    const double length = (point.u - from.u).norm();
    const double pieces =
        std::clamp(std::ceil(length / piece), known_ == 1 || last ? 2. : 1., most_pieces);
    for (double k = 1; k < pieces; ++k)
        if (const auto between = tracer_.between(from, point, k / pieces))
            add_point(*between, found);
    add_point(point, found);
    std::stable_sort(found.begin(), found.end(),
                     [](const bracket& l, const bracket& r) { return l.arc < r.arc; });
    return found;
}

void event_finder::add_point(const curve_point& point, std::vector<bracket>& found) {
    for (std::size_t k = 0; k < 2; ++k) {
        std::swap(points_[k], points_[k + 1]);
        std::swap(values_[k], values_[k + 1]);
        arcs_[k] = arcs_[k + 1];
    }
    points_[2] = point;
    arcs_[2] = arcs_[1] + (point.u - points_[1].u).norm();
    known_ = std::min(known_ + 1, 3);
    in_these_unknowns_ = std::min(in_these_unknowns_ + 1, 3);
    for (std::size_t i = 0; i < tests_.size(); ++i) {
        values_[2][i] = tests_[i].value(point);
        const double before = values_[1][i], now = values_[2][i];
        if (before != 0 && ((before > 0) != (now > 0) || now == 0)) {
            found.push_back({tests_[i].type, i, points_[1], points_[2], arcs_[1]});
        } else if (known_ == 3) {
            search_dip(i, found);
        }
    }
}

/// The first of the three points in the unknowns of the other two.
bool event_finder::recover_first(std::size_t test) {
    if (in_these_unknowns_ == 3) return true;
    const double theta = (arcs_[0] - arcs_[1]) / (arcs_[2] - arcs_[1]);
    if (theta < -farthest_back) return false;
    auto first = tracer_.between(points_[1], points_[2], theta);
    if (!first) return false;
    points_[0] = std::move(*first);
    values_[0][test] = tests_[test].value(points_[0]);
    return true;
}

/// Goes down the parabola through the lowest points until it stays above zero, or one does not.
void event_finder::search_dip(std::size_t test, std::vector<bracket>& found) {
    const double sign = values_[1][test] > 0 ? 1 : -1;
    const auto heights = [&]() -> std::array<double, 3> {
        return {sign * values_[0][test], sign * values_[1][test], sign * values_[2][test]};
    };
    dip low{arcs_, heights(), points_};
    if (!low.has_middle() || !low.is_suspicious()) return;
    if (!recover_first(test)) return;
    low = {arcs_, heights(), points_};
    for (int looks = 0; looks < most_looks && low.has_middle(); ++looks) {
        const auto [lowest, value] = low.vertex();
        if (lowest == low.s[1] || (looks >= least_looks && value > bottom * low.v[1])) return;
        const std::size_t k = lowest < low.s[1] ? 0 : 1;
        const auto &a = low.at[k], &b = low.at[k + 1];
        auto point = tracer_.between(a, b, (lowest - low.s[k]) / (low.s[k + 1] - low.s[k]));
        if (!point) return;
        const double here = sign * tests_[test].value(*point);
        if (here < 0) {
            found.push_back({tests_[test].type, test, a, *point, low.s[k]});
            found.push_back({tests_[test].type, test, *point, b, lowest});
            return;
        }
        low.narrow(k, lowest, here, std::move(*point));
    }
}

}  // namespace moebius
