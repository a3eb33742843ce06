// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/router/subset_law.hpp>
#include <numeric>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::band;
using test::row;
using test::sum;

/// All of a law by summing over its subsets, the docs/routers.md section 2.1 definition.
struct enumerated {
    /// log_in, log_out (N): log p and log q of the inclusions, independently given.
    enumerated(const row& log_in, const row& log_out, band sizes) : m(log_in.size()) {
        const std::size_t n = log_in.size();
        std::vector<double> log_weight;
        double top = -infinite;
        for (unsigned s = 0; s < 1U << n; ++s) {
            const auto size = static_cast<std::size_t>(std::popcount(s));
            if (size < sizes.k_min || size > sizes.k_max) continue;
            double sum = 0;
            for (std::size_t i = 0; i < n; ++i) sum += s >> i & 1 ? log_in[i] : log_out[i];
            if (sum == -infinite) continue;
            subsets.push_back(s);
            log_weight.push_back(sum);
            top = std::max(top, sum);
        }
        double total = 0;
        for (const double l : log_weight) share.push_back(std::exp(l - top));
        for (const double w : share) total += w;
        for (double& w : share) w /= total;
        log_total = top + std::log(total);
        for (std::size_t a = 0; a < subsets.size(); ++a)
            for (std::size_t i = 0; i < n; ++i) m[i] += subsets[a] >> i & 1 ? share[a] : 0;
    }

    [[nodiscard]] double covariance(std::size_t i, std::size_t j) const {
        double both = 0;
        for (std::size_t a = 0; a < subsets.size(); ++a)
            if ((subsets[a] >> i & 1) && (subsets[a] >> j & 1)) both += share[a];
        return both - m[i] * m[j];
    }

    [[nodiscard]] unsigned likeliest() const {
        return subsets[static_cast<std::size_t>(std::max_element(share.begin(), share.end()) -
                                                share.begin())];
    }

    std::vector<unsigned> subsets;  ///< as bits
    std::vector<double> share;      ///< P of each
    double log_total = 0;           ///< of exp(log_in, log_out) over the subsets
    row m;
};

enumerated enumerate(const row& logits, band sizes) { return {logits, row(logits.size()), sizes}; }

row unit(std::size_t n, std::size_t i) {
    row e(n);
    e[i] = 1;
    return e;
}

}  // namespace

TEST_CASE("a subset law is what its subsets sum to", "[subset_law][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 1, 2, 3, 5, 8, 12);
    const double scale = GENERATE(0.3, 2.0, 20.0);
    const auto r = random_values(n, scale, n);
    for (std::size_t k_min = 1; k_min <= n; ++k_min)
        for (const std::size_t k_max : {k_min, std::min(k_min + 2, n), n}) {
            CAPTURE(n, scale, k_min, k_max);
            const auto want = enumerate(r, {k_min, k_max});

            const subset_law law(r, k_min, k_max);

            const double tol = 1e-12;
            CHECK_THAT(law.log_normaliser(),
                       WithinAbs(want.log_total, tol * std::max(1.0, std::abs(want.log_total))));
            const auto m = law.marginals();
            for (std::size_t i = 0; i < n; ++i) CHECK_THAT(m[i], WithinAbs(want.m[i], tol));
            for (std::size_t k = 0; k <= n; ++k) {
                double share = 0;
                for (std::size_t a = 0; a < want.subsets.size(); ++a)
                    if (static_cast<std::size_t>(std::popcount(want.subsets[a])) == k)
                        share += want.share[a];
                CHECK_THAT(law.size_share(k), WithinAbs(share, tol));
            }
            std::vector<std::uint8_t> chosen(n);
            likeliest_subset(r, k_min, k_max, chosen);
            for (std::size_t i = 0; i < n; ++i) CHECK(chosen[i] == (want.likeliest() >> i & 1));
        }
}

TEST_CASE("the covariance of a subset law is that of its subsets", "[subset_law][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 5, 9);
    const double scale = GENERATE(0.3, 3.0);
    const auto r = random_values(n, scale, 10 * n);
    for (const band sizes :
         {band{1, 1}, band{2, 2}, band{1, n}, band{(n + 1) / 2, n}, band{n, n}}) {
        CAPTURE(n, scale, sizes.k_min, sizes.k_max);
        const auto want = enumerate(r, sizes);
        const subset_law law(r, sizes.k_min, sizes.k_max);

        for (std::size_t j = 0; j < n; ++j) {
            const auto column = law.backward(unit(n, j));
            for (std::size_t i = 0; i < n; ++i)
                CHECK_THAT(column[i], WithinAbs(want.covariance(i, j), 1e-12));
            if (sizes.k_min == sizes.k_max) CHECK_THAT(sum(column), WithinAbs(0.0, 1e-13));
        }
    }
}

