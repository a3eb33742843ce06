// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/diagnose/probes.hpp>
#include <moebius/solve/secular.hpp>

namespace moebius {
namespace {

constexpr std::size_t dither_window = 800;
constexpr double mean_memory = 1.0 / 30;  // weight of a step in the mean that is taken off
constexpr double direction_memories[] = {50, 16, 5};  // steps
constexpr double fewest_probes = 30;

Eigen::Index checked_experts(std::size_t experts) {
    require("probe").at_least("experts", experts, 2);
    return static_cast<Eigen::Index>(experts);
}

Eigen::Map<const Eigen::ArrayXd> array_of(std::span<const double> values) {
    return {values.data(), static_cast<Eigen::Index>(values.size())};
}

}  // namespace

dither_slope::dither_slope(std::size_t experts)
    : mean_(Eigen::ArrayXd::Zero(checked_experts(experts))) {}

void dither_slope::take(std::span<const double> shares, std::span<const double> dither) {
    const auto n = array_of(shares);
    if (steps_ == 0) mean_ = n;
    const auto raw = array_of(dither);
    const Eigen::ArrayXd d = raw - raw.mean();  // what all scores share moves no load
    const double dd = d.square().sum(), dn = (d * (n - mean_)).sum();
    mean_ += mean_memory * (n - mean_);
    if (!(dd > 0)) return;
    for (std::size_t half : {0U, 1U}) {
        if (steps_ < half * dither_window) continue;
        auto& to = windows_[half];
        if (to.steps >= 2 * dither_window) to = {};
        ++to.steps;
        to.dn += dn;
        to.dd += dd;
        to.dn2 += dn * dn;
        to.dn_dd += dn * dd;
        to.dd2 += dd * dd;
    }
    ++steps_;
}

std::optional<measured_slope> dither_slope::slope() const {
    const auto& s = windows_[windows_[0].steps >= windows_[1].steps ? 0 : 1];
    if (s.steps < fewest_probes) return std::nullopt;
    const double g = s.dn / s.dd;
    // sum over steps of (d (n - G d))^2
    const double scatter = std::max(s.dn2 - 2 * g * s.dn_dd + g * g * s.dd2, 0.0);
    return measured_slope{g, std::sqrt(scatter * s.steps / (s.steps - 1)) / s.dd, s.steps};
}

double dither_slope::most(double beta, double top_k) const {
    const Eigen::VectorXd loads = mean_;
    if (top_k > 1) return 2 * beta * (mean_ * (1 - top_k * mean_)).maxCoeff();
    return beta * leading_eigenvalues({loads, -loads.array().square()}, 1).front();
}

moment_slope::moment_slope(std::size_t experts, double beta) : beta_(beta) {
    require("moments").positive_and_finite("beta", beta);
    for (const double memory : direction_memories)
        courses_.emplace_back(checked_experts(experts), memory);
    led_ = shares_ = Eigen::VectorXd::Zero(checked_experts(experts));
    mean_ = Eigen::MatrixXd::Zero(led_.size(), led_.size());
}

/// By how much a dither d changes the mean of p pᵀ, to first order. p_i gains p_i (d_i - p d), so
/// that sum_k d_k <p_i p_j p_k> is needed; its cumulant is left out.
Eigen::MatrixXd moment_slope::answer_to(const Eigen::VectorXd& d) const {
    const Eigen::MatrixXd moments =
        Eigen::MatrixXd(shares_.asDiagonal()) - courses_.front().mean() / beta_;
    const double even = shares_.dot(d);
    const Eigen::VectorXd off = moments * d - even * shares_;
    Eigen::MatrixXd third = even * moments;
    third += off * shares_.transpose();
    third += shares_ * off.transpose();
    return d.asDiagonal() * moments + moments * d.asDiagonal() - 2 * third;
}

void moment_slope::take(std::span<const double> moments, std::span<const double> dither) {
    const auto size = shares_.size();
    const Eigen::Map<const Eigen::MatrixXd> sum(moments.data(), size, size);  // symmetric
    const double tokens = sum.sum();  // of each token sum p_i p_j = 1
    if (!(tokens > 0)) return;
    Eigen::MatrixXd products = sum / tokens;
    // what the dither makes of the step is known from the steps before, and is no noise
    if (!dither.empty() && steps_ > 0) products -= answer_to(array_of(dither).matrix());
    const Eigen::VectorXd mean = products.rowwise().sum();
    Eigen::MatrixXd slope = -beta_ * products;
    slope.diagonal() += beta_ * mean;
    const auto experts = static_cast<double>(size);
    const Eigen::ArrayXd off = mean.array() - 1 / experts;
    const double square = products.trace(), level = beta_ * (1 - square) / (experts - 1);
    // |n - 1/E|^2 of the scores, without what the step's tokens add to it by chance
    const double scatter = tokens > 1 ? (square - mean.squaredNorm()) / (tokens - 1) : 0;
    const double at_equal = level + beta_ * (off.square().sum() - scatter) / (experts - 1);
    rest_.take(at_equal);
    even_.take(at_equal);
    const bool next_look =
        lead_.take(led_.dot(slope * led_) - level, (led_.array().square() * off).sum(), level);
    shares_ += (mean - shares_) / std::min(++steps_, direction_memories[0]);
    for (auto& course : courses_) course.take(slope);
    mean_ += (slope - mean_) / steps_;
    if (next_look) led_ = leading_direction(mean_, courses_.front().along()).direction;
}

std::optional<measured_slope> moment_slope::slope() const {
    auto lead =
        std::max_element(courses_.begin(), courses_.end(), [](const auto& a, const auto& b) {
            return a.merit() < b.merit();
        })->now();
    const auto even = even_.now();
    if (!lead || !even || lead_.ahead()) return lead;
    const double apart = std::max(lead->value - even->value, 0.0);
    lead->error = std::max(lead->error, even->error + apart / normal_90);
    return lead;
}

std::optional<measured_slope> moment_slope::at_rest() const {
    const auto even = rest_.now(), last = even_.now();
    if (!even || !last) return std::nullopt;
    constexpr double second_order = 2e-3;  // of scores that wander off equal loads
    const double apart = std::abs(last->value - even->value);
    const bool agree =
        apart <= second_order * std::abs(even->value) + 3 * std::hypot(last->error, even->error);
    if (!agree) return std::nullopt;
    if (lead_.none()) return even;
    auto lead = lead_.ahead() ? lead_.along() : std::nullopt;
    if (!lead) return std::nullopt;
    // of all steps the largest is too much, along a direction that was found before too little
    const double half = (leading_direction(mean_, led_).gain - lead->value) / 2;
    lead->value += half;
    lead->error = std::hypot(lead->error, half);
    return lead;
}

score_slope::score_slope(std::size_t experts) : experts_(experts) { checked_experts(experts); }

void score_slope::take(std::span<const double> shares, std::span<const double> scores) {
    const auto s = array_of(scores);
    const double mean = s.mean(), even = 1 / static_cast<double>(experts_);
    change_ = change_ || (steps_ > 0 && !std::equal(scores.begin(), scores.end(), last_.begin()));
    if (!change_) last_.assign(scores.begin(), scores.end());
    ++steps_;
    ss_ += (s - mean).square().sum();
    sn_ += ((s - mean) * (array_of(shares) - even)).sum();
    nn_ += (array_of(shares) - even).square().sum();
}

std::optional<measured_slope> score_slope::slope() const {
    if (steps_ < fewest_probes || !(ss_ > 0) || !change_) return std::nullopt;
    const double slope = sn_ / ss_, freedom = steps_ * static_cast<double>(experts_ - 1);
    return measured_slope{slope, std::sqrt(std::max(nn_ - slope * sn_, 0.0) / freedom / ss_),
                          steps_};
}

}  // namespace moebius
