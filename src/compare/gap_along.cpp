// SPDX-License-Identifier: MIT
#include "gap_along.hpp"

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr double factorial[] = {1, 1, 2, 6};
constexpr double constant = 1e-9;  // a change of the gap that its answers do not show
constexpr double farthest = 1e9;   // 1/beta; a gap that still moves there moves for ever

}  // namespace

std::vector<double> led_by(double x, double center, std::size_t experts) {
    const auto n = static_cast<double>(experts);
    std::vector<double> s(experts, center - x / n);
    s[0] = center + x * (n - 1) / n;
    return s;
}

gap_along::gap_along(const load_response& loads, double beta, double secant,
                     const std::atomic<bool>* stop)
    : loads_(loads), beta_(beta), secant_(secant), experts_(0), watched_{{}, stop} {
    for (const auto& group : loads.groups().groups) experts_ += group.size();
}

double gap_along::lead_of(std::span<const double> p) const {
    return p[0] - std::accumulate(p.begin() + 1, p.end(), 0.0) / static_cast<double>(experts_ - 1);
}

double gap_along::value(double x, double center) const {
    if (watched_.stopping()) throw interrupted("compare_routers");
    const auto s = led_by(x, center, experts_);
    std::vector<double> p(experts_);
    loads_.loads(s, beta_, p);
    return lead_of(p);
}

std::array<double, 4> gap_along::at(double x, double center) const {
    if (watched_.stopping()) throw interrupted("compare_routers");
    const auto s = led_by(x, center, experts_), v = led_by(1, 0, experts_);
    std::vector<double> out(4 * experts_);
    loads_.along(s, beta_, v, 0, out);
    std::array<double, 4> gap{};
    for (std::size_t k = 0; k < 4; ++k)
        gap[k] = factorial[k] * lead_of(std::span(out).subspan(k * experts_, experts_));
    if (secant_ > 0) {
        const auto m = plain(center);
        const auto above = m(x + secant_), below = m(x - secant_);
        for (std::size_t k = 1; k < 4; ++k) gap[k] = (above[k - 1] - below[k - 1]) / (2 * secant_);
    }
    return gap;
}

exact::response gap_along::smooth(double center) const {
    return [gap = *this, center](double x) { return gap.at(x, center); };
}

exact::response gap_along::plain(double center) const {
    return gap_along(loads_, beta_, 0, watched_.stop).smooth(center);
}

double gap_along::reach(double center) const {
    double x = 4 / beta_;
    const auto moves = [&](double at) {
        return std::abs(value(2 * at, center) - value(at, center)) > constant;
    };
    while (x < farthest / beta_ && (moves(x) || moves(-x))) x *= 1.5;
    return x;
}

double gap_along::balance(double center) const {
    const auto gap = [&](double x) { return value(x, center); };
    const double end = reach(center);
    if (gap(0) == 0) return 0;
    if (!(gap(-end) < 0 && gap(end) > 0))
        throw invalid_argument("compare_routers", "a router whose loads are equal nowhere came",
                               "equal loads must be a state");
    std::uintmax_t rounds = 200;
    const auto bracket = boost::math::tools::toms748_solve(
        gap, -end, end, boost::math::tools::eps_tolerance<double>(50), rounds);
    return (bracket.first + bracket.second) / 2;
}

}  // namespace moebius
