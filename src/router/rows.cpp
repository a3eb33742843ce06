// SPDX-License-Identifier: MIT
#include "rows.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <numeric>

namespace moebius {
bool routable(std::span<const double> logits) noexcept {
    double top = -infinite;
    for (const double l : logits) {
        if (!(l < infinite)) return false;  // also NaN
        top = std::max(top, l);
    }
    return top > -infinite;
}

double log_sum_exp(std::span<const double> values) noexcept {
    double top = -infinite, sum = 0;
    for (const double value : values) top = std::max(top, value);
    if (!(top > -infinite)) return -infinite;
    for (const double value : values) sum += std::exp(value - top);
    return top + std::log(sum);
}

void softmax(std::span<const double> row, std::span<double> out) noexcept {
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (std::size_t e = 0; e < row.size(); ++e) sum += out[e] = std::exp(row[e] - top);
    for (double& share : out) share /= sum;
}

void add_softmax_backward(std::span<const double> p, std::span<const double> by_p,
                          std::span<double> by_row) noexcept {
    double mean = 0;
    for (std::size_t e = 0; e < p.size(); ++e)
        if (p[e] != 0) mean += p[e] * by_p[e];
    for (std::size_t e = 0; e < p.size(); ++e)
        if (p[e] != 0) by_row[e] += p[e] * (by_p[e] - mean);
}

void mark_largest(std::span<const double> values, std::span<const double> logits, std::size_t k,
                  std::span<std::uint8_t> marks) {
    std::vector<std::size_t> open;
    for (std::size_t e = 0; e < values.size(); ++e)
        if (std::isfinite(logits[e])) open.push_back(e);
    const auto last = open.begin() + static_cast<std::ptrdiff_t>(std::min(k, open.size()));
    std::partial_sort(open.begin(), last, open.end(), [&](std::size_t a, std::size_t b) {
        return values[a] != values[b] ? values[a] > values[b] : a < b;
    });
    std::fill(marks.begin(), marks.end(), std::uint8_t{0});
    for (auto e = open.begin(); e != last; ++e) marks[*e] = 1;
}

bool all_zero(std::span<const double> values) noexcept {
    return std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
}

}  // namespace moebius
