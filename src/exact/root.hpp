// SPDX-License-Identifier: MIT
#pragma once

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

namespace moebius::exact {

/// The root of a continuous f between a < b, to rounding; where f does not change sign, the end at
/// which it is smaller.
///
/// @source Alefeld, Potra and Shi, ACM TOMS 748
template <typename F>
double root_between(const F& f, double a, double b) {
    const double fa = f(a), fb = f(b);
    const auto smaller = [&f](double p, double q) {
        return std::abs(f(p)) <= std::abs(f(q)) ? p : q;
    };
    if (!(a < b) || (fa > 0 && fb > 0) || (fa < 0 && fb < 0)) return smaller(a, b);
    std::uintmax_t evaluations = 2000;  // far above the need: halving reaches every double
    const boost::math::tools::eps_tolerance<double> all_digits(std::numeric_limits<double>::digits);
    const auto [p, q] = boost::math::tools::toms748_solve(f, a, b, fa, fb, all_digits, evaluations);
    return smaller(p, q);
}

}  // namespace moebius::exact
