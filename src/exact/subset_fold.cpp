// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/subset_fold.hpp>

namespace moebius::exact {
namespace {

double ln_choose(std::size_t n, std::size_t k) {
    return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
           std::lgamma(static_cast<double>(n - k) + 1);
}

/// K(r) of m winners, r > 0.
double branch_K(std::size_t n, std::size_t k, std::size_t m, double r) {
    const std::size_t least = k > n - m ? k - (n - m) : 0, most = std::min(m, k);
    double sum = 0, mean = 0;
    const double scale = ln_choose(m, most) + ln_choose(n - m, k - most);
    for (std::size_t j = least; j <= most; ++j) {
        const double w = std::exp(ln_choose(m, j) + ln_choose(n - m, k - j) - scale +
                                  (static_cast<double>(j) - static_cast<double>(most)) * r);
        sum += w;
        mean += static_cast<double>(j) * w;
    }
    const double a = mean / sum / static_cast<double>(m * k);
    const double c = (1 - static_cast<double>(m) * a) / static_cast<double>(n - m);
    return r / (a - c);
}

}  // namespace

subset_branch_fold subset_fold(std::size_t experts, std::size_t top_k) {
    // r -> 0 of any branch: equal loads, where they are lost (this checks the arguments, too)
    subset_branch_fold out{balanced(experts, 0, top_k).threshold, 0, 0};
    // K(r) falls from there to its fold and then rises as r: the fold lies below twice that K
    const double end = 2 * std::log(static_cast<double>(experts)) + 20;
    for (std::size_t m = 1; m < experts; ++m) {
        const auto [r, K] = boost::math::tools::brent_find_minima(
            [&](double at) { return branch_K(experts, top_k, m, at); }, 1e-3, end, 30);
        if (K < out.K) out = {K, r, m};
        if (m > top_k && K > out.K) break;  // more winners than choices only dilute
    }
    return out;
}

}  // namespace moebius::exact
