// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/router/subset_law.hpp>
#include <numeric>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::row;
using test::sum;

/// log P(k draws of p = sigmoid(r) come out) by logaddexp, as in docs/routers.md
/// section 2.2.
row log_sizes(const row& r, std::size_t k) {
    const auto log_add = [](double a, double b) {
        const double top = std::max(a, b);
        return top == -infinite ? top : top + std::log(std::exp(a - top) + std::exp(b - top));
    };
    row a(k + 1, -infinite);
    a[0] = 0;
    for (const double x : r) {
        const double log_q = -std::max(x, 0.0) - std::log1p(std::exp(-std::abs(x)));
        for (std::size_t j = k; j > 0; --j) a[j] = log_add(a[j - 1] + x + log_q, a[j] + log_q);
        a[0] += log_q;
    }
    return a;
}

}  // namespace

TEST_CASE("many experts with large logits keep the law in range", "[subset_law][property]") {
    struct setting {
        std::size_t experts, k;
    };
    const auto [n, k] =
        GENERATE(setting{64, 8}, setting{512, 16}, setting{2048, 8}, setting{2048, 600});
    const double scale = GENERATE(0.0, 1.0, 700.0);
    const std::size_t width = GENERATE(as<std::size_t>{}, 0, 3);
    auto r = random_values(n, 1, n);
    for (double& x : r) x = scale == 700 ? std::copysign(700, x) + x : scale * x;
    CAPTURE(n, k, scale, width);

    const subset_law law(r, k - width, k);
    const auto m = law.marginals();

    double size = 0;
    const auto sizes = log_sizes(r, k);
    double top = -infinite, total = 0, log_base = 0;
    for (std::size_t j = k - width; j <= k; ++j) top = std::max(top, sizes[j]);
    for (std::size_t j = k - width; j <= k; ++j) {
        size += static_cast<double>(j) * law.size_share(j);
        total += std::exp(sizes[j] - top);
    }
    for (const double x : r) log_base += std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    const double want = top + std::log(total) + log_base;
    CHECK_THAT(law.log_normaliser(), WithinRel(want, 1e-12));  // sums of N logarithms of 700
    for (const double share : m) CHECK((share >= 0 && share <= 1 + 1e-12));
    CHECK_THAT(sum(m), WithinRel(size, 1e-12));
    const auto flat = law.backward(row(n, 1.0));
    for (const double slope : flat) CHECK(std::isfinite(slope));
    if (width == 0)
        for (const double slope : flat) CHECK_THAT(slope, WithinAbs(0.0, 1e-12));
}

TEST_CASE("an offset of all logits takes a band to one of its ends", "[subset_law][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 7, 64);
    const double offset = GENERATE(-2000.0, -60.0, 60.0, 2000.0);
    const std::size_t end = offset < 0 ? 2 : 5;
    auto r = random_values(n, 2, n), moved = r;
    for (double& x : moved) x += offset;

    const subset_law band_(moved, 2, 5), exact(r, end, end);

    const double rest = 1e-12;  // of the other sizes, exp(-60 + ...); and rounding of 2000 + x
    CHECK_THAT(band_.size_share(end), WithinAbs(1.0, rest));
    CHECK_THAT(band_.log_normaliser() - exact.log_normaliser(),
               WithinRel(offset * static_cast<double>(end), rest));
    const auto m = band_.marginals(), want = exact.marginals();
    for (std::size_t i = 0; i < n; ++i) CHECK_THAT(m[i], WithinAbs(want[i], rest));
}
