// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/load_response.hpp>
#include <utility>
#include <vector>

namespace moebius {
namespace {

using series = std::array<double, 4>;  // Taylor coefficients to order 3

series product(const series& a, const series& b) {
    return {a[0] * b[0], a[0] * b[1] + a[1] * b[0], a[0] * b[2] + a[1] * b[1] + a[2] * b[0],
            a[0] * b[3] + a[1] * b[2] + a[2] * b[1] + a[3] * b[0]};
}

series quotient(const series& a, const series& b) {
    series q{};
    for (std::size_t k = 0; k < 4; ++k) {
        q[k] = a[k];
        for (std::size_t j = 0; j < k; ++j) q[k] -= q[j] * b[k - j];
        q[k] /= b[0];
    }
    return q;
}

/// 1/(1 + exp(-u)) and its complement along a series u.
std::pair<series, series> sigmoid(const series& u) {
    const double e = std::exp(-std::abs(u[0]));
    const double near = 1 / (1 + e), far = e / (1 + e);
    const double y = u[0] > 0 ? near : far, z = u[0] > 0 ? far : near;
    const double d1 = y * z, d2 = d1 * (z - y), d3 = d1 * (1 - 6 * d1);  // derivatives
    const series s{y, d1 * u[1], d1 * u[2] + d2 * u[1] * u[1] / 2,
                   d1 * u[3] + d2 * u[1] * u[2] + d3 * u[1] * u[1] * u[1] / 6};
    return {s, {z, -s[1], -s[2], -s[3]}};
}

/// Independent draws whose expected number is k. Given that exactly k come out, their subsets are
/// distributed as exact-k asks; and since k is the likeliest number, nothing under- or overflows.
///
/// @source  Chen, Dempster & Liu, Biometrika 81 (1994), section 2 (conditional Bernoulli)
class draws {
public:
    /// u: log-odds of each group along a line. Shape (G).
    draws(const std::vector<series>& u, std::vector<std::size_t> sizes, std::size_t k)
        : sizes_(std::move(sizes)), k_(k) {
        const double shift = level(u);
        for (series log_odds : u) {
            log_odds[0] += shift;
            auto [yes, no] = sigmoid(log_odds);
            yes_.push_back(yes);
            no_.push_back(no);
        }
    }

    /// Probability that `count` come out when the draws of a and b (groups, or none) are left out.
    [[nodiscard]] series chance(std::size_t count, std::size_t a = none,
                                std::size_t b = none) const {
        std::vector<series> p(count + 1);
        p[0] = {1};
        for (std::size_t g = 0; g < sizes_.size(); ++g) {
            const std::size_t left_out = (g == a ? 1U : 0U) + (g == b ? 1U : 0U);
            for (std::size_t i = left_out; i < sizes_[g]; ++i) {
                for (std::size_t j = count; j > 0; --j) {
                    const series from = product(p[j - 1], yes_[g]);
                    p[j] = product(p[j], no_[g]);
                    for (std::size_t c = 0; c < 4; ++c) p[j][c] += from[c];
                }
                p[0] = product(p[0], no_[g]);
            }
        }
        return p[count];
    }

    /// Probability that a member of g is among the k.
    [[nodiscard]] series chosen(std::size_t g) const {
        return quotient(product(yes_[g], chance(k_ - 1, g)), chance(k_));
    }

    /// Probability that a member of g and another one of h are both among them.
    [[nodiscard]] double both(std::size_t g, std::size_t h) const {
        if (k_ < 2) return 0;
        return yes_[g][0] * yes_[h][0] * chance(k_ - 2, g, h)[0] / chance(k_)[0];
    }

    static constexpr std::size_t none = static_cast<std::size_t>(-1);

private:
    /// What to add to all log-odds so that about k of the draws come out.
    [[nodiscard]] double level(const std::vector<series>& u) const {
        const auto [lowest, highest] = std::minmax_element(
            u.begin(), u.end(), [](const series& l, const series& r) { return l[0] < r[0]; });
        std::size_t all = 0;
        for (const std::size_t size : sizes_) all += size;
        const auto k = static_cast<double>(k_), n = static_cast<double>(all);
        double low = std::log(k / (n - k)) - (*highest)[0];
        double high = std::log(k / (n - k)) - (*lowest)[0];
        for (int halving = 0; halving < 60 && high - low > 1e-3; ++halving) {
            const double middle = (low + high) / 2;
            double expected = 0;
            for (std::size_t g = 0; g < u.size(); ++g)
                expected += static_cast<double>(sizes_[g]) / (1 + std::exp(-u[g][0] - middle));
            (expected < k ? low : high) = middle;
        }
        return (low + high) / 2;
    }

