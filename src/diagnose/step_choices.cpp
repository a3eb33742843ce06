// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/diagnose/step_choices.hpp>
#include <moebius/logs/load_log.hpp>
#include <numeric>

namespace moebius {
namespace {

/// Shares that a guess is made of: at a chance of .9 each that a wrong number fits, 1e-18.
constexpr std::size_t enough_shares = 400;
constexpr double most_choices = 0x1p20;  ///< that are looked for
constexpr int most_failures = 2;
/// Of numbers of 53 bits, of a quotient of two of which one is a sum.
constexpr double double_rounding = 16 * std::numeric_limits<double>::epsilon();

/// What shares are a part of: 1, 100 in percents, or their sum, where it is neither.
double whole_of(double sum) {
    for (const double whole : {1.0, 100.0})
        if (std::abs(sum / whole - 1) < 0.01) return whole;
    return sum;
}

/// Decimals in which all numbers are written, at most 8; 9: more.
int decimals_of(std::span<const double> values) {
    int decimals = 0;
    double scale = 1;
    for (const double value : values)
        while (decimals <= 8 && std::abs(value * scale - std::round(value * scale)) > 1e-6) {
            ++decimals;
            scale *= 10;
        }
    return decimals;
}

}  // namespace

bool step_choices::rounding::fits(double share, double choices) const {
    constexpr double whole_from = 0x1p52;  // numbers from there on have no fractions
    const double exact = share * choices, off = exact - ((exact + whole_from) - whole_from);
    return std::abs(off) <= relative * exact + absolute * choices;
}

void step_choices::take(std::span<const double> loads, double sum) {
    constexpr double countable = 1e15;
    if (counts_ && (sum > countable || !are_counts(loads))) counts_ = false;
    if (counts_)
        take_counts(loads, sum);
    else
        take_shares(loads, sum);
}

double step_choices::now() const {
    if (!counts_) return whole_;
    return padded() || !(unit_ > 0) ? 0 : sum_ / unit_;
}

void step_choices::take_counts(std::span<const double> loads, double sum) {
    sums_differ_ = sums_differ_ || (sum_ > 0 && sum != sum_);
    sum_ = sum;
    for (std::size_t e = 0; unit_ != 1 && e < loads.size(); ++e)
        unit_ = static_cast<double>(
            std::gcd(static_cast<std::int64_t>(unit_), static_cast<std::int64_t>(loads[e])));
}

void step_choices::take_shares(std::span<const double> loads, double sum) {
    if (failed_ >= most_failures) return;
    const double whole = whole_of(sum);
    const auto fits = [&](double load) { return written_.fits(load / whole, whole_); };
    if (whole_ > 0 && std::all_of(loads.begin(), loads.end(), fits)) return;
    whole_ = 0;
    exact_ = (kept_.empty() || exact_) && std::abs(sum / whole - 1) < 1e-12;
    for (const double load : loads) kept_.push_back(load / whole);
    if (kept_.size() < enough_shares) return;
    written_ = of_kept();
    constexpr double most_averaged = 64;
    const bool are_counts = whole == sum && sum > 1.01 * static_cast<double>(loads.size());
    whole_ = least_whole(are_counts ? std::min(most_choices, most_averaged * sum) : most_choices);
    if (whole_ == 0) ++failed_;
    kept_.clear();
}

/// Shares that are rounded to some decimals do not add up to 1 in every step.
step_choices::rounding step_choices::of_kept() const {
    const int decimals = exact_ ? 9 : decimals_of(kept_);
    if (decimals <= 8) return {double_rounding, 0.5 * std::pow(10, -decimals)};
    const bool single = std::all_of(kept_.begin(), kept_.end(), [](double share) {
        return static_cast<double>(static_cast<float>(share)) == share;
    });
    return {single ? double{std::numeric_limits<float>::epsilon()} : double_rounding, 0};
}

double step_choices::least_whole(double most) const {
    const double largest = *std::max_element(kept_.begin(), kept_.end());
    // of a choice: at .4 all of d decimals are within rounding of 8/10 10^d choices, too
    constexpr double telling = 0.39;
    for (double choices = 1; choices <= most; ++choices) {
        if (written_.relative * largest * choices + written_.absolute * choices > telling) break;
        const auto fits = [&](double share) { return written_.fits(share, choices); };
        if (std::all_of(kept_.begin(), kept_.end(), fits)) return choices;
    }
    return 0;
}

}  // namespace moebius
