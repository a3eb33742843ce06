// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/router/load_response.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

using row = std::vector<double>;

row random_values(std::size_t count, double scale, std::uint64_t seed) {
    row r;
    for (std::uint32_t i = 0; r.size() < count; ++i) {
        const auto w = random_words(seed, random_stream::gate, 78, i);
        r.push_back(scale * normal_pair(uniform(w[0]), uniform(w[1])).first);
    }
    return r;
}

row loads_of(const load_response& of, const row& s, double beta) {
    row p(of.groups().size());
    of.loads(s.data(), beta, p.data());
    return p;
}

/// P(i among the k that are drawn one after another with shares exp(u)), by all orders.
row drawn_in_turn(const row& u, std::size_t k, unsigned gone = 0) {
    row p(u.size());
    if (k == 0) return p;
    double rest = 0;
    for (std::size_t i = 0; i < u.size(); ++i) rest += gone >> i & 1 ? 0 : std::exp(u[i]);
    for (std::size_t i = 0; i < u.size(); ++i) {
        if (gone >> i & 1) continue;
        const double share = std::exp(u[i]) / rest;
        const auto later = drawn_in_turn(u, k - 1, gone | 1U << i);
        p[i] += share;
        for (std::size_t j = 0; j < u.size(); ++j) p[j] += share * later[j];
    }
    return p;
}

/// P(one of `first` experts with odds e^u among the k drawn), of these and `rest` with odds 1, by
/// the number of the first that are drawn already.
double drawn_of_two_kinds(std::size_t first, std::size_t rest, double u, std::size_t k) {
    row p(k + 1);  // P(so many of the first)
    p[0] = 1;
    for (std::size_t drawn = 0; drawn < k; ++drawn) {
        row next(k + 1);
        for (std::size_t a = 0; a <= drawn; ++a) {
            if (a > first || drawn - a > rest) continue;
            const double w = std::exp(u) * static_cast<double>(first - a);
            const double others = static_cast<double>(rest - (drawn - a));
            next[a + 1] += p[a] * w / (w + others);
            next[a] += p[a] * others / (w + others);
        }
        p = next;
    }
    double mean = 0;
    for (std::size_t a = 0; a <= k; ++a) mean += static_cast<double>(a) * p[a];
    return mean / static_cast<double>(first);
}

struct subject {
    std::string_view label;
    std::shared_ptr<const load_response> response;
};

std::vector<subject> subjects(std::size_t experts) {
    const auto tokens = random_values(3 * experts, 1, experts);
    std::vector<subject> all{{"exact", subset_loads(tokens, experts, 2, 2)},
                             {"band", subset_loads(tokens, experts, 1, experts - 1)},
                             {"zero band", subset_loads(row(experts), experts, 1, 2)},
                             {"all", subset_loads(tokens, experts, experts, experts)},
                             {"race", top_k_loads(tokens, experts, 2)},
                             {"race of all", top_k_loads(tokens, experts, experts)},
                             {"zero race", top_k_loads(row(experts), experts, experts - 1)}};
    if (experts == 2) all.push_back({"gaussian", two_expert_loads(tokens, noise_law::gaussian)});
    if (experts == 2) all.push_back({"logistic", two_expert_loads(tokens, noise_law::logistic)});
    return all;
}

}  // namespace

TEST_CASE("loads sum to 1, and their slopes and series are their derivatives",
          "[load_response][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 3, 6);
    const double beta = 1.3, q = -0.4;
    const auto s = random_values(experts, 0.7, 5), v = random_values(experts, 1, 6);
    for (const auto& [label, response] : subjects(experts)) {
        CAPTURE(experts, label);
        const std::size_t n = experts;
        row p(n), by_score(n * n), by_beta(n), out(4 * n);
        response->slopes(s.data(), beta, p.data(), by_score.data(), by_beta.data());
        response->along(s.data(), beta, v.data(), q, out.data());

        const auto at = [&](double t) {
            row moved = s;
            for (std::size_t e = 0; e < n; ++e) moved[e] += t * v[e];
            return loads_of(*response, moved, beta + t * q);
        };
        CHECK_THAT(std::accumulate(p.begin(), p.end(), 0.0), WithinAbs(1.0, 1e-14));
        CHECK(loads_of(*response, s, beta) == p);
        const double h = 2e-2;
        const row a1 = at(h), b1 = at(-h), a2 = at(2 * h), b2 = at(-2 * h), a3 = at(3 * h),
                  b3 = at(-3 * h);
        for (std::size_t e = 0; e < n; ++e) {  // sixth-order differences; fourth for the third
            const double first =
                (45 * (a1[e] - b1[e]) - 9 * (a2[e] - b2[e]) + (a3[e] - b3[e])) / (60 * h);
            const double second =
                (270 * (a1[e] + b1[e]) - 27 * (a2[e] + b2[e]) + 2 * (a3[e] + b3[e]) - 490 * p[e]) /
                (180 * h * h);
            const double third =
                (-13 * (a1[e] - b1[e]) + 8 * (a2[e] - b2[e]) - (a3[e] - b3[e])) / (8 * h * h * h);
            CHECK_THAT(out[e], WithinAbs(p[e], 1e-14));
            CHECK_THAT(out[n + e], WithinAbs(first, 1e-8));  // h^6
            CHECK_THAT(out[2 * n + e], WithinAbs(second / 2, 1e-8));
            CHECK_THAT(out[3 * n + e], WithinAbs(third / 6, 1e-5));  // h^4
            double chain = q * by_beta[e];
            for (std::size_t f = 0; f < n; ++f) chain += by_score[f * n + e] * v[f];
            CHECK_THAT(out[n + e], WithinAbs(chain, 1e-13));
        }
    }
}

TEST_CASE("top-k under Gumbel noise draws its experts one after another",
          "[load_response][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 3, 5, 8);
    const double scale = GENERATE(0.0, 0.5, 3.0, 12.0);
    const auto u = random_values(experts, scale, 7);
    for (std::size_t k = 1; k <= experts; ++k) {
        CAPTURE(experts, scale, k);
        const auto want = drawn_in_turn(u, k);

        const auto p = loads_of(*top_k_loads(u, experts, k), row(experts), 1);

        for (std::size_t e = 0; e < experts; ++e)
            CHECK_THAT(p[e] * static_cast<double>(k), WithinAbs(want[e], 1e-12));
    }
}

TEST_CASE("top-k of many experts agrees with the count of two kinds", "[load_response][oracle]") {
    const auto k = GENERATE(as<std::size_t>{}, 2, 8, 32, 60);
    const auto first = GENERATE(as<std::size_t>{}, 1, 20, 63);
    const double u = GENERATE(-4.0, -0.5, 2.0, 15.0);
    const std::size_t experts = 64;
    CAPTURE(k, first, u);
    row s(experts);
    std::fill_n(s.begin(), first, u);
    const double want = drawn_of_two_kinds(first, experts - first, u, k);

    const auto p = loads_of(*top_k_loads(row(experts), experts, k), s, 1);

    const double tol = 1e-12 / static_cast<double>(k);
    CHECK_THAT(p.front(), WithinAbs(want / static_cast<double>(k), tol));
    const double rest = (static_cast<double>(k) - static_cast<double>(first) * want) /
                        static_cast<double>(experts - first);
    CHECK_THAT(p.back(), WithinAbs(rest / static_cast<double>(k), tol));
}
