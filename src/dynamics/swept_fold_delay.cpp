// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/slow_sweep.hpp>

namespace moebius {

double swept_fold_delay(double alpha, double a, double rate) {
    constexpr double airy_zero = 2.338107410459767;  // Ai(-2.338...) = 0
    if (!(alpha * a * rate > 0))
        throw invalid_argument("swept_fold_delay",
                               fmt::format("alpha, a, rate are {}, {}, {}", alpha, a, rate),
                               "their product must be > 0: the sweep must leave the equilibria");
    return std::copysign(airy_zero * std::cbrt(rate * rate / std::abs(alpha * a)), rate);
}

}  // namespace moebius
