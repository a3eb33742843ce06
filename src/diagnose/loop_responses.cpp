// SPDX-License-Identifier: MIT
#include "loop_responses.hpp"

#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <bit>
#include <cmath>

namespace moebius {
namespace {

/// Sum of (1 - j/m) A^j over m steps j from 0 on, by doubling.
Eigen::Matrix2d seen_powers(const Eigen::Matrix2d& A, std::size_t m) {
    Eigen::Matrix2d power = Eigen::Matrix2d::Identity(), sum = Eigen::Matrix2d::Zero(),
                    steps = sum;  // A^k, sums of A^j and of j A^j over the first k
    double k = 0;
    for (std::size_t bit = std::bit_floor(m); bit > 0; bit /= 2) {
        steps += power * (steps + k * sum);
        sum += power * sum;
        power *= power;
        k *= 2;
        if ((m & bit) == 0) continue;
        steps += k * power;
        sum += power;
        power *= A;
        ++k;
    }
    return sum - steps / static_cast<double>(m);
}

}  // namespace

double answered(double r, double m) {
    const double z = std::max(r * m, -1.0);
    return std::abs(z) < 1e-4 ? m * (0.5 - z / 6) : m * (1 + std::expm1(-z) / z) / z;
}

double answered_more(double r, double m) {
    const double z = std::max(r * m, -1.0);
    if (std::abs(z) < 1e-2) return m * m * (1.0 / 6 - z / 12);
    return m * m * (1 + std::exp(-z) + 2 * std::expm1(-z) / z) / (z * z);
}

response_sums responses(double a, double c, const response_rates& rates, double m) {
    const auto [pull, e, leak] = rates;
    if (!(c > 0)) return {answered(e - a, m), 0};
    Eigen::Matrix2d A;
    A << 1 - e + a, c, -pull * a, 1 - leak - pull * c;
    const double half = A.trace() / 2, apart = half * half - A.determinant();
    const double size = apart < 0 ? std::sqrt(A.determinant()) : std::abs(half) + std::sqrt(apart);
    const double most = std::exp(1 / m);
    if (size > most) A *= most / size;  // growth that m steps cannot tell from none
    const Eigen::Vector2d sums =
        seen_powers(A, static_cast<std::size_t>(m)) * Eigen::Vector2d(1, -pull);
    return {sums[0], sums[1]};
}

}  // namespace moebius
