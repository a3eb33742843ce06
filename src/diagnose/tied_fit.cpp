// SPDX-License-Identifier: MIT
// The fits of loop_fit for a loop of a rule and a controller that are both known.
#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <moebius/diagnose/loop_fit.hpp>

#include "loop_responses.hpp"
#include "normal_equations.hpp"

namespace moebius {

namespace {
using gauss_rule = boost::math::quadrature::gauss<double, 15>;
}

std::optional<fitted_loop> loop_fit::tied(const sums& s) const {
    const double m = s.steps, directions = static_cast<double>(q_.size()) - 1;
    const double xx = s.xx.sum() - s.x.square().sum() / m;
    const double xq = s.xq.sum() - (s.x * s.q).sum() / m;
    const double qq = (s.qq - s.q.square() / m).sum();
    if (!(qq > 1e-12 && xx > 1e-12 * qq)) return std::nullopt;
    const double a = terms_.per_load * terms_.slope, c = terms_.per_sum * terms_.slope;
    const double first = xq / xx, freedom = (m - 1) * directions - 1;
    const double v = std::max(qq - first * xq, 1e-300) / freedom;
    const response_rates rates{pull_of(s), terms_.forget, terms_.leak};
    const auto answered_by = [&](double theta) {
        const auto g = responses(theta * a, theta * c, rates, m);
        return directions * (a * g.x + c * g.y);
    };
    double theta = first;
    for (int i = 0; i < 40; ++i)  // a fixed point, half a step at a time
        theta = (theta + (xq + v * answered_by(theta)) / xx) / 2;
    const double gain = a / terms_.forget;
    // the correction moves with theta: the adjusted likelihood is flatter, or steeper
    const double moved = (answered_by(1.01 * theta) - answered_by(0.99 * theta)) / (0.02 * theta);
    const double curved = std::max(1 - v * moved / xx, least_curved);
    // the adjusted score is integrated from no loop at all, of which every forgetting is as likely
    const double intercepts = 2 * gauss_rule::integrate(answered_by, 0, theta);
    return fitted_loop{
        theta * gain,
        std::sqrt(v / xx / curved) * std::abs(gain),
        theta * c,
        v,
        m,
        freedom * std::log(v) + (theta - first) * (theta - first) * xx / v - intercepts,
        unequal(s, v, 0),
        untied(s, v)};
}

/// n = theta told + delta raised + noise: loads gain theta per_load + delta of the rule's sum, and
/// theta per_sum of the controller's.
std::optional<untied_gain> loop_fit::untied(const sums& s, double v) const {
    const double m = s.steps, directions = static_cast<double>(q_.size()) - 1;
    auto fit = equations_of(s, true);
    if (!(fit.det() > 1e-12 * fit.xx * fit.yy)) return std::nullopt;
    const double u = terms_.per_load, w = terms_.per_sum, slope = terms_.slope;
    const response_rates rates{pull_of(s), terms_.forget, terms_.leak};
    fit.solve(fit.xq, fit.yq);
    for (int i = 0; i < 40; ++i) {  // a fixed point, half a step at a time
        const double theta = fit.a, delta = fit.c;
        const auto g = responses((theta * u + delta) * slope, theta * w * slope, rates, m);
        fit.solve(fit.xq + v * directions * slope * (u * g.x + w * g.y),
                  fit.yq + v * directions * slope * g.x);
        fit.a = (fit.a + theta) / 2;
        fit.c = (fit.c + delta) / 2;
    }
    const double variance = v * (u * u * fit.yy - 2 * u * fit.xy + fit.xx) / fit.det();
    const double to_gain = slope / terms_.forget;
    return untied_gain{(fit.a * u + fit.c) * to_gain, std::sqrt(variance) * std::abs(to_gain)};
}

}  // namespace moebius
