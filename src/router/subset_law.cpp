// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/router/subset_law.hpp>

#include "rows.hpp"
#include "tilt.hpp"

namespace moebius {
namespace {

void check_logits(std::span<const double> logits, std::size_t k_min, std::size_t k_max) {
    check_subsets("subset_law", k_min, k_max, logits.size());
    for (const double logit : logits)
        if (!(logit < infinite))
            throw invalid_argument("subset_law", fmt::format("a logit is {}", logit),
                                   "it must be finite, or -inf for an expert never chosen");
}

void check_size(std::size_t came, std::size_t experts) {
    if (came != experts)
        throw invalid_argument("subset_law", fmt::format("{} values came", came),
                               fmt::format("the {} experts need one each", experts));
}

/// log(1 + exp(x)).
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

struct subset_law::tables {
    tables(std::span<const double> r, std::size_t k_min, std::size_t k_max)
        : logits(r.begin(), r.end()),
          by(r, k_min, k_max),
          draws(tilted_draws(as_series(r), by)),
          total(draws.mean().c[0]) {}

    std::vector<double> logits;
    tilt by;
    weighted_draws<series<0>> draws;
    double total;
};

subset_law::subset_law(std::span<const double> logits, std::size_t k_min, std::size_t k_max) {
    check_logits(logits, k_min, k_max);
    tables_ = std::make_unique<const tables>(logits, k_min, k_max);
}
subset_law::~subset_law() = default;
subset_law::subset_law(subset_law&&) noexcept = default;
subset_law& subset_law::operator=(subset_law&&) noexcept = default;

std::size_t subset_law::experts() const noexcept { return tables_->logits.size(); }

/// P(n of the draws) = e_n(exp r) exp(shift n)/prod(1 + exp(r + shift)), with e_n the elementary
/// symmetric polynomials, whose sum over the band is wanted.
double subset_law::log_normaliser() const {
    const double shift = tables_->by.shift;
    double log_sum = std::log(tables_->total) - shift * static_cast<double>(tables_->by.reference);
    for (const double r : tables_->logits)
        if (r > -infinite) log_sum += softplus(r + shift);
    return log_sum;
}

double subset_law::size_share(std::size_t k) const noexcept {
    if (k >= tables_->by.weight.size()) return 0;
    return tables_->by.weight[k] * tables_->draws.reached(experts(), k).c[0] / tables_->total;
}

std::vector<double> subset_law::marginals() const {
    const auto with = tables_->draws.mean_with();
    std::vector<double> m(with.size());
    for (std::size_t i = 0; i < m.size(); ++i) m[i] = with[i].c[0] / tables_->total;
    return m;
}

void subset_law::sample(double size, std::span<const double> uniforms,
                        std::span<std::uint8_t> chosen) const {
    check_size(uniforms.size(), experts());
    check_size(chosen.size(), experts());
    const auto& draws = tables_->draws;
    std::size_t left = 0;  // members still to be found
    const std::size_t most = tables_->by.weight.size() - 1;
    for (double below = size_share(0); left < most && size >= below; below += size_share(left))
        ++left;
    std::fill(chosen.begin(), chosen.end(), std::uint8_t{0});
    for (std::size_t i = experts(); left > 0 && i-- > 0;) {
        const double in = draws.reached(i, left - 1).c[0] * draws.yes(i).c[0];
        const double out = draws.reached(i, left).c[0] * draws.no(i).c[0];
        if (uniforms[i] * (in + out) < in) {
            chosen[i] = 1;
            --left;
        }
    }
}

std::vector<double> subset_law::backward(std::span<const double> by_marginals,
                                         subset_slopes slopes) const {
    check_size(by_marginals.size(), experts());
    const auto& r = tables_->logits;
    std::vector<series<1>> along(r.size());
    for (std::size_t i = 0; i < r.size(); ++i) along[i].c = {r[i], by_marginals[i]};
    const auto draws = tilted_draws(std::move(along), tables_->by);
    const auto with = draws.mean_with();
    const auto total = draws.mean();
    std::vector<double> by_logits(r.size());
    for (std::size_t i = 0; i < r.size(); ++i) {
        by_logits[i] = (with[i] / total).c[1];
        if (slopes == subset_slopes::published) by_logits[i] *= 1 / (1 + std::exp(r[i]));
    }
    return by_logits;
}

void likeliest_subset(std::span<const double> logits, std::size_t k_min, std::size_t k_max,
                      std::span<std::uint8_t> chosen) {
    check_logits(logits, k_min, k_max);
    check_size(chosen.size(), logits.size());
    const auto positive =
        std::count_if(logits.begin(), logits.end(), [](double r) { return r > 0; });
    const std::size_t k = std::clamp(static_cast<std::size_t>(positive), k_min, k_max);
    mark_largest(logits, logits, k, chosen);
}

void check_band(std::string_view who, std::size_t k_min, std::size_t k_max) {
    if (k_min < 1)
        throw invalid_argument(who, k_max > 0 ? "k_min is 0" : "k is 0",
                               "at least one must be chosen");
    if (k_max < k_min)
        throw invalid_argument(who, fmt::format("k_min is {} and k_max is {}", k_min, k_max),
                               "the band must not be empty");
}

void check_band(std::string_view who, std::size_t k_min, std::size_t k_max, std::size_t experts) {
    check_band(who, k_min, k_max);
    if (k_max > experts)
        throw invalid_argument(
            who,
            fmt::format("{} is {} of {} experts", k_min == k_max ? "k" : "k_max", k_max, experts),
            "no more can be chosen than there are");
}

void check_subsets(std::string_view who, std::size_t k_min, std::size_t k_max,
                   std::size_t experts) {
    constexpr std::size_t most = std::size_t{1} << 22;  // 32 MiB, and the time of a token
    check_band(who, k_min, k_max, experts);
    if (k_max > most / experts)
        throw invalid_argument(who, fmt::format("up to {} of {} experts came", k_max, experts),
                               fmt::format("their product must be at most {}", most));
}

}  // namespace moebius
