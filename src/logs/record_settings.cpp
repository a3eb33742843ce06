// SPDX-License-Identifier: MIT
#include "record_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moebius {

void record_settings::setting::take(double came, std::optional<double>& to) {
    if (!is_met) is_taken = !to;
    if (is_taken && !is_met) to = came;
    if (is_taken && is_met && came != value) {
        to.reset();
        is_taken = false;
    }
    is_met = true;
    value = came;
}

void record_settings::take(std::optional<double> top_k, std::optional<double> tokens, bool whole,
                           log_head& to) {
    of_record_ = tokens;
    if (top_k) top_k_.take(*top_k, to.top_k);
    if (whole && tokens) tokens_.take(*tokens, to.tokens);
}

void record_settings::compare(double sum) {
    if (!of_record_ || !(*of_record_ > 0)) return;
    const double ratio = sum / *of_record_;
    least_ = is_compared_ ? std::min(least_, ratio) : ratio;
    most_ = is_compared_ ? std::max(most_, ratio) : ratio;
    is_compared_ = true;
}

std::string record_settings::note(const log_head& head) const {
    constexpr double rounding = 1e-2;  // of tokens that are dropped, or split among ranks
    const double k = told_rule(head).top_k;
    const bool is_one_ratio = is_compared_ && most_ - least_ <= rounding * most_;
    if (head.tokens || !is_one_ratio || std::abs(most_ - k) <= rounding * k) return {};
    return fmt::format(
        "the counts of each record sum to {:.4g} times its tokens, and top-k is {:g}", most_, k);
}

}  // namespace moebius