    std::vector<std::size_t> sizes_;
    std::size_t k_;
    std::vector<series> yes_, no_;
};

class exact_k_response final : public load_response {
public:
    exact_k_response(grouping groups, std::size_t k)
        : groups_(std::move(groups)),
          k_(k),
          formula_(fmt::format("P(e in S)/{0}, P(S) ~ exp(beta sum of s over S), |S| = {0}", k)) {
        for (const auto& group : groups_.groups) sizes_.push_back(group.size());
    }

    std::string_view name() const override { return "exact-k"; }
    std::string_view formula() const override { return formula_; }
    const grouping& groups() const override { return groups_; }
    std::shared_ptr<const load_response> regrouped(grouping groups) const override {
        return std::make_shared<exact_k_response>(std::move(groups), k_);
    }

    void loads(const double* s, double beta, double* p) const override {
        const auto drawn = at(s, beta, nullptr, 0);
        for (std::size_t g = 0; g < sizes_.size(); ++g) p[g] = drawn.chosen(g)[0] / share();
    }

    /// dP(e in S)/d(beta s_f) = Cov(e in S, f in S): an exponential family.
    void slopes(const double* s, double beta, double* p, double* by_score,
                double* by_beta) const override {
        const std::size_t n = sizes_.size();
        const auto drawn = at(s, beta, nullptr, 0);
        loads(s, beta, p);
        std::fill_n(by_beta, n, 0.0);
        for (std::size_t h = 0; h < n; ++h)
            for (std::size_t g = 0; g < n; ++g) {
                const double pg = p[g] * share(), ph = p[h] * share();
                const auto size = static_cast<double>(sizes_[h]);
                const double others = g == h ? size - 1 : size;
                double cov = g == h ? pg * (1 - pg) : 0;
                if (others > 0) cov += others * (drawn.both(g, h) - pg * ph);
                by_score[h * n + g] = beta * cov / share();
                by_beta[g] += cov * s[h] / share();
            }
    }

    void along(const double* s, double beta, const double* v, double q,
               double* out) const override {
        const std::size_t n = sizes_.size();
        const auto drawn = at(s, beta, v, q);
        for (std::size_t g = 0; g < n; ++g) {
            const series chance = drawn.chosen(g);
            for (std::size_t k = 0; k < 4; ++k) out[k * n + g] = chance[k] / share();
        }
    }

    double within(const double* s, double beta, std::size_t g) const override {
        const auto drawn = at(s, beta, nullptr, 0);
        return beta * (drawn.chosen(g)[0] - drawn.both(g, g)) / share();
    }

private:
    [[nodiscard]] double share() const { return static_cast<double>(k_); }

    [[nodiscard]] draws at(const double* s, double beta, const double* v, double q) const {
        std::vector<series> u;
        for (std::size_t g = 0; g < sizes_.size(); ++g) {
            const double slope = v ? v[g] : 0;
            u.push_back({beta * s[g], beta * slope + q * s[g], q * slope, 0});
        }
        return {u, sizes_, k_};
    }

    grouping groups_;
    std::size_t k_;
    std::string formula_;
    std::vector<std::size_t> sizes_;
};

}  // namespace

std::shared_ptr<const load_response> exact_k_loads(std::size_t experts, std::size_t k) {
    if (experts < 2)
        throw invalid_argument("exact-k", fmt::format("experts is {}", experts), "it must be >= 2");
    if (k < 1 || k >= experts)
        throw invalid_argument("exact-k", fmt::format("top-k is {} of {} experts", k, experts),
                               "at least one must be chosen and one left out");
    return std::make_shared<exact_k_response>(singletons(experts), k);
}

}  // namespace moebius
