// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <moebius/continuation/events.hpp>
#include <utility>

namespace moebius {
namespace {

/// A dip is searched when the parabola through three values comes this close to zero, against the
/// middle one.
constexpr double suspicious = 0.5;

constexpr double steep = 4;  // of three values: no parabola tells what lies between them

constexpr double piece = 1;         // a twentieth of a window: longer ones are looked at in pieces
constexpr double most_pieces = 32;  // far out steps are long

constexpr double on_cubic = 1e-9;  // of 1 + |u|: no more than a few digits above rounding
constexpr double on_line = 1e-3;   // of a function's values

/// The parabola through three points.
struct parabola {
    double bend, slope, value;  // half the second derivative; at the middle point
    double before, behind;      // to the other two

    parabola(const std::array<double, 3>& s, const std::array<double, 3>& v)
        : value(v[1]), before(s[1] - s[0]), behind(s[2] - s[1]) {
        const double left = (v[1] - v[0]) / before, right = (v[2] - v[1]) / behind;
        bend = (right - left) / (s[2] - s[0]);
        slope = left + bend * before;
    }
    [[nodiscard]] double lowest() const {
        return bend > 0 ? value - slope * slope / (4 * bend) : value;
    }
    /// Whether it falls first and rises at last.
    [[nodiscard]] bool turns() const {
        return slope < 2 * bend * before && slope > -2 * bend * behind;
    }
};

}  // namespace

event_finder::event_finder(tracer& followed, std::vector<test_function> tests)
    : tracer_(followed), tests_(std::move(tests)) {
    for (auto& values : values_) values.resize(tests_.size());
}

void event_finder::restart(const curve_point& point) {
    if (known_ != 1) past_ = known_ > 1 ? values_[1] : std::vector<double>();
    points_[2] = point;
    for (std::size_t i = 0; i < tests_.size(); ++i) {
        const double before = std::exchange(values_[2][i], tests_[i].value(point));
        if (!past_.empty()) past_[i] *= before == 0 ? 0 : values_[2][i] / before;
    }
    known_ = 1;
}

/// Whether a function dips about the newest point, as far as values before a restart tell.
bool event_finder::turns_back(const curve_point& point) const {
    if (past_.empty()) return true;
    const double next = arcs_[2] + (point.u - points_[2].u).norm();
    for (std::size_t i = 0; i < tests_.size(); ++i) {
        const double here = values_[2][i], sign = here > 0 ? 1 : -1;
        const std::array<double, 3> v{sign * past_[i], sign * here, sign * tests_[i].value(point)};
        if (!(v[1] > 0)) continue;
        const parabola way({arcs_[1], arcs_[2], next}, v);
        const auto [least, most] = std::minmax_element(v.begin(), v.end());
        if (*most > steep * *least || (way.turns() && way.lowest() <= suspicious * v[1]))
            return true;
    }
    return false;
}

std::vector<bracket> event_finder::look(const curve_point& point, bool last) {
    std::vector<bracket> found;
    const double length = (point.u - points_[2].u).norm();
    const bool halved = last || (known_ == 1 && turns_back(point));
    const double pieces = std::clamp(std::ceil(length / piece), halved ? 2. : 1., most_pieces);
    if (pieces > 1) {
        look_between(point, pieces, found);
    } else {
        set_values(point, next_);
        add_point(point, next_, found);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const bracket& l, const bracket& r) { return l.arc < r.arc; });
    return found;
}

void event_finder::set_values(const curve_point& point, std::vector<double>& to) const {
    to.resize(tests_.size());
    for (std::size_t i = 0; i < tests_.size(); ++i) to[i] = tests_[i].value(point);
}

