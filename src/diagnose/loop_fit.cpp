// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/diagnose/loop_fit.hpp>
#include <numbers>

#include "loop_responses.hpp"
#include "normal_equations.hpp"

namespace moebius {
namespace {

constexpr std::size_t window_steps = 500;
/// Deviation of mean loads over the even one, root mean square over experts, in which scores are
/// known up to what they make of it.
constexpr double nearly_equal = 0.35;

/// What intercepts take from slopes, of noise v, the sum over directions: a fixed point, half a
/// step at a time.
void take_off_intercepts(double v, const response_rates& rates, double m, normal_equations& fit) {
    for (int i = 0; i < 40; ++i) {
        const double a = fit.a, c = fit.c;
        const auto g = responses(a, c, rates, m);
        fit.solve(fit.xq + v * g.x, fit.yq + v * g.y);
        fit.a = (fit.a + a) / 2;
        fit.c = (fit.c + c) / 2;
    }
}

}  // namespace

loop_fit::loop_fit(std::size_t experts, const loop_terms& terms) : terms_(terms) {
    require("loop fit")
        .at_least("experts", experts, 2)
        .positive("forget", terms.forget)
        .positive("1 - forget", 1 - terms.forget);
    if (terms_.skip == 0) terms_.skip = static_cast<std::size_t>(4 / terms.forget);
    q_ = Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(experts));
    x_ = y_ = centre_ = told_ = raised_ = signs_ = q_;
    if (!(terms_.slope > 0)) terms_.slope = 1 / static_cast<double>(experts);
    sums_.fill(empty());
    early_ = empty();
    begin_ = terms_.skip;
}

loop_fit::sums loop_fit::empty() const {
    const Eigen::ArrayXd none = Eigen::ArrayXd::Zero(q_.size());
    return {0, none, none, none, none, none, none, none, none, none, none};
}

bool loop_fit::is_tied() const noexcept {
    return terms_.control != control_law::none && terms_.per_load != 0 && terms_.per_sum > 0;
}

bool loop_fit::follows_signs() const noexcept {
    return terms_.control == control_law::sign || terms_.control == control_law::centred_sign;
}

/// Part of the sum of squares of the mean loads that is no noise of theirs (James and Stein).
double loop_fit::apart(const sums& s) {
    const Eigen::ArrayXd mean = s.q / s.steps;
    const double noise = (s.qq - s.q.square() / s.steps).sum() / s.steps / s.steps;
    return std::max(1 - noise / std::max(mean.square().sum(), 1e-300), 0.0);
}

/// Where scores were before the log is not known. Of a run that begins far from equal loads twice
/// as many steps are left out. Then the mean of steps in which loads are nearly equal stands for
/// the scores that are not known, with these loads; until there are such steps none is used.
void loop_fit::find_centre() {
    const auto experts = static_cast<double>(q_.size());
    const double signal = apart(early_);
    const Eigen::ArrayXd off = signal * experts / early_.steps * early_.q;
    const bool far = off.square().mean() > signal * nearly_equal * nearly_equal;
    if (far) begin_ = std::max(2 * terms_.skip, begin_ + terms_.skip / 2);
    if (!far && steps_ + 1 == begin_) centre_ -= (1 + off).log();
    if (steps_ + 1 < begin_) centre_ = 0;
    early_ = empty();
}

/// Loads that the scores make.
void loop_fit::find_loads() {
    const auto experts = static_cast<double>(q_.size());
    Eigen::ArrayXd scores = terms_.per_load * x_ + terms_.per_sum * y_;
    if (steps_ < begin_) {
        const std::size_t window = terms_.skip / 2;
        if (steps_ >= window / 2 && steps_ + window < begin_) return;
        centre_ += scores / static_cast<double>(window);
        ++early_.steps;
        early_.q += q_;
        early_.qq += q_.square();
        if (steps_ + 1 == window / 2 || steps_ + 1 == begin_) find_centre();
        return;
    }
    scores -= centre_;
    if (terms_.slope * experts < 1 - 1e-9) {
        told_ = terms_.slope * (scores - scores.mean());
        raised_ = terms_.slope * (x_ - x_.mean());
        return;
    }
    told_ = (scores - scores.maxCoeff()).exp();
    told_ /= told_.sum();
    raised_ = told_ * (x_ - (told_ * x_).sum());
    told_ -= 1 / experts;
}

