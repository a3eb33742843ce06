// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/diagnose/loop_fit.hpp>
#include <numbers>

namespace moebius {
namespace {

constexpr std::size_t window_steps = 500;
constexpr double fewest_steps = 50;
/// The least curvature of the adjusted likelihood, over that of the regression.
constexpr double least_curved = 0.05;

/// Mean over m steps of what x has answered by the last to one unit of noise in each, which it
/// forgets at the rate r: 1/r for m r >> 1, and m/2 for r = 0. Where x grows it grows, too, up to
/// the rate that m steps can tell from none.
double answered(double r, double m) {
    const double z = std::max(r * m, -1.0);
    return std::abs(z) < 1e-4 ? m * (0.5 - z / 6) : m * (1 + std::expm1(-z) / z) / z;
}

/// The same by how much a smaller rate makes it more, -d/dr.
double answered_more(double r, double m) {
    const double z = std::max(r * m, -1.0);
    if (std::abs(z) < 1e-2) return m * m * (1.0 / 6 - z / 12);
    return m * m * (1 + std::exp(-z) + 2 * std::expm1(-z) / z) / (z * z);
}

/// Sums of what x and y answer to one unit of noise within m steps, in their mean over where in
/// them it comes. Without a controller x sums to 1/(e - a), in long windows. With one loads come
/// back to where they were, y sums to -1/c and x to 0, and steps go by x <- (1 - e) x + n, y <- y -
/// pull n with n = a x + c y.
struct response_sums {
    double x, y;
};

/// Sum of (1 - j/m) A^j over m steps j from 0 on, by doubling.
Eigen::Matrix2d seen_powers(const Eigen::Matrix2d& A, std::size_t m) {
    Eigen::Matrix2d power = Eigen::Matrix2d::Identity(), sum = Eigen::Matrix2d::Zero(),
                    steps = sum;  // A^k, sums of A^j and of j A^j over the first k
    double k = 0;
    for (std::size_t bit = std::bit_floor(m); bit > 0; bit /= 2) {
        steps += power * (steps + k * sum);
        sum += power * sum;
        power *= power;
        k *= 2;
        if ((m & bit) == 0) continue;
        steps += k * power;
        sum += power;
        power *= A;
        ++k;
    }
    return sum - steps / static_cast<double>(m);
}

response_sums responses(double a, double c, double pull, double e, double m) {
    if (!(c > 0)) return {answered(e - a, m), 0};
    Eigen::Matrix2d A;
    A << 1 - e + a, c, -pull * a, 1 - pull * c;
    const double half = A.trace() / 2, apart = half * half - A.determinant();
    const double size = apart < 0 ? std::sqrt(A.determinant()) : std::abs(half) + std::sqrt(apart);
    const double most = std::exp(1 / m);
    if (size > most) A *= most / size;  // growth that m steps cannot tell from none
    const Eigen::Vector2d sums =
        seen_powers(A, static_cast<std::size_t>(m)) * Eigen::Vector2d(1, -pull);
    return {sums[0], sums[1]};
}

/// How much of a deviation of the loads a controller's sum takes: all of it, or what the sign of it
/// and of noise of variance v makes in the mean.
double pull_of(control_law law, double directions, double v) {
    if (law == control_law::integral) return 1;
    return std::sqrt(2 / std::numbers::pi * (directions + 1) / directions / v);
}

/// The sums of a regression on x and y, less the means of each expert.
struct normal_equations {
    double xx, xy, xq, yy, yq, qq;
    bool both;  ///< whether c is fitted, or known
    double a = 0, c = 0;

    [[nodiscard]] double det() const { return both ? xx * yy - xy * xy : xx; }
    /// Fits with the right-hand sides rx and ry in place of xq and yq.
    void solve(double rx, double ry) {
        if (both) c = (ry * xx - rx * xy) / det();
        a = both ? (rx * yy - ry * xy) / det() : (rx - c * xy) / xx;
    }
    [[nodiscard]] double left() const {
        return qq - 2 * a * xq - 2 * c * yq + a * a * xx + 2 * a * c * xy + c * c * yy;
    }
};

}  // namespace

loop_fit::loop_fit(std::size_t experts, const loop_terms& terms) : terms_(terms) {
    require("loop fit")
        .at_least("experts", experts, 2)
        .positive("forget", terms.forget)
        .positive("1 - forget", 1 - terms.forget);
    if (terms_.skip == 0) terms_.skip = static_cast<std::size_t>(4 / terms.forget);
    q_ = Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(experts));
    x_ = y_ = centre_ = told_ = q_;
    if (!(terms_.slope > 0)) terms_.slope = 1 / static_cast<double>(experts);
    sums_.fill(empty());
}

loop_fit::sums loop_fit::empty() const {
    const Eigen::ArrayXd none = Eigen::ArrayXd::Zero(q_.size());
    return {0, none, none, none, none, none, none, none, none};
}

bool loop_fit::is_tied() const noexcept {
    return terms_.control != control_law::none && terms_.per_load != 0 && terms_.per_sum > 0;
}

