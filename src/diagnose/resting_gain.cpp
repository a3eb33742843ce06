// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/resting_gain.hpp>

namespace moebius {

void block_mean::take(double value, std::size_t length) {
    block_ += value / static_cast<double>(length);
    if (++steps_ % length != 0) return;
    if (steps_ == length) first_ = block_;
    sum_ += block_ - first_;
    squares_ += (block_ - first_) * (block_ - first_);
    block_ = 0;
}

std::optional<measured_slope> block_mean::now(std::size_t length, double fewest) const {
    const auto count = static_cast<double>(length > 0 ? steps_ / length : 0);
    if (count < fewest) return std::nullopt;
    const double mean = sum_ / count, level = first_ + mean;
    const double scatter = std::max(squares_ / count - mean * mean, 0.0);
    constexpr double rounding = 1e-9;  // of sums over many tokens, and of what a log keeps of them
    // .95 quantile of Student's t over the normal one: 1 + 1/freedom to .7 % from 7 on
    const double error = std::sqrt(scatter / (count - 1)) * (1 + 1 / (count - 1));
    return measured_slope{level, std::max(error, rounding * std::abs(level)),
                          count * static_cast<double>(length)};
}

namespace {

constexpr std::size_t block_steps = 10;
constexpr double fewest_blocks = 16, fewest_of_look = 8;

}  // namespace

void resting_gain::take(double gain) { mean_.take(gain, block_steps); }

std::optional<measured_slope> resting_gain::now() const {
    return mean_.now(block_steps, fewest_blocks);
}

std::optional<measured_slope> leading_gain::along() const {
    const auto now = along_.now(begun_ / 16, fewest_of_look);
    return now ? now : before_;
}

void leading_gain::end_look() {
    const auto count = static_cast<double>(steps_ - begun_);
    const double xx = xx_ - x_ * x_ / count, xy = xy_ - x_ * y_ / count, yy = yy_ - y_ * y_ / count;
    const double slope = xx > 0 ? xy / xx : 0, at_equal = (y_ - slope * x_) / count;
    const double scatter = std::max(yy - slope * xy, 0.0) / (count - 2);
    const double apart = xx > 0 ? x_ * x_ / (count * count * xx) : 0;
    const double error = std::sqrt(scatter * (1 / count + apart)), gain = gain_ / count;
    constexpr double second_order = 2e-3, matters = 0.02;
    // loads that are unequal in the mean; they remember, as an AR(1) at least
    const double memory = xx > 0 ? std::clamp((lag_ - x_ * x_ / count) / xx, 0.0, 0.999) : 0;
    const double by_ar = std::sqrt(xx * (1 + memory) / (1 - memory)) / count;
    const auto off = off_.now(begun_ / 16, fewest_of_look);
    const double sure = 6 * std::max(off ? off->error : 0, by_ar);
    const double unequal = slope * x_ / count;
    ahead_ = at_equal > std::max(4 * error, second_order * gain) ||
             unequal > std::max(std::abs(slope) * sure, second_order * gain);
    none_ = !ahead_ && at_equal + 2 * error < matters * gain;
    before_ = along();
}

bool leading_gain::take(double excess, double off, double gain) {
    ++steps_;
    if (begun_ > 0) {
        x_ += off;
        y_ += excess;
        xx_ += off * off;
        lag_ += off * last_;
        last_ = off;
        xy_ += off * excess;
        yy_ += excess * excess;
        gain_ += gain;
        along_.take(excess + gain, begun_ / 16);
        off_.take(off, begun_ / 16);
    }
    if (steps_ < until_) return false;
    if (begun_ > 0) end_look();
    begun_ = until_;
    until_ *= 2;
    x_ = y_ = xx_ = xy_ = yy_ = gain_ = lag_ = 0;
    along_ = off_ = {};
    return true;
}

}  // namespace moebius
