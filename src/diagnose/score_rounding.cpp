// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <moebius/diagnose/score_rounding.hpp>
#include <string>

namespace moebius {
namespace {

constexpr int bits_of_double = 53;
constexpr int most_printed = 12;  // digits, less than those of numbers that were not printed

/// Bits from the first to the last that is set.
int bits_of(double x) {
    int exponent = 0;
    const double whole = std::ldexp(std::frexp(std::abs(x), &exponent), bits_of_double);
    return bits_of_double - std::countr_zero(static_cast<std::uint64_t>(whole));
}

struct decimal {
    int digits, exponent;  ///< of the first digit
};

decimal decimal_of(double x) {
    const std::string text = fmt::format("{}", std::abs(x));  // the fewest digits that are x
    const auto end = std::min(text.find('e'), text.size());
    const auto from = text.find_first_of("123456789");
    const auto to = text.find_last_of("123456789", end - 1);
    const auto point = text.find('.', from);
    const auto digits = to + 1 - from - (point < to ? 1 : 0);
    return {static_cast<int>(digits), static_cast<int>(std::floor(std::log10(std::abs(x))))};
}

}  // namespace

void score_rounding::take(std::span<const double> scores) {
    for (const double score : scores) {
        if (score == 0 || !std::isfinite(score)) continue;
        if (bits_ < bits_of_double) bits_ = std::max(bits_, bits_of(score));
        if (digits_ > most_printed) continue;
        const auto [digits, exponent] = decimal_of(score);
        digits_ = std::max(digits_, digits);
        place_ = std::min(place_, exponent - digits + 1);
    }
}

double score_rounding::at(double score) const {
    if (!(score > 0)) return 0;
    if (digits_ > most_printed) return std::ldexp(1.0, std::ilogb(score) - bits_ + 1);
    const int first = static_cast<int>(std::floor(std::log10(score)));
    return std::pow(10.0, std::max(first - digits_ + 1, place_));
}

}  // namespace moebius
