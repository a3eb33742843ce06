// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/compare/held_response.hpp>

namespace moebius {
namespace {

constexpr std::size_t places_of_segment = 64;
constexpr int halvings = 60;  // of a bracket, to rounding

/// ln(l/(1 - l)) + ln(E - 1) of the first expert's load l.
double softmax_lead_of(double gap, std::size_t experts) {
    const auto n = static_cast<double>(experts);
    return std::log1p((n - 1) * gap) - std::log1p(-gap);
}

}  // namespace

held_response::held_response(std::vector<double> gaps, std::vector<double> leads,
                             std::size_t experts, double beta)
    : leads_(std::move(leads)), experts_(experts), beta_(beta) {
    const double least = -1 / (static_cast<double>(experts) - 1);
    for (const double gap : gaps) {
        if (!(gap > least && gap < 1))
            throw invalid_argument("held_response", fmt::format("a gap of {} came", gap),
                                   fmt::format("it must be above {:g} and below 1", least));
        u_.push_back(softmax_lead_of(gap, experts));
    }
    if (u_.size() < 2 || u_.size() != leads_.size() || !std::is_sorted(u_.begin(), u_.end()) ||
        std::adjacent_find(u_.begin(), u_.end()) != u_.end())
        throw invalid_argument("held_response",
                               fmt::format("{} gaps and {} leads came", u_.size(), leads_.size()),
                               "two or more rising gaps need a lead each");
    for (const double lead : leads_)
        if (!std::isfinite(lead))
            throw invalid_argument("held_response", "a lead is not finite", "it must be");
}

double held_response::lead_at(double u) const {
    if (u <= u_.front()) return leads_.front() + (u - u_.front()) / beta_;
    if (u >= u_.back()) return leads_.back() + (u - u_.back()) / beta_;
    const auto i = static_cast<std::size_t>(std::upper_bound(u_.begin(), u_.end(), u) - u_.begin());
    return std::lerp(leads_[i - 1], leads_[i], (u - u_[i - 1]) / (u_[i] - u_[i - 1]));
}

double held_response::gap_at(double u) const {
    return std::expm1(u) / (std::exp(u) + static_cast<double>(experts_) - 1);
}

double held_response::lead(double gap) const { return lead_at(softmax_lead_of(gap, experts_)); }

double held_response::softmax_gap(double x) const { return gap_at(beta_ * x); }

std::vector<held_state> held_response::states(double feedback, double decay, double bias) const {
    const auto pull = [&](double u) { return decay * lead_at(u) - feedback * gap_at(u) - bias; };
    // Beyond the ends the pull has the sign of u once the line, at most |feedback| + |bias|, is
    // left
    const double reach = beta_ * (std::abs(feedback) + std::abs(bias)) / decay;
    const double low = u_.front() - beta_ * std::abs(leads_.front()) - reach - 1;
    const double high = u_.back() + beta_ * std::abs(leads_.back()) + reach + 1;
    std::vector<double> ends{low};
    ends.insert(ends.end(), u_.begin(), u_.end());
    ends.push_back(high);
    std::vector<held_state> found;
    double at = low, before = pull(low);
    for (std::size_t i = 0; i + 1 < ends.size(); ++i)
        for (std::size_t k = 1; k <= places_of_segment; ++k) {
            const double next =
                std::lerp(ends[i], ends[i + 1], static_cast<double>(k) / double{places_of_segment});
            const double after = pull(next);
            if ((before < 0) != (after < 0)) {
                double a = at, b = next;
                for (int h = 0; h < halvings; ++h) {
                    const double middle = (a + b) / 2;
                    ((pull(middle) < 0) == (before < 0) ? a : b) = middle;
                }
                found.push_back({gap_at((a + b) / 2), before < 0});
            }
            at = next;
            before = after;
        }
    return found;
}

double held_response::settle(double from, double feedback, double decay, double bias) const {
    const auto all = states(feedback, decay, bias);
    const bool grows = feedback * from + bias > decay * lead(from);
    // Rests are stable and unstable in turn, and the outermost are stable: one lies that way
    double to = from;
    if (grows) {
        for (const auto& state : all)
            if (state.gap >= from && state.stable) return state.gap;
    } else {
        for (const auto& state : all)
            if (state.gap <= from && state.stable) to = state.gap;
    }
    return to;
}

}  // namespace moebius
