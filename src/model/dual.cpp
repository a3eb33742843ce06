// SPDX-License-Identifier: MIT
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/lambert_w.hpp>
#include <boost/math/special_functions/sinc.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <moebius/model/dual.hpp>

namespace moebius {

dual lgamma(const dual& x) {
    return x.through(boost::math::lgamma(x.value()), boost::math::digamma(x.value()));
}

dual tgamma(const dual& x) {
    const double y = boost::math::tgamma(x.value());
    return x.through(y, y * boost::math::digamma(x.value()));
}

dual digamma(const dual& x) {
    return x.through(boost::math::digamma(x.value()), boost::math::trigamma(x.value()));
}

dual lambert_w0(const dual& x) {
    const double y = boost::math::lambert_w0(x.value());
    return x.through(y, 1 / (std::exp(y) * (1 + y)));
}

dual sinc(const dual& x) {
    const double v = x.value(), y = boost::math::sinc_pi(v);
    const double near_zero = 1e-4;  // there the difference below loses digits
    return x.through(y, std::abs(v) < near_zero ? -v / 3 : (std::cos(v) - y) / v);
}

}  // namespace moebius