void loop_fit::add(sums& to) const {
    const auto& x = is_tied() ? told_ : x_;
    const auto& y = is_tied() ? raised_ : y_;
    ++to.steps;
    to.x += x;
    to.q += q_;
    to.xx += x.square();
    to.xq += x * q_;
    to.qq += q_.square();
    if (follows_signs()) to.signs += (signs_ * q_).sum();
    if (terms_.control == control_law::none) {
        to.xxq += x_.square() * q_;
        to.xxx += x_.cube();
        to.xxxx += x_.square().square();
        to.qqq += q_.cube();
        return;
    }
    to.y += y;
    to.xy += (x * y).sum();
    to.yy += y.square().sum();
    to.yq += (y * q_).sum();
}

void loop_fit::take(std::span<const double> shares) {
    const auto size = static_cast<Eigen::Index>(shares.size());
    q_ = Eigen::Map<const Eigen::ArrayXd>(shares.data(), size) - 1 / static_cast<double>(size);
    if (is_tied()) find_loads();
    if (follows_signs()) {
        signs_ = q_.unaryExpr(
            [](double q) { return std::abs(q) < 1e-12 ? 0.0 : std::copysign(1.0, q); });
        signs_ -= signs_.mean();  // a common score moves no load
    }
    if (steps_ >= begin_) {
        if (parts_.empty() || parts_.back().steps >= part_steps_) {
            part_steps_ = static_cast<double>(std::max(steps_ - begin_, terms_.skip));
            parts_.push_back(empty());
        }
        add(parts_.back());
        for (std::size_t half : {0U, 1U})
            if (steps_ >= begin_ + half * window_steps) {
                auto& window = sums_[half];
                if (window.steps >= 2 * window_steps) window = empty();
                add(window);
            }
    }
    ++steps_;
    x_ = (1 - terms_.forget) * x_ + q_;
    if (terms_.control == control_law::integral) y_ = (1 - terms_.leak) * y_ - q_;
    if (follows_signs()) y_ -= signs_;
}

std::optional<fitted_loop> loop_fit::recent() const {
    return fit_of(sums_[0].steps >= sums_[1].steps ? sums_[0] : sums_[1]);
}

double loop_fit::unequal(const sums& s, double v, double a) const {
    const auto experts = static_cast<double>(q_.size());
    const double amplified = std::max(1 + a * answered(terms_.forget - a, s.steps), 1.0);
    const double square = (s.q / s.steps).square().sum();
    const double noise = v * (experts - 1) * amplified * amplified / s.steps;
    return square > 6 * noise ? std::sqrt(experts * square) : 0;  // chance 1 in 70 of one direction
}

std::optional<fitted_loop> loop_fit::fit_of(const sums& s) const {
    if (s.steps < fewest_steps) return std::nullopt;
    return is_tied() ? tied(s) : solve(s);
}

normal_equations loop_fit::equations_of(const sums& s, bool both) {
    const auto centred = [&s](double sum, const Eigen::ArrayXd& a, const Eigen::ArrayXd& b) {
        return sum - (a * b).sum() / s.steps;
    };
    return {centred(s.xx.sum(), s.x, s.x),
            centred(s.xy, s.x, s.y),
            centred(s.xq.sum(), s.x, s.q),
            centred(s.yy, s.y, s.y),
            centred(s.yq, s.y, s.q),
            centred(s.qq.sum(), s.q, s.q),
            both};
}

