// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/diagnose/margin.hpp>

namespace moebius {

/// A K that is told, where counts that do not rest on the told feedback measure another one. That
/// of a softmax gate is the told one where it does not tell tokens apart, and less where it does.
void layer_margin::note_refuted(layer_diagnosis& out) const {
    const double K = told_rule(head_).K();
    if (!out.feedback || !loop_ || !(K != 0) || feedback_moves_ || top_k_ != 1 ||
        !is_softmax(head_))
        return;
    constexpr double sure = 4, bias = 0.1;  // standard errors, and what a fit may be off by
    const auto& got = *out.feedback;
    const double apart = sure * (got.high - got.low) / (2 * normal_90) + bias * std::abs(K);
    const bool beyond =
        got.value > std::max(K, 0.0) + apart || got.value < std::min(K, 0.0) - apart;
    if (!beyond && std::abs(got.value - K) <= apart) return;
    out.notes.push_back(fmt::format(
        "feedback beta/decay is {:.4g} by what is told, and {:.4g} ({:.4g} to {:.4g}) as "
        "measured{}",
        K, got.value, got.low, got.high,
        beyond ? ", and no gate gains more than what is told: a setting is another"
               : ": gates that tell tokens apart gain so much less, and if these do not a setting "
                 "is another than told"));
}

}  // namespace moebius
