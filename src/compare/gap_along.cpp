// SPDX-License-Identifier: MIT
#include "gap_along.hpp"

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <vector>

namespace moebius {
namespace {

constexpr int cells = 2000;      // of the whole reach, when the steepest place is looked for
constexpr int digits_of_x = 26;  // half of a double's: a minimum knows no more

/// The place of the largest value of f in [from, to], which has cells enough to show it.
template <typename F>
double largest(F f, double from, double to) {
    const double step = (to - from) / cells;
    double best = from, value = f(from);
    for (int i = 1; i <= cells; ++i)
        if (const double here = f(from + i * step); here > value) {
            best = from + i * step;
            value = here;
        }
    const auto negative = [&](double x) { return -f(x); };
    return boost::math::tools::brent_find_minima(negative, best - step, best + step, digits_of_x)
        .first;
}

}  // namespace

gap_along::gap_along(const load_response& loads, double beta, double secant)
    : loads_(loads), beta_(beta), secant_(secant), experts_(0) {
    for (const auto& group : loads.groups().groups) experts_ += group.size();
}

double gap_along::value(double x, double center) const {
    const auto n = static_cast<double>(experts_);
    std::vector<double> s(experts_, center - x / n), p(experts_);
    s[0] = center + x * (n - 1) / n;
    loads_.loads(s.data(), beta_, p.data());
    double others = 0;
    for (std::size_t e = 1; e < experts_; ++e) others += p[e];
    return p[0] - others / (n - 1);
}

std::array<double, 4> gap_along::at(double x, double center) const {
    const auto n = static_cast<double>(experts_);
    std::vector<double> s(experts_, center - x / n), v(experts_, -1 / n), out(4 * experts_);
    s[0] = center + x * (n - 1) / n;
    v[0] = (n - 1) / n;
    loads_.along(s.data(), beta_, v.data(), 0, out.data());
    std::array<double, 4> gap{};
    double factorial = 1;
    for (std::size_t k = 0; k < 4; ++k) {
        if (k > 0) factorial *= static_cast<double>(k);
        double others = 0;
        for (std::size_t e = 1; e < experts_; ++e) others += out[k * experts_ + e];
        gap[k] = factorial * (out[k * experts_] - others / (n - 1));
    }
    if (secant_ > 0) {
        const gap_along values(loads_, beta_);
        gap[1] =
            (values.at(x + secant_, center)[0] - values.at(x - secant_, center)[0]) / (2 * secant_);
        gap[2] = gap[3] = 0;  // a measured response does not know them
    }
    return gap;
}

double gap_along::reach(double center) const {
    double x = 4 / beta_;
    while (x < 1e9 / beta_ && (std::abs(value(2 * x, center) - value(x, center)) > 1e-9 ||
                               std::abs(value(-2 * x, center) - value(-x, center)) > 1e-9))
        x *= 1.5;
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

double gap_along::steepest(double center) const {
    const double end = reach(center);
    return largest([&](double x) { return at(x, center)[1]; }, -end, end);
}

std::pair<double, double> gap_along::folds(double feedback, double decay, double x) const {
    const double center = feedback / (decay * static_cast<double>(experts_));
    const double end = 2 * feedback / decay + reach(center);
    const auto bias = [&](double at_x) { return decay * at_x - feedback * value(at_x, center); };
    const double low = largest(bias, x - end, x);
    const double high = largest([&](double at_x) { return -bias(at_x); }, x, x + end);
    return {bias(low), bias(high)};
}

}  // namespace moebius
