// SPDX-License-Identifier: MIT
// Rows of numbers that several tests of routers use.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <moebius/base/constants.hpp>
#include <numeric>
#include <vector>

namespace moebius::test {

using row = std::vector<double>;
using marks = std::vector<std::uint8_t>;

struct band {
    std::size_t k_min, k_max;
};

inline row softmax_of(const row& z) {
    row out;
    double sum = 0;
    for (const double value : z) sum += std::exp(value);
    for (const double value : z) out.push_back(std::exp(value) / sum);
    return out;
}

inline double dot(const row& a, const row& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

inline double sum(const row& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// Numbers in (-spread, spread) without a period.
inline row pattern(std::size_t count, double spread = 1) {
    row out(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double x = static_cast<double>(i + 1);
        out[i] = spread * std::sin(1.7 * x + 0.3 * x * x);
    }
    return out;
}

}  // namespace moebius::test
