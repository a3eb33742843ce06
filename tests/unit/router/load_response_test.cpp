// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/router/subset_law.hpp>
#include <numeric>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::row;

row loads_of(const load_response& of, const row& s, double beta) {
    row p(of.groups().size());
    of.loads(s, beta, p);
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

/// Of N alike experts: the members of a group of two agree, and others with nobody.
grouping in_groups(std::size_t experts) { return split(split(one_group(experts), 0, 2), 1, 1); }

}  // namespace

TEST_CASE("loads sum to 1, and their slopes and series are their derivatives",
          "[load_response][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 3, 6);
    const double beta = 1.3, q = -0.4;
    const auto s = random_values(experts, 0.7, 5), v = random_values(experts, 1, 6);
    for (const auto& subject_ : subjects(experts)) {
        const auto& response = subject_.response;
        CAPTURE(experts, subject_.label);
        const std::size_t n = experts;
        row p(n), by_score(n * n), by_beta(n), out(4 * n);
        response->slopes(s, beta, p, by_score, by_beta);
        response->along(s, beta, v, q, out);

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

TEST_CASE("the load of a rare expert keeps its digits", "[load_response][oracle]") {
    const auto k = GENERATE(as<std::size_t>{}, 2, 8);
    const std::size_t experts = 16;
    row s(experts);
    s[0] = -60;
    const double want = drawn_of_two_kinds(1, experts - 1, -60, k) / static_cast<double>(k);

    const auto p = loads_of(*top_k_loads(row(experts), experts, k), s, 1);

    CHECK_THAT(p[0], WithinRel(want, 1e-12));  // about 1e-26
}

TEST_CASE("experts whose logits are far apart are taken in order", "[load_response]") {
    const double far = GENERATE(400.0, 1e4, 1e300);
    const row logits{0, far, -far, 0, 1};  // three compete for the second place

    const auto p = loads_of(*top_k_loads(logits, 5, 2), row(5), 1);

    const double rest = 2 + std::exp(1.0), rounding = 1e-14;
    CHECK_THAT(p[1], WithinAbs(0.5, rounding));
    CHECK_THAT(p[0], WithinAbs(0.5 / rest, rounding));
    CHECK_THAT(p[4], WithinAbs(0.5 * std::exp(1.0) / rest, rounding));
    CHECK(p[2] < 1e-120);
}

TEST_CASE("the loads of subsets are the sums of their marginals", "[load_response][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 5, 8);
    const double beta = 1.3;
    const auto tokens = random_values(4 * experts, 1.5, 50), s = random_values(experts, 1, 51);
    for (std::size_t k_min = 1; k_min <= experts; ++k_min)
        for (const std::size_t k_max : {k_min, experts}) {
            CAPTURE(experts, k_min, k_max);
            row m(experts);
            for (std::size_t t = 0; t < 4; ++t) {
                row z;
                for (std::size_t e = 0; e < experts; ++e)
                    z.push_back(beta * (tokens[t * experts + e] + s[e]));
                const auto of_token = subset_law(z, k_min, k_max).marginals();
                for (std::size_t e = 0; e < experts; ++e) m[e] += of_token[e];
            }
            const double all = std::accumulate(m.begin(), m.end(), 0.0);

            const auto p = loads_of(*subset_loads(tokens, experts, k_min, k_max), s, beta);

            for (std::size_t e = 0; e < experts; ++e)
                CHECK_THAT(p[e], WithinAbs(m[e] / all, 1e-14));
        }
}

TEST_CASE("tokens without logits are no tokens", "[load_response][oracle]") {
    const std::size_t experts = 6, k = 2;
    const auto s = random_values(experts, 1, 52);
    const auto want = loads_of(*exact_k_loads(experts, k), s, 1.1);

    const auto zero = subset_loads(row(3 * experts), experts, k, k);
    const auto nearly = subset_loads(row(3 * experts, 1e-300), experts, k, k);  // not regroupable

    CHECK(loads_of(*zero, s, 1.1) == want);
    for (std::size_t e = 0; e < experts; ++e)
        CHECK_THAT(loads_of(*nearly, s, 1.1)[e], WithinAbs(want[e], 1e-15));
    CHECK(zero->name() == "exact-k");
    CHECK(zero->formula() == exact_k_loads(experts, k)->formula());
    CHECK(nearly->name() == "token-exact-k");
    CHECK(zero->regrouped(one_group(experts)) != nullptr);
    CHECK(nearly->regrouped(one_group(experts)) == nullptr);
    CHECK(top_k_loads(row(experts), experts, 1)->name() == "softmax");
    CHECK(top_k_loads(random_values(experts, 1, 1), experts, 1)->name() == "token-softmax");
}

TEST_CASE("mean loads of experts that tokens tell apart are bounded, since slopes are (N, N)",
          "[load_response]") {
    const std::size_t most = 1024, experts = most + 1;
    const auto sentence =
        ": 1025 experts came whose tokens differ, but mean loads of up to 1024 are "
        "solved for";
    const auto differing = random_values(experts, 1, 3);
    CHECK_THROWS_WITH(token_softmax_loads(differing, experts),
                      std::string("token-softmax") + sentence);
    CHECK_THROWS_WITH(subset_loads(differing, experts, 2, 2),
                      std::string("subset_loads") + sentence);
    CHECK_THROWS_WITH(top_k_loads(differing, experts, 2), std::string("top_k_loads") + sentence);
    CHECK(top_k_loads(random_values(most, 1, 3), most, 2) != nullptr);
    CHECK(top_k_loads(row(experts), experts, 2) != nullptr);  // alike
}

TEST_CASE("a group's loads and slopes are those of its members", "[load_response][oracle]") {
    const std::size_t experts = 5;
    const auto response = GENERATE_COPY(values(
        {subset_loads(row(experts), experts, 2, 2), subset_loads(row(experts), experts, 1, 3),
         subset_loads(row(experts), experts, experts, experts),
         top_k_loads(row(experts), experts, 2)}));
    const auto of = in_groups(experts);
    const auto which = group_of_members(of);
    const std::size_t n = of.size();
    const double beta = 1.2;
    const row s{0.3, -0.4, 0.9}, v{1, -0.5, 0.2};
    const auto spread = [&](const row& values) {
        row out;
        for (const std::size_t g : which) out.push_back(values[g]);
        return out;
    };
    const auto grouped = response->regrouped(of);
    CAPTURE(response->formula());

    row p(n), by_score(n * n), by_beta(n), out(4 * n);
    grouped->slopes(s, beta, p, by_score, by_beta);
    grouped->along(s, beta, v, 0.7, out);

    row all(experts), slopes(experts * experts), betas(experts), series(4 * experts);
    response->slopes(spread(s), beta, all, slopes, betas);
    response->along(spread(s), beta, spread(v), 0.7, series);
    const double rounding = 1e-14;
    for (std::size_t e = 0; e < experts; ++e) {
        const std::size_t g = which[e];
        CHECK_THAT(p[g], WithinAbs(all[e], rounding));
        CHECK_THAT(by_beta[g], WithinAbs(betas[e], rounding));
        for (std::size_t k = 0; k < 4; ++k)
            CHECK_THAT(out[k * n + g], WithinAbs(series[k * experts + e], rounding));
        for (std::size_t h = 0; h < n; ++h) {
            double column = 0;
            for (const std::size_t f : of.groups[h]) column += slopes[f * experts + e];
            CHECK_THAT(by_score[h * n + g], WithinAbs(column, rounding));
        }
    }
    for (std::size_t g = 0; g < n; ++g) {
        const auto& group = of.groups[g];
        if (group.size() < 2) continue;
        const std::size_t i = group[0], j = group[1];
        CHECK_THAT(grouped->within(s, beta, g),
                   WithinAbs(slopes[i * experts + i] - slopes[j * experts + i], rounding));
    }
}

TEST_CASE("the mean loads say what they cannot serve", "[load_response][error]") {
    const double not_a_number = std::numeric_limits<double>::quiet_NaN();
    const row two(2);

    CHECK_THROWS_WITH(
        subset_loads(two, 2, 3, 3),
        "subset_loads: k is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(subset_loads(two, 2, 2, 1),
                      "subset_loads: k_min is 2 and k_max is 1, but the band must not be empty");
    CHECK_THROWS_WITH(subset_loads({}, 2, 1, 1),
                      "subset_loads: 0 logits came for 2 experts, but each token needs a row of "
                      "one for every expert");
    CHECK_THROWS_WITH(subset_loads({0, not_a_number}, 2, 1, 1),
                      "subset_loads: a logit is nan, but all must be finite");
    CHECK_THROWS_WITH(subset_loads({0}, 1, 1, 1),
                      "subset_loads: experts is 1, but it must be >= 2");
    CHECK_THROWS_WITH(top_k_loads(two, 2, 0),
                      "top_k_loads: k is 0, but at least one must be chosen");
    CHECK_THROWS_WITH(two_expert_loads(two, noise_law::none),
                      "two_expert_loads: the noise is none, but a response with derivatives needs "
                      "gumbel, logistic or gaussian noise");
    CHECK_THROWS_WITH(
        two_expert_loads({0}, noise_law::gaussian),
        "two_expert_loads: 1 logits came for 2 experts, but each token needs a row of "
        "one for every expert");
    CHECK_THROWS_WITH(exact_k_loads(4, 4),
                      "exact-k: top-k is 4 of 4 experts, but at least one must "
                      "be chosen and one left out");
}

TEST_CASE("top-k by orders and by the integral agree", "[router][oracle]") {
    // Two of up to 64 experts are summed by orders, of more by the integral; an expert that is
    // never chosen changes no load.
    const std::size_t few = 64, many = 65;
    std::vector<double> logits(many);
    for (std::size_t e = 0; e < few; ++e) logits[e] = std::sin(3.0 * static_cast<double>(e));
    logits[few] = -200;
    std::vector<double> scores(many, 0.0), by_orders(few), by_integral(many);
    scores[3] = 2.5;
    top_k_loads({logits.begin(), logits.end() - 1}, few, 2)
        ->loads(std::span(scores).first(few), 1.0, by_orders);
    top_k_loads(logits, many, 2)->loads(scores, 1.0, by_integral);
    for (std::size_t e = 0; e < few; ++e)  // the integral's accuracy
        CHECK_THAT(by_orders[e], WithinAbs(by_integral[e], 1e-13));
}

TEST_CASE("slopes of exact-k keep their digits where two winners hold nearly all",
          "[load_response][oracle]") {
    // k = 2 of n with odds 1, a, and b of n - 2 others: the weights of pairs are a, b, a b and b^2.
    const double a = 0.7;
    const double b = GENERATE(1e-3, 1e-9, 1e-15);
    const auto n = GENERATE(as<std::size_t>{}, 4, 9, 64);
    const auto others = static_cast<double>(n - 2);
    grouping groups = split(split(one_group(n), 0, 1), 1, 1);
    const auto response = exact_k_loads(n, 2)->regrouped(groups);
    const row s{0, std::log(a), std::log(b)};
    row p(3), by_score(9), by_beta(3);
    response->slopes(s, 1, p, by_score, by_beta);

    const double all = a + others * b * (1 + a) + others * (others - 1) / 2 * b * b;
    const double one = others * b, none = others * (others - 1) / 2 * b * b;  // of two winners
    // P(both) P(neither) - P(first alone) P(second alone), by k all^2
    const double cross = (a * none - one * a * one) / (2 * all * all);
    CHECK_THAT(by_score[3] / cross, WithinAbs(1.0, 1e-12));
    CHECK_THAT(by_score[1] / cross, WithinAbs(1.0, 1e-12));
    const double with = a + one, without = a * one + none;  // of the first
    CHECK_THAT(by_score[0] * 2 * all * all / (with * without), WithinAbs(1.0, 1e-12));
    // Of exactly k: the sum over all scores is zero. So the other winner and the others explain it.
    CHECK_THAT(by_score[6] / -(by_score[0] + by_score[3]), WithinAbs(1.0, 1e-12));
    // among the others: P(e) P(not e) less that of two of them
    const double e = b * (1 + a) + (others - 1) * b * b;
    const double pair = b * b * all - e * e;
    CHECK_THAT(response->within(s, 1, 2) * 2 * all * all / (e * (all - e) - pair),
               WithinAbs(1.0, 1e-12));
}

TEST_CASE("no expert takes more than its most, and one far ahead takes all of it",
          "[load_response]") {
    const row none(5);  // logits
    struct bounded {
        std::shared_ptr<const load_response> response;
        double most;
        bool reached;  // a band of sizes lies between 1/3 and 1/2
    };
    const std::vector<bounded> all{{softmax_loads(5), 1, true},
                                   {exact_k_loads(5, 2), 0.5, true},
                                   {top_k_loads(none, 5, 3), 1.0 / 3, true},
                                   {subset_loads(none, 5, 2, 3), 0.5, false}};
    for (const auto& [response, most, reached] : all) {
        CAPTURE(response->name());
        CHECK(response->most() == most);
        const auto p = loads_of(*response, {80, 0.3, -0.1, 0.2, 0}, 1);
        CHECK(p[0] <= most * (1 + 1e-14));  // a rounding of the sum of all
        if (reached) CHECK_THAT(p[0], WithinAbs(most, 1e-14));
    }
}