/// Where scores were before is not known; they swing about their mean.
void loop_fit::find_loads() {
    const auto experts = static_cast<double>(q_.size());
    Eigen::ArrayXd scores = terms_.per_load * x_ + terms_.per_sum * y_;
    if (steps_ < terms_.skip) {
        const std::size_t from = terms_.skip / 2;
        if (steps_ >= from) centre_ += scores / static_cast<double>(terms_.skip - from);
        return;
    }
    scores -= centre_;
    if (terms_.slope * experts < 1 - 1e-9) {
        told_ = terms_.slope * (scores - scores.mean());
        return;
    }
    told_ = (scores - scores.maxCoeff()).exp();
    told_ = told_ / told_.sum() - 1 / experts;
}

void loop_fit::add(sums& to) const {
    const auto& x = is_tied() ? told_ : x_;
    ++to.steps;
    to.x += x;
    to.q += q_;
    to.xx += x.square();
    to.xq += x * q_;
    to.qq += q_.square().sum();
    if (is_tied()) return;
    if (terms_.control == control_law::none) {
        to.xxq += x_.square() * q_;
        to.xxx += x_.cube();
        to.xxxx += x_.square().square();
        return;
    }
    to.y += y_;
    to.xy += (x_ * y_).sum();
    to.yy += y_.square().sum();
    to.yq += (y_ * q_).sum();
}

void loop_fit::take(std::span<const double> shares) {
    const auto size = static_cast<Eigen::Index>(shares.size());
    q_ = Eigen::Map<const Eigen::ArrayXd>(shares.data(), size) - 1 / static_cast<double>(size);
    if (is_tied()) find_loads();
    if (steps_ >= terms_.skip) {
        add(sums_[0]);
        for (std::size_t half : {0U, 1U})
            if (steps_ >= terms_.skip + half * window_steps) {
                auto& window = sums_[1 + half];
                if (window.steps >= 2 * window_steps) window = empty();
                add(window);
            }
    }
    ++steps_;
    x_ = (1 - terms_.forget) * x_ + q_;
    if (terms_.control == control_law::integral) y_ = (1 - terms_.leak) * y_ - q_;
    if (terms_.control == control_law::sign || terms_.control == control_law::centred_sign) {
        y_ -= q_.unaryExpr(
            [](double q) { return std::abs(q) < 1e-12 ? 0.0 : std::copysign(1.0, q); });
        y_ -= y_.mean();  // a common score moves no load
    }
}

std::optional<fitted_loop> loop_fit::recent() const {
    return fit_of(sums_[1].steps >= sums_[2].steps ? sums_[1] : sums_[2]);
}

std::optional<fitted_loop> loop_fit::fit_of(const sums& s) const {
    if (s.steps < fewest_steps) return std::nullopt;
    return is_tied() ? tied(s) : solve(s);
}

std::optional<fitted_loop> loop_fit::solve(const sums& s) const {
    const double m = s.steps, directions = static_cast<double>(q_.size()) - 1;
    const auto centred = [m](double sum, const Eigen::ArrayXd& a, const Eigen::ArrayXd& b) {
        return sum - (a * b).sum() / m;
    };
    const bool controlled = terms_.control != control_law::none;
    normal_equations fit{centred(s.xx.sum(), s.x, s.x), centred(s.xy, s.x, s.y),
                         centred(s.xq.sum(), s.x, s.q), centred(s.yy, s.y, s.y),
                         centred(s.yq, s.y, s.q),       centred(s.qq, s.q, s.q),
                         controlled && !terms_.answer};
    if (controlled)
        fit.c = terms_.answer.value_or(0);
    else
        take_off_bend(s, fit.xx, fit.xq, fit.qq);
    if (!(fit.qq > 1e-12 && fit.det() > 1e-12 * (fit.both ? fit.xx * fit.yy : fit.qq)))
        return std::nullopt;
    fit.solve(fit.xq, fit.yq);
    const double first = fit.a, freedom = (m - 1) * directions - (fit.both || !controlled ? 2 : 1);
    const double v = std::max(fit.left(), 1e-300) / freedom;
    const double pull = pull_of(terms_.control, directions, v);
    for (int i = 0; i < 40; ++i) {  // a fixed point, half a step at a time
        const double a = fit.a, c = fit.c;
        const auto g = responses(a, c, pull, terms_.forget, m);
        fit.solve(fit.xq + v * directions * g.x, fit.yq + v * directions * g.y);
        fit.a = (fit.a + a) / 2;
        fit.c = (fit.c + c) / 2;
    }
    double error = std::sqrt(v * (fit.both ? fit.yy / fit.det() : 1 / fit.xx));
    if (!controlled)  // the correction moves with a: the adjusted likelihood is flatter
        error /= std::sqrt(std::max(
            1 - v * directions * answered_more(terms_.forget - fit.a, m) / fit.xx, least_curved));
    return fitted_loop{fit.a / terms_.forget,
                       error / terms_.forget,
                       fit.c,
                       v,
                       m,
                       freedom * std::log(v) + (fit.a - first) * (fit.a - first) * fit.xx / v +
                           intercept_misfit(fit.a, m)};
}

