// SPDX-License-Identifier: MIT
#include "collapse_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/diagnose/steady_course.hpp>

namespace moebius {
namespace {

/// exp(entropy), over how many experts loads are spread. It is at least 1 over the sum of squares.
double spread_of(const Eigen::VectorXd& loads) {
    double entropy = 0;
    for (const double p : loads)
        if (p > 0) entropy -= p * std::log(p);
    return std::exp(entropy);
}

std::string collapse_by_spread(const Eigen::VectorXd& loads, double top_k) {
    const auto n = static_cast<double>(loads.size());
    const auto idle = idle_of(loads);
    const double least = top_k + (n - top_k) / 4;
    constexpr double rounding = 1e-9;
    const bool wide = 1 / loads.squaredNorm() > (1 + rounding) * least;  // no logarithm is needed
    if (const double spread = wide ? n : spread_of(loads); spread < least)
        return fmt::format(
            "one expert has {:.3g} times its even share, and loads are spread over {:.3g} of {} "
            "experts, exp(entropy), which is below {:.3g}",
            loads.maxCoeff() * n, spread, n, least);
    return 2 * idle < loads.size() ? std::string() : idle_words(idle, loads.size());
}

}  // namespace

std::ptrdiff_t idle_of(const Eigen::VectorXd& loads) {
    return (loads.array() < idle_share / static_cast<double>(loads.size())).count();
}

std::string idle_words(std::ptrdiff_t idle, std::ptrdiff_t experts) {
    return fmt::format("{} of {} experts {} less than a tenth of an even share", idle, experts,
                       idle == 1 ? "has" : "have");
}

std::string collapse_of(const Eigen::VectorXd& loads, double top_k, const collapsed_state& known) {
    constexpr double near = 0.9;  // a state near its fold wanders by some hundredths
    if (auto rule = collapse_by_spread(loads, top_k); !rule.empty()) return rule;
    if (!(known.share > 0 && one_leads(loads, top_k) && loads.maxCoeff() > near * known.share))
        return {};
    return fmt::format(
        "one expert has {:.3g} of all choices, and {:.3g} in the collapsed state of "
        "feedback beta/decay = {:.4g}",
        loads.maxCoeff(), known.share, known.K);
}

bool one_leads(const Eigen::VectorXd& loads, double top_k) {
    return loads.maxCoeff() > least_lead(static_cast<std::size_t>(loads.size()), top_k);
}

bool stands_apart(const Eigen::VectorXd& loads, double top_k) {
    const auto experts = static_cast<double>(loads.size());
    const double midway = std::max(std::sqrt(experts / top_k), 2.0) / experts;
    return loads.maxCoeff() >
           std::min(midway, least_lead(static_cast<std::size_t>(loads.size()), top_k));
}

}  // namespace moebius