TEST_CASE("the published slopes hold the logarithm of 1 - p fixed", "[subset_law][oracle]") {
    const std::size_t n = 6;
    const auto r = random_values(n, 1.5, 3);
    const band sizes = GENERATE(band{3, 3}, band{2, 4});
    row log_p, log_q;
    for (const double x : r) {
        log_p.push_back(-std::log1p(std::exp(-x)));
        log_q.push_back(-std::log1p(std::exp(x)));
    }
    const subset_law law(r, sizes.k_min, sizes.k_max);
    const double h = 1e-5;

    for (std::size_t i = 0; i < n; ++i) {  // the gradient of m_i
        const auto got = law.backward(unit(n, i), subset_slopes::published);
        for (std::size_t j = 0; j < n; ++j) {
            const auto at = [&](double step) {
                auto moved = log_p;
                moved[j] = -std::log1p(std::exp(-r[j] - step));
                return enumerated(moved, log_q, sizes).m[i];
            };
            CHECK_THAT(got[j], WithinAbs((at(h) - at(-h)) / (2 * h), 1e-9));  // h^2 and eps/h
            CHECK_THAT(
                got[j],
                WithinAbs(enumerate(r, sizes).covariance(i, j) * (1 - std::exp(log_p[j])), 1e-12));
        }
    }
}

TEST_CASE("sampled subsets are as frequent as the law says", "[subset_law][oracle]") {
    struct setting {
        std::size_t experts;
        band sizes;
    };
    const auto [n, sizes] = GENERATE(setting{6, {3, 3}}, setting{8, {2, 2}}, setting{7, {2, 4}},
                                     setting{6, {1, 6}}, setting{6, {5, 5}});
    const auto r = random_values(n, 1.2, 100 + n);
    const auto want = enumerate(r, sizes);
    const subset_law law(r, sizes.k_min, sizes.k_max);
    const std::uint32_t draws = 1'000'000;

    std::map<unsigned, double> count;
    std::vector<std::uint8_t> chosen(n);
    row uniforms(n);
    for (std::uint32_t d = 0; d < draws; ++d) {
        const auto w = random_words(11, block(random_stream::subset, 0), n, d);
        const auto v = random_words(11, block(random_stream::subset, 1), n, d);
        const auto s = random_words(11, block(random_stream::subset, 2), n, d);
        for (std::size_t i = 0; i < n; ++i) uniforms[i] = uniform(i < 4 ? w[i] : v[i - 4]);
        law.sample(uniform(s[0]), uniforms, chosen);
        unsigned subset = 0;
        for (std::size_t i = 0; i < n; ++i) subset |= static_cast<unsigned>(chosen[i]) << i;
        ++count[subset];
    }

    double chi_square = 0, seen = 0, rare = 0, rare_seen = 0;
    double cells = 0;
    for (std::size_t a = 0; a < want.subsets.size(); ++a) {
        const double expected = draws * want.share[a], came = count[want.subsets[a]];
        seen += came;
        if (expected < 10) {  // too few for the limit law: all of these are one cell
            rare += expected;
            rare_seen += came;
            continue;
        }
        chi_square += (came - expected) * (came - expected) / expected;
        ++cells;
    }
    if (rare >= 10) {
        chi_square += (rare_seen - rare) * (rare_seen - rare) / rare;
        ++cells;
    }
    const double freedom = cells - 1;
    CAPTURE(n, sizes.k_min, sizes.k_max, chi_square, freedom);
    CHECK(seen == draws);
    CHECK(std::abs(chi_square - freedom) < 4 * std::sqrt(2 * freedom));
}

TEST_CASE("one of many is softmax, and all of all is all", "[subset_law][oracle]") {
    const std::size_t n = 9;
    const auto r = random_values(n, 3, 8);
    double total = 0;
    for (const double x : r) total += std::exp(x);

    const auto one = subset_law(r, 1, 1).marginals();
    const auto all = subset_law(r, n, n);

    for (std::size_t i = 0; i < n; ++i)
        CHECK_THAT(one[i], WithinAbs(std::exp(r[i]) / total, 1e-14));
    CHECK(all.marginals() == row(n, 1.0));
    CHECK_THAT(all.log_normaliser(), WithinAbs(sum(r), 1e-12));
}