/// Whether a curve is as smooth between the newest point and an end as the one half-way tells: all
/// but on the cubic through both, with values half-way between theirs.
bool event_finder::foretells(const place& middle, const place& end) const {
    const double size = 1 + middle.at.u.norm();
    if (off_cubic(points_[2], middle.at, end.at) > on_cubic * size) return false;
    for (std::size_t i = 0; i < tests_.size(); ++i) {
        const double here = middle.values[i], mean = (values_[2][i] + end.values[i]) / 2;
        const double least =
            std::min({std::abs(here), std::abs(values_[2][i]), std::abs(end.values[i])});
        if (!(std::abs(here - mean) <= on_line * least)) return false;
    }
    return true;
}

/// Adds a point behind those between, each half-way from the newest one to the one that follows.
void event_finder::look_between(const curve_point& point, double pieces,
                                std::vector<bracket>& found) {
    struct stretch {
        place end;
        double pieces, share;  // of the way to the end, at which it is looked at next
    };
    constexpr double half = 0.5;
    set_values(point, next_);
    std::vector<stretch> way{{{point, next_}, pieces, half}};  // the farthest first
    while (!way.empty()) {
        stretch& next = way.back();
        if (next.pieces <= 1) {
            add_point(next.end.at, next.end.values, found);
            way.pop_back();
            continue;
        }
        next.pieces /= 2;
        auto between = next.share == half ? tracer_.half_way(points_[2], next.end.at)
                                          : tracer_.between(points_[2], next.end.at, next.share);
        if (!between) {  // as next to a crossing
            next.share /= 2;
            continue;
        }
        next.share = half;
        set_values(*between, next_);
        place middle{std::move(*between), next_};
        if (next.pieces > 1 && foretells(middle, next.end)) next.pieces = 1;
        way.push_back({std::move(middle), next.pieces, half});
    }
}

void event_finder::add_point(const curve_point& point, std::vector<double>& values,
                             std::vector<bracket>& found) {
    for (std::size_t k = 0; k < 2; ++k) {
        std::swap(points_[k], points_[k + 1]);
        std::swap(values_[k], values_[k + 1]);
        arcs_[k] = arcs_[k + 1];
    }
    points_[2] = point;
    arcs_[2] = arcs_[1] + (point.u - points_[1].u).norm();
    known_ = std::min(known_ + 1, 3);
    std::swap(values_[2], values);
    for (std::size_t i = 0; i < tests_.size(); ++i) {
        const double before = values_[1][i], now = values_[2][i];
        if (before != 0 && ((before > 0) != (now > 0) || now == 0)) {
            found.push_back({tests_[i].type, i, points_[1], points_[2], arcs_[1]});
        } else if (known_ == 3) {
            search_dip(i, found);
        }
    }
}

void event_finder::search_dip(std::size_t test, std::vector<bracket>& found) {
    const double sign = values_[1][test] > 0 ? 1 : -1;
    const std::array<double, 3> v{sign * values_[0][test], sign * values_[1][test],
                                  sign * values_[2][test]};
    if (!(v[1] > 0 && v[0] > v[1] && v[2] >= v[1])) return;
    if (parabola(arcs_, v).lowest() > suspicious * v[1]) return;
    for (std::size_t k = 0; k < 2; ++k) {
        std::optional<curve_point> lowest;  // the first one behind a change of sign
        const auto value = [&](double theta) {
            if (lowest) return 0.0;  // no more is asked
            auto point = tracer_.between(points_[k], points_[k + 1], theta);
            if (!point) return v[k];
            const double here = sign * tests_[test].value(*point);
            if (here < 0) lowest = std::move(point);
            return here;
        };
        constexpr int bits = 8;  // of the place: half as many as of the value there
        std::uintmax_t evaluations = 20;
        boost::math::tools::brent_find_minima(value, 0.0, 1.0, bits, evaluations);
        if (!lowest) continue;
        const double middle = arcs_[k] + (lowest->u - points_[k].u).norm();
        found.push_back({tests_[test].type, test, points_[k], *lowest, arcs_[k]});
        found.push_back({tests_[test].type, test, *lowest, points_[k + 1], middle});
        return;
    }
}

}  // namespace moebius