std::optional<fitted_loop> loop_fit::solve(const sums& s) const {
    const double m = s.steps, directions = static_cast<double>(q_.size()) - 1;
    const bool controlled = terms_.control != control_law::none;
    const bend_sums bend = controlled ? bend_sums{} : bend_of(s);
    auto fit = equations_of(s, controlled && !terms_.answer);
    if (controlled) fit.c = terms_.answer.value_or(0);
    fit.xx -= bend.part() * bend.cubes;
    fit.xq -= bend.part() * bend.loads;
    fit.qq -= bend.off();
    if (!(fit.qq > 1e-12 && fit.det() > 1e-12 * (fit.both ? fit.xx * fit.yy : fit.qq)))
        return std::nullopt;
    fit.solve(fit.xq, fit.yq);
    const double first = fit.a, freedom = (m - 1) * directions - (fit.both || !controlled ? 2 : 1);
    const double v = std::max(fit.left(), 1e-300) / freedom;
    const response_rates rates{pull_of(s), terms_.forget, terms_.leak};
    take_off_intercepts(v * directions, rates, m, fit);
    double error = std::sqrt(v * (fit.both ? fit.yy / fit.det() : 1 / fit.xx));
    if (!controlled)  // the correction moves with a: the adjusted likelihood is flatter
        error /= std::sqrt(std::max(
            1 - v * directions * answered_more(terms_.forget - fit.a, m) / fit.xx, least_curved));
    const double misfit = freedom * std::log(v) + (fit.a - first) * (fit.a - first) * fit.xx / v +
                          intercept_misfit(fit.a, m);
    if (!controlled)
        take_off_bias(bend.bias(1 - terms_.forget + fit.a, v, directions) / fit.xx, m, fit.a,
                      error);
    fitted_loop out{fit.a / terms_.forget, error / terms_.forget, fit.c, v, m, misfit};
    out.unequal = unequal(s, v, controlled ? 0 : fit.a);
    return out;
}

/// What slopes bias by themselves, per unit of x's answer, which moves with a and widens its error.
void loop_fit::take_off_bias(double bias, double m, double& a, double& error) const {
    error *= 1 + std::max(bias, 0.0) * answered_more(terms_.forget - a, m);
    a += bias * answered(terms_.forget - a, m);
}

/// How much of a deviation of the loads a controller's sum takes: all of it, or what is regressed
/// of its sign on it.
double loop_fit::pull_of(const sums& s) const {
    return terms_.control == control_law::integral ? 1 : s.signs / s.qq.sum();
}

/// A slope on x itself biases a as the intercept of one direction does, and one on d^2 as that of
/// (E - 2)/(E - 1) does: the squares of two experts are alike. Noise that is
/// skewed, and more where loads are more, biases that on d^2: of x <- kept x + n the noise's third
/// cumulant and thrice how its variance goes along x are 1 - kept^3 of the third cumulant of x.
double loop_fit::bend_sums::bias(double kept, double v, double directions) const {
    if (!(bends > 0)) return v;
    const double askew = cubes * std::max(1 - kept * kept * kept, 0.0) - skew / 2;
    return v + v * (directions - 1) / directions - part() * askew / steps;
}

/// Sums of d^2, d = x less its expert's mean, as if it were another regressor (Frisch and Waugh).
loop_fit::bend_sums loop_fit::bend_of(const sums& s) {
    const double m = s.steps;
    const Eigen::ArrayXd mean = s.x / m, square = s.xx - m * mean.square(), load = s.q / m;
    bend_sums out;
    out.bends = (s.xxxx - 4 * mean * s.xxx + 6 * mean.square() * s.xx -
                 3 * m * mean.square().square() - square.square() / m)
                    .sum();
    if (!(out.bends > 1e-9 * square.square().sum() / m)) return {};
    out.cubes = (s.xxx - 3 * mean * s.xx + 2 * m * mean.cube()).sum();
    out.loads = (s.xxq - 2 * mean * s.xq + mean.square() * s.q - square * load).sum();
    out.skew = (s.qqq - 3 * load * s.qq + 2 * m * load.cube()).sum();
    out.steps = m;
    return out;
}

/// The intercepts take the zero frequency out of the likelihood, where noise is amplified by 1/(1 -
/// a/e), in long windows: its Jacobian, which is 1 over all frequencies, is that much off.
double loop_fit::intercept_misfit(double a, double m) const {
    if (terms_.control != control_law::none) return 0;
    const double amplified = 1 + a * answered(terms_.forget - a, m);
    return -2 * static_cast<double>(q_.size() - 1) *
           std::log(std::max(amplified, 1 / (m * terms_.forget)));
}

}  // namespace moebius
