// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/random.hpp>
#include <moebius/model/logistic_columns.hpp>
#include <vector>

#include "../each_target.hpp"
#include "catch.hpp"

using namespace moebius;
using models::logistic_columns;

namespace {

std::vector<double> uniforms_of(std::size_t n, double low, double high) {
    std::vector<double> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto w = random_words(7, random_stream::made, 1, static_cast<std::uint32_t>(i));
        out[i] = low + (high - low) * uniform(w[0]);
    }
    return out;
}

/// The same sums from their definition, in extended precision, and the sums of their terms' sizes.
struct defined {
    std::array<long double, 5> sums{}, sizes{};

    defined(const std::vector<double>& a, const std::vector<double>& w, double x, double beta) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            const double place = a[i] + x, z = beta * place;
            const long double t = std::tanh(z / 2.0L);
            const long double e = std::exp(-std::abs(static_cast<long double>(z)));
            const long double t1 = 2 * e / ((1 + e) * (1 + e));
            add(0, w[i] * t, w[i] * std::abs(t));
            add(1, w[i] * t1, w[i] * t1);
            add(2, -w[i] * t * t1, w[i] * t1);
            add(3, -w[i] * t1 * (t1 - t * t), w[i] * t1);
            add(4, w[i] * place * t1, w[i] * std::abs(place) * t1);
        }
    }

    void add(std::size_t k, long double term, long double size) {
        sums[k] += term;
        sizes[k] += size;
    }
};

}  // namespace

TEST_CASE("sums of logistic gaps are those of their definition", "[model][property]") {
    const std::size_t tokens = GENERATE(1U, 7U, 8U, 9U, 365U);
    const double spread = GENERATE(1e-12, 0.1, 3.0, 900.0), beta = GENERATE(0.3, 4.0);
    const auto a = uniforms_of(tokens, -spread, spread), w = uniforms_of(tokens, 0.1, 1);
    const double x = 0.2 * spread;

    const auto sums = logistic_columns(a, w).sums(x, beta);

    const defined exact(a, w, x, beta);
    const long double least = std::numeric_limits<double>::min();  // a = 700 stands for all beyond
    for (std::size_t k = 0; k < 5; ++k) {
        INFO("sum " << k << " of " << tokens << " tokens");
        CHECK(std::abs(sums[k] - exact.sums[k]) <= 1e-15L * exact.sizes[k] + 1e10L * least);
    }
}

TEST_CASE("sums of logistic gaps are the same bits on every processor", "[model][property]") {
    const std::size_t tokens = GENERATE(1U, 13U, 364U);
    const auto a = uniforms_of(tokens, -3, 3), w = uniforms_of(tokens, 0.1, 1);
    const logistic_columns columns(a, w);
    const auto here = columns.sums(0.37, 4.1);

    on_each_target([&] { CHECK(columns.sums(0.37, 4.1) == here); });
}

TEST_CASE("a response that is asked at no number gives none", "[model]") {
    const double no_number = std::numeric_limits<double>::quiet_NaN();
    const logistic_columns columns(std::vector{0.1, -0.4}, std::vector{0.5, 0.5});

    for (const double sum : columns.sums(no_number, 2)) CHECK(std::isnan(sum));
    for (const double sum : columns.sums(1, no_number)) CHECK(std::isnan(sum));
    CHECK(columns.sums(std::numeric_limits<double>::infinity(), 2)[0] == 1);
}
