// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/router/subset_law.hpp>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

#include "mean_response.hpp"
#include "rows.hpp"
#include "weighted_draws.hpp"

namespace moebius {
namespace {

constexpr double negligible = 39;  // exp(-39) = 1e-17
constexpr double widest_gap = 300;

/// Logits in their order, with gaps above 300 made 300: all chances below exp(-300) that this
/// changes stay so, and the time that the slowest clock takes stays in sight.
void bring_together(std::vector<double>& z) {
    std::vector<std::size_t> order(z.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return z[a] > z[b]; });
    double before = z[order[0]];
    z[order[0]] = 0;
    for (std::size_t i = 1; i < z.size(); ++i) {
        const double gap = before - z[order[i]];
        before = z[order[i]];
        z[order[i]] = z[order[i - 1]] - std::min(gap, widest_gap);
    }
}

/// P(fewer than k arrivals) of a Poisson process, at the mean number m.
double fewer_than(std::size_t k, double m) {
    double term = std::exp(-m), sum = term;
    for (std::size_t j = 1; j < k; ++j) sum += term *= m / static_cast<double>(j);
    return sum;
}

/// Experts as clocks: expert i rings once, at a time of rate w_i = exp(z_i), and the k first are
/// chosen. These are the k largest z_i + Gumbel noise. With Q_i(t) the probability that fewer than
/// k of the others have rung by t,
///
///   P(i chosen) = int_0^inf w_i exp(-w_i t) Q_i(t) dt
///               = 1 - (r/(r + w_i))^k + int w_i exp(-w_i t) (Q_i(t) - H(t)) dt,
///
/// where H is Q of a Poisson process of rate r, whose integral is known and which takes the slow
/// decay of the integrand in x = log t away. What remains is analytic for |Im x| < pi/2 and decays
/// like t^k below and twice exponentially above: the trapezoidal rule in x converges exponentially.
///
/// @source  Plackett, Appl. Stat. 24 (1975); Yellott, J. Math. Psych. 15 (1977) on Gumbel noise;
///          Trefethen & Weideman, SIAM Review 56 (2014), section 5, on the rule
struct race {
    std::size_t k;

    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> chances(std::vector<series<Order>> z) const {
        const std::size_t n = z.size();
        std::vector<double> values(n);
        for (std::size_t i = 0; i < n; ++i) values[i] = z[i].c[0];
        bring_together(values);
        for (std::size_t i = 0; i < n; ++i) z[i].c[0] = values[i];
        if (std::pow(static_cast<double>(n), static_cast<double>(k - 1)) <= most_orders)
            return by_orders(z);
        const grid nodes(values, k);

        std::vector<series<Order>> chance(n);
        for (std::size_t i = 0; i < n; ++i) chance[i] = before_poisson(z[i], nodes.log_rate);
        for (int node = 0; node < nodes.count; ++node)
            add_node(z, nodes.from + node * nodes.step, nodes, chance);
        return chance;
    }

private:
    static constexpr double most_orders = 64;  // of the first k - 1; beyond, the integral is faster

    /// The sum over the orders in which the first may ring: positive terms, exact to rounding.
    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> by_orders(const std::vector<series<Order>>& z) const {
        std::vector<series<Order>> chance(z.size());
        std::vector<char> rung(z.size(), 0);
        series<Order> certain;
        certain.c[0] = 1;
        add_orders(z, k, certain, rung, chance);
        return chance;
    }

    /// What follows an order of chance `before`: the next is expert i with w_i by the sum of those
    /// that have not rung.
    template <std::size_t Order>
    static void add_orders(const std::vector<series<Order>>& z, std::size_t left,
                           const series<Order>& before, std::vector<char>& rung,
                           std::vector<series<Order>>& chance) {
        const std::size_t n = z.size();
        double top = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < n; ++i)
            if (!rung[i]) top = std::max(top, z[i].c[0]);
        std::vector<series<Order>> rate(n);
        series<Order> all;
        for (std::size_t i = 0; i < n; ++i) {
            if (rung[i]) continue;
            const double w = std::exp(z[i].c[0] - top);
            rate[i] = compose<Order>({w, w, w, w}, z[i]);
            all += rate[i];
        }
        const series<Order> share = before / all;
        for (std::size_t i = 0; i < n; ++i) {
            if (rung[i]) continue;
            const series<Order> next = share * rate[i];
            chance[i] += next;
            if (left == 1) continue;
            rung[i] = 1;
            add_orders(z, left - 1, next, rung, chance);
            rung[i] = 0;
        }
    }

    /// Where the integrand is not negligible, and how fine it is.
    struct grid {
        double log_rate;  ///< of the Poisson process
        double from, step;
        int count;

