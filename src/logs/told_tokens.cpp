// SPDX-License-Identifier: MIT
#include "told_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace moebius {
namespace {

/// Ranks and micro-batches of a step that there may be.
constexpr double most_parts = 1 << 14;

/// Of many parts each number is near a whole one by its size.
bool is_of_parts(double ratio) {
    return are_near(ratio, std::round(ratio)) && std::abs(ratio - std::round(ratio)) < 0.1;
}

std::string why_fewer(double ratio, double top_k) {
    const double parts = 1 / ratio;
    if (parts > most_parts)
        return fmt::format("{:.6g} times as many, which nothing explains", parts);
    const auto of_parts =
        fmt::format("the counts of 1 of {:.0f} ranks (or micro-batches), not of all", parts);
    if (top_k > 1 && are_near(ratio * top_k, 1))
        return fmt::format("these are the first choices alone, or {}", of_parts);
    if (is_of_parts(parts)) return "these are " + of_parts;
    return fmt::format("{:.1f} % are missing, as of tokens dropped at capacity", 100 * (1 - ratio));
}

}  // namespace

bool are_near(double a, double b) {
    constexpr double rounding = 1e-3;
    return std::abs(a - b) <= rounding * std::max(std::abs(a), std::abs(b));
}

counts_of_tokens::counts_of_tokens(const std::deque<kept_record>& records, double tokens)
    : records_(records), tokens_(tokens) {
    for (const auto& one : records)
        for (const double load : one.record().loads) {
            largest_ = std::max(largest_, load);
            odd_ += std::fmod(load, 2) != 0 ? 1U : 0U;
            loads_ += load > 0 ? 1U : 0U;
        }
}

/// How many times the tokens nearly all records sum to; 0 if they do not.
double counts_of_tokens::times() const {
    std::map<double, std::size_t> sums;
    std::size_t all = 0;
    for (const auto& one : records_) {
        const auto loads = one.record().loads;
        const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
        if (sum > 0) ++sums[sum], ++all;
    }
    for (const auto& [sum, records] : sums)
        if (10 * records >= 9 * all && std::fmod(sum, tokens_) == 0) return sum / tokens_;
    return 0;
}

std::optional<counts_of_tokens::guess> counts_of_tokens::top_k_of(std::size_t experts) const {
    constexpr std::size_t enough = 16;  // odds of 1 to 2^16 that all are even
    const double m = times();
    const bool fits = m < static_cast<double>(experts) && largest_ <= tokens_;
    const bool halves = odd_ == 0 && loads_ >= enough && std::fmod(m, 2) == 0 &&
                        m / 2 < static_cast<double>(experts) && largest_ <= 2 * tokens_;
    if (m < 2 || !(fits || halves)) return std::nullopt;
    const auto said = fmt::format("the counts of a step sum to {:g} times its tokens", m);
    if (!halves)
        return guess{m, 1,
                     fmt::format("{}{}: they were taken for top-{:g}, and --top-k would tell", said,
                                 odd_ > 0 ? ", and recomputation makes no odd ones" : "", m)};
    const auto other = fits ? fmt::format("; they may be those of top-{:g}", m) : std::string();
    return guess{m / 2, 0.5,
                 fmt::format("{}, and all are even, as of recomputation, which counts twice: they "
                             "were halved and taken for top-{:g}{}: --top-k would tell",
                             said, m / 2, other)};
}

std::string why_other_sum(double ratio, std::optional<double> top_k, bool has_odd) {
    if (ratio < 1) return why_fewer(ratio, top_k.value_or(1));
    auto out = fmt::format("{:g} times as many", ratio);
    if (are_near(ratio, 2) && has_odd) out += ", though recomputation makes no odd ones";
    if (!top_k) return out + "; top-k (--top-k) is not told and was taken for 1";
    if (ratio > most_parts || !is_of_parts(ratio)) return out + ", which nothing explains";
    return out + fmt::format(
                     ", as those of {:.0f} ranks (or micro-batches) where --tokens is of "
                     "one, or of another top-k",
                     ratio);
}

}  // namespace moebius
