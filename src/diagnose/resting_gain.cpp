// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/resting_gain.hpp>

namespace moebius {

namespace {

constexpr std::size_t block_steps = 10;

}  // namespace

void resting_gain::take(double gain) {
    block_ += gain / static_cast<double>(block_steps);
    if (++steps_ % block_steps != 0) return;
    if (steps_ == block_steps) first_ = block_;
    sum_ += block_ - first_;
    squares_ += (block_ - first_) * (block_ - first_);
    block_ = 0;
}

std::optional<measured_slope> resting_gain::now() const {
    constexpr std::size_t fewest = 16;
    if (steps_ < fewest * block_steps) return std::nullopt;
    const auto count = static_cast<double>(steps_ / block_steps);
    const double mean = sum_ / count, level = first_ + mean;
    const double scatter = std::max(squares_ / count - mean * mean, 0.0);
    constexpr double rounding = 1e-9;  // of sums over many tokens, and of what a log keeps of them
    // .95 quantile of Student's t over the normal one: 1 + 1/freedom to .2 % from 14 on
    const double error = std::sqrt(scatter / (count - 1)) * (1 + 1 / (count - 1));
    return measured_slope{level, std::max(error, rounding * std::abs(level)),
                          count * static_cast<double>(block_steps)};
}

bool leading_gain::take(double excess, double off, double gain) {
    if (begun_ > 0) {
        x_ += off;
        y_ += excess;
        xx_ += off * off;
        xy_ += off * excess;
        yy_ += excess * excess;
        gain_ += gain;
    }
    if (++steps_ < until_) return false;
    if (begun_ > 0) {
        const auto count = static_cast<double>(steps_ - begun_);
        const double xx = xx_ - x_ * x_ / count, xy = xy_ - x_ * y_ / count,
                     yy = yy_ - y_ * y_ / count;
        const double slope = xx > 0 ? xy / xx : 0, at_equal = (y_ - slope * x_) / count;
        const double scatter = std::max(yy - slope * xy, 0.0) / (count - 2);
        const double apart = xx > 0 ? x_ * x_ / (count * count * xx) : 0;
        constexpr double second_order = 2e-3;
        none_ = at_equal <= std::max(4 * std::sqrt(scatter * (1 / count + apart)),
                                     second_order * gain_ / count);
    }
    begun_ = until_;
    until_ *= 2;
    x_ = y_ = xx_ = xy_ = yy_ = gain_ = 0;
    return true;
}

}  // namespace moebius
