// SPDX-License-Identifier: MIT
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <moebius/compare/chi_square.hpp>

namespace moebius {

double chi_square_p(double sum, std::size_t deviates) {
    if (deviates == 0 || sum <= 0) return 1;
    if (!std::isfinite(sum)) return 0;
    return boost::math::cdf(
        boost::math::complement(boost::math::chi_squared(static_cast<double>(deviates)), sum));
}

}  // namespace moebius
