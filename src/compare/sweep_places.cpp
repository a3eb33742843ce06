// SPDX-License-Identifier: MIT
#include <cmath>
#include <functional>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/compare/sweep_places.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using places = std::array<double, 3>;
using picks = std::vector<std::size_t>;

double mean_of(const std::vector<double>& values, const picks& of) {
    double sum = 0, count = 0;
    for (const auto i : of) {
        if (std::isnan(values[i])) continue;
        sum += values[i];
        ++count;
    }
    return sum / count;
}

/// The feedback from which on, to the last, what is seen there is above a level.
double passes(const std::vector<double>& feedbacks, const std::vector<double>& seen, double level) {
    const bool rising = feedbacks.front() <= feedbacks.back();
    std::size_t from = seen.size();
    while (from > 0 && seen[from - 1] > level) --from;
    if (from == 0) return rising ? -infinity : infinity;
    if (from == seen.size())
        return std::isnan(seen.back()) ? not_a_number : (rising ? infinity : -infinity);
    const double below = seen[from - 1];
    return std::lerp(feedbacks[from - 1], feedbacks[from], (level - below) / (seen[from] - below));
}

places places_at(const swept_gaps& gaps, double apart, const picks& of) {
    std::array<std::vector<double>, 3> seen;
    for (std::size_t p = 0; p < gaps.feedbacks.size(); ++p) {
        const double first = mean_of(gaps.sides[0][p], of), second = mean_of(gaps.sides[1][p], of);
        seen[0].push_back(first - second);
        seen[1].push_back(first);
        seen[2].push_back(-second);
    }
    return {passes(gaps.feedbacks, seen[0], apart), passes(gaps.feedbacks, seen[1], apart / 2),
            passes(gaps.feedbacks, seen[2], apart / 2)};
}

sweep_places over_draws(std::size_t seeds, const bootstrap_options& how,
                        const std::function<places(const picks&)>& at) {
    picks all(seeds);
    std::iota(all.begin(), all.end(), std::size_t{0});
    const auto whole = at(all);
    std::array<std::vector<double>, 3> draws;
    for (std::size_t d = 0; d < draws_of(seeds, how); ++d) {
        const auto drawn = at(drawn_seeds(seeds, d, how.seed));
        for (std::size_t i = 0; i < drawn.size(); ++i) draws[i].push_back(drawn[i]);
    }
    sweep_places out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = interval_of_draws(whole[i], std::move(draws[i]), how.level);
    return out;
}

}  // namespace

sweep_places places_of(const swept_gaps& gaps, double apart, const bootstrap_options& how) {
    return over_draws(gaps.sides[0][0].size(), how,
                      [&](const picks& of) { return places_at(gaps, apart, of); });
}

sweep_places places_between(const swept_gaps& a, const swept_gaps& b, double apart,
                            const bootstrap_options& how) {
    return over_draws(a.sides[0][0].size(), how, [&](const picks& of) {
        auto out = places_at(a, apart, of);
        const auto other = places_at(b, apart, of);
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] -= other[i];
            if (!std::isfinite(out[i])) out[i] = not_a_number;
        }
        return out;
    });
}

}  // namespace moebius