TEST_CASE("an expert of logit -inf is never chosen", "[subset_law][property]") {
    const band sizes = GENERATE(band{2, 2}, band{1, 3});
    const row open{0.4, -1, 2, 0.3}, masked{-infinite, 0.4, -1, -infinite, 2, 0.3};
    const std::vector<std::size_t> place{1, 2, 4, 5};

    const subset_law law(open, sizes.k_min, sizes.k_max), more(masked, sizes.k_min, sizes.k_max);

    CHECK_THAT(more.log_normaliser(), WithinAbs(law.log_normaliser(), 1e-14));
    const auto m = law.marginals(), shares = more.marginals();
    const auto slopes = law.backward(row{1, 2, 3, 4}),
               more_slopes = more.backward(row{9, 1, 2, 9, 3, 4});
    for (const std::size_t closed : {0U, 3U})
        CHECK((shares[closed] == 0 && more_slopes[closed] == 0));
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_THAT(shares[place[i]], WithinAbs(m[i], 1e-15));
        CHECK_THAT(more_slopes[place[i]], WithinAbs(slopes[i], 1e-15));
    }
    std::vector<std::uint8_t> chosen(6);
    more.sample(0.999, row(6, 1e-9), chosen);
    CHECK((chosen[0] == 0 && chosen[3] == 0));
    likeliest_subset(masked, 3, 3, chosen);
    CHECK(chosen == std::vector<std::uint8_t>{0, 1, 0, 0, 1, 1});
}

TEST_CASE("where fewer than k experts are open, all of them are chosen", "[subset_law]") {
    const row r{-infinite, 0.5, -infinite, -3};

    const subset_law exact(r, 3, 3), band_(r, 1, 3);
    std::vector<std::uint8_t> chosen(4);
    exact.sample(0.5, row(4, 0.9), chosen);

    CHECK(chosen == std::vector<std::uint8_t>{0, 1, 0, 1});
    CHECK(exact.marginals() == row{0, 1, 0, 1});
    CHECK(exact.size_share(2) == 1);
    CHECK(band_.size_share(3) == 0);
    CHECK_THAT(sum(band_.marginals()), WithinAbs(1 + band_.size_share(2), 1e-15));
    likeliest_subset(r, 3, 3, chosen);
    CHECK(chosen == std::vector<std::uint8_t>{0, 1, 0, 1});
    const subset_law closed(row(2, -infinite), 1, 2);
    CHECK(closed.marginals() == row(2, 0.0));
    CHECK(closed.log_normaliser() == 0);
}

TEST_CASE("the lowest expert wins ties of the likeliest subset, and the smaller size",
          "[subset_law]") {
    std::vector<std::uint8_t> chosen(4);

    likeliest_subset(row{1, 2, 1, 1}, 2, 2, chosen);
    CHECK(chosen == std::vector<std::uint8_t>{1, 1, 0, 0});
    likeliest_subset(row{0, 1, 0, -1}, 1, 3, chosen);
    CHECK(chosen == std::vector<std::uint8_t>{0, 1, 0, 0});
    likeliest_subset(row{-1, -2, -1, -1}, 2, 3, chosen);
    CHECK(chosen == std::vector<std::uint8_t>{1, 0, 1, 0});
}

TEST_CASE("subset_law says what it cannot serve", "[subset_law][error]") {
    const row two(2);

    CHECK_THROWS_WITH(subset_law(two, 3, 3),
                      "subset_law: k is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(
        subset_law(two, 1, 3),
        "subset_law: k_max is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(subset_law(two, 0, 0), "subset_law: k is 0, but at least one must be chosen");
    CHECK_THROWS_WITH(subset_law(two, 0, 1),
                      "subset_law: k_min is 0, but at least one must be chosen");
    CHECK_THROWS_WITH(subset_law(two, 2, 1),
                      "subset_law: k_min is 2 and k_max is 1, but the band must not be empty");
    CHECK_THROWS_WITH(subset_law(row{}, 1, 1),
                      "subset_law: k is 1 of 0 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(subset_law(row{0, not_a_number}, 1, 1),
                      "subset_law: a logit is nan, but it must be finite, or -inf for an expert "
                      "never chosen");
    CHECK_THROWS_WITH(subset_law(row{0, infinite}, 1, 1),
                      "subset_law: a logit is inf, but it must be finite, or -inf for an expert "
                      "never chosen");
    const subset_law law(two, 1, 1);
    std::vector<std::uint8_t> chosen(3);
    CHECK_THROWS_WITH(law.backward(row(3)),
                      "subset_law: 3 values came, but the 2 experts need one each");
    CHECK_THROWS_WITH(law.sample(0.5, row(2), chosen),
                      "subset_law: 3 values came, but the 2 experts need one each");
    CHECK_THROWS_WITH(likeliest_subset(two, 1, 1, chosen),
                      "subset_law: 3 values came, but the 2 experts need one each");
}