std::optional<fitted_loop> loop_fit::tied(const sums& s) const {
    const double m = s.steps, directions = static_cast<double>(q_.size()) - 1;
    const double xx = s.xx.sum() - s.x.square().sum() / m;
    const double xq = s.xq.sum() - (s.x * s.q).sum() / m;
    const double qq = s.qq - s.q.square().sum() / m;
    if (!(qq > 1e-12 && xx > 1e-12 * qq)) return std::nullopt;
    const double a = terms_.per_load * terms_.slope, c = terms_.per_sum * terms_.slope;
    const double first = xq / xx, freedom = (m - 1) * directions - 1;
    const double v = std::max(qq - first * xq, 1e-300) / freedom;
    const double pull = pull_of(terms_.control, directions, v);
    double theta = first;
    for (int i = 0; i < 40; ++i) {  // a fixed point, half a step at a time
        const auto g = responses(theta * a, theta * c, pull, terms_.forget, m);
        theta = (theta + (xq + v * directions * (a * g.x + c * g.y)) / xx) / 2;
    }
    const double gain = a / terms_.forget;
    return fitted_loop{theta * gain,
                       std::sqrt(v / xx) * std::abs(gain),
                       theta * c,
                       v,
                       m,
                       freedom * std::log(v) + (theta - first) * (theta - first) * xx / v};
}

/// Takes the part along d^2 out of the sums, d = x less its expert's mean, as if d^2 were another
/// regressor (Frisch and Waugh).
void loop_fit::take_off_bend(const sums& s, double& xx, double& xq, double& qq) {
    const double m = s.steps;
    const Eigen::ArrayXd mean = s.x / m, square = s.xx - m * mean.square();
    const double cubes = (s.xxx - 3 * mean * s.xx + 2 * m * mean.cube()).sum();
    const double loads = (s.xxq - 2 * mean * s.xq + mean.square() * s.q - square * s.q / m).sum();
    const double bends = (s.xxxx - 4 * mean * s.xxx + 6 * mean.square() * s.xx -
                          3 * m * mean.square().square() - square.square() / m)
                             .sum();
    if (!(bends > 1e-9 * square.square().sum() / m)) return;
    xx -= cubes * cubes / bends;
    xq -= cubes * loads / bends;
    qq -= loads * loads / bends;
}

/// The intercepts take the zero frequency out of the likelihood, where noise is amplified by 1/(1 -
/// a/e), in long windows: its Jacobian, which is 1 over all frequencies, is that much off.
double loop_fit::intercept_misfit(double a, double m) const {
    if (terms_.control != control_law::none) return 0;
    const double amplified = 1 + a * answered(terms_.forget - a, m);
    return -2 * static_cast<double>(q_.size() - 1) *
           std::log(std::max(amplified, 1 / (m * terms_.forget)));
}

free_loop_fit::free_loop_fit(std::size_t experts, loop_terms terms, double around) {
    const double low = around > 0 ? around / 16 : 1e-3, high = around > 0 ? around * 16 : 0.5;
    const double factor = around > 0 ? 2 : std::sqrt(std::sqrt(2.0));
    terms.skip = static_cast<std::size_t>(4 / (around > 0 ? around : 0.02));  // the same for all
    for (double e = low; e <= high * 1.001; e *= factor) {
        if (e > 0.9) break;
        terms.forget = e;
        forgets_.push_back(e);
        fits_.emplace_back(experts, terms);
    }
}

void free_loop_fit::take(std::span<const double> shares) {
    for (auto& fit : fits_) fit.take(shares);
}

std::optional<free_loop_fit::result> free_loop_fit::best(bool recent) const {
    std::vector<std::pair<double, fitted_loop>> ready;
    for (std::size_t i = 0; i < fits_.size(); ++i)
        if (const auto fit = recent ? fits_[i].recent() : fits_[i].whole())
            if (fit->steps * forgets_[i] >= 10) ready.emplace_back(forgets_[i], *fit);
    if (ready.empty()) return std::nullopt;
    const auto top = std::min_element(ready.begin(), ready.end(), [](auto& a, auto& b) {
        return a.second.misfit < b.second.misfit;
    });
    result out{top->second, top->first};
    if (top == ready.begin() || top + 1 == ready.end()) return out;
    // -2 ln likelihood and gain as parabolas of ln(forget) through the best and its neighbours
    const auto &before = top[-1].second, &after = top[1].second;
    const double h = std::log(top[1].first / top->first);
    const double slope = (after.misfit - before.misfit) / (2 * h);
    const double bend = (after.misfit - 2 * out.loop.misfit + before.misfit) / (h * h);
    const double rise = (after.gain - before.gain) / (2 * h);
    const double curve = (after.gain - 2 * out.loop.gain + before.gain) / (h * h);
    if (!(bend > 0)) return out;
    const double shift = std::clamp(-slope / bend, -h, h), there = rise + curve * shift;
    out.forget *= std::exp(shift);
    out.loop.gain += rise * shift + curve * shift * shift / 2;
    out.loop.error = std::sqrt(out.loop.error * out.loop.error + there * there * 2 / bend);
    out.loop.misfit += slope * shift + bend * shift * shift / 2;
    return out;
}

}  // namespace moebius