        grid(std::vector<double> z, std::size_t k) {
            std::sort(z.begin(), z.end(), std::greater<>());
            const auto m = static_cast<double>(k), n = static_cast<double>(z.size());
            double best = 0, orders = 0,
                   choices = 0;  // sum of the k largest z; log k!, log C(n, k)
            for (std::size_t i = 0; i < k; ++i) {
                const auto taken = static_cast<double>(i);
                best += z[i];
                orders += std::log(m - taken);
                choices += std::log((n - taken) / (m - taken));
            }
            double late = 0;  // log of the time at which k - 1/2 are expected to have rung
            double low = -z[0] - std::log(2 * n), high = -z[k - 1] + std::log(std::log(2 * m));
            while (high - low > 0.1) {
                late = low / 2 + high / 2;
                double rung = 0;
                for (const double value : z) rung -= std::expm1(-std::exp(value + late));
                (rung < m - 0.5 ? low : high) = late;
            }
            late = low / 2 + high / 2;
            log_rate = std::log(m) - late;
            // 1 - Q_i < sum over k-subsets of prod w t, and 1 - H < (r t)^k/k!
            from =
                std::min(-(negligible + choices + best) / m, (orders - negligible) / m - log_rate);
            // Q_i < k exp(-w_k t). H is smaller: r t > 39 k/log(2 k) there, as late < log(2 k)/w_k
            const double to = std::log(negligible + std::log(m)) - z[k - 1];
            // |Gamma(k + i f)| < 1e-16 Gamma(k) at this angular frequency f
            step = 2 * std::numbers::pi / (25 + 7 * std::sqrt(m));
            count = static_cast<int>((to - from) / step) + 1;
        }
    };

    /// 1 - (r/(r + w))^k: that the clock rings before the k-th arrival of the process.
    template <std::size_t Order>
    [[nodiscard]] series<Order> before_poisson(series<Order> z, double log_rate) const {
        z.c[0] -= log_rate;
        const auto later = odds(z).second;
        series<Order> all;
        all.c[0] = 1;
        for (std::size_t j = 0; j < k; ++j) all = all * later;
        const double w = std::exp(z.c[0]);
        all = -1.0 * all;
        all.c[0] = w < 1 ? -std::expm1(-static_cast<double>(k) * std::log1p(w)) : 1 + all.c[0];
        return all;
    }

    template <std::size_t Order>
    void add_node(const std::vector<series<Order>>& z, double x, const grid& nodes,
                  std::vector<series<Order>>& chance) const {
        std::vector<series<Order>> rung, silent, density;
        for (auto at : z) {
            at.c[0] = std::min(at.c[0] + x, 7.0);  // exp(-exp(7)) is 0 already
            const double w = std::exp(at.c[0]), e = std::exp(-w);
            const auto wt = compose<Order>({w, w, w, w}, at);
            rung.push_back(compose<Order>({-std::expm1(-w), e, -e, e}, wt));
            silent.push_back(compose<Order>({e, -e, e, -e}, wt));
            density.push_back(wt * silent.back());
        }
        const weighted_draws<series<Order>> others(std::move(rung), std::move(silent),
                                                   std::vector<double>(k, 1.0));
        auto rest = others.mean_without();
        const double poisson = fewer_than(k, std::exp(x + nodes.log_rate));
        for (std::size_t i = 0; i < z.size(); ++i) {
            rest[i].c[0] -= poisson;
            chance[i] += nodes.step * (density[i] * rest[i]);
        }
    }
};

struct everyone {
    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> chances(std::vector<series<Order>> z) const {
        for (auto& at : z) at = {{1}};
        return z;
    }
};

}  // namespace

std::shared_ptr<const load_response> top_k_loads(std::vector<double> logits, std::size_t experts,
                                                 std::size_t k) {
    check_tokens("top_k_loads", logits, experts);
    check_band("top_k_loads", k, k, experts);
    const bool alike = all_zero(logits);
    if (k == 1)
        return alike ? softmax_loads(experts) : token_softmax_loads(std::move(logits), experts);
    const std::string_view key = alike ? "beta s_e" : "beta (l_te + s_e)";
    response_text text{alike ? "top-k" : "token-top-k",
                       fmt::format("{0}P({1} + Gumbel_e among the {2} largest)/{2}",
                                   alike ? "" : "mean_t ", key, k),
                       1 / static_cast<double>(k)};
    if (k == experts)
        return mean_over_tokens(std::move(text), everyone{}, std::move(logits), experts, alike);
    return mean_over_tokens(std::move(text), race{k}, std::move(logits), experts, alike);
}

}  // namespace moebius
