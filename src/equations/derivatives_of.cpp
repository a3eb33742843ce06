// SPDX-License-Identifier: MIT
#include "derivatives_of.hpp"

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <numbers>

namespace moebius::detail {
namespace {

using four = std::array<double, 4>;

constexpr double sign_of(double z) { return z > 0 ? 1 : z < 0 ? -1 : 0; }

four of_root(double y, double z) {
    const double slope = 0.5 / y;
    return {y, slope, -slope / (2 * z), 3 * slope / (4 * z * z)};
}

four of_logarithm(double value, double z, double unit) {
    return {value, unit / z, -unit / (z * z), 2 * unit / (z * z * z)};
}

four of_tangent(double t, double /*z*/) {
    const double u = 1 + t * t;
    return {t, u, 2 * t * u, 2 * u * (1 + 3 * t * t)};
}

four of_hyperbolic_tangent(double t, double /*z*/) {
    const double u = (1 - t) * (1 + t);
    return {t, u, -2 * t * u, u * (6 * t * t - 2)};
}

four of_wave(double y, double slope) { return {y, slope, -y, -slope}; }

/// Of arcsine; arccosine has the same with the other sign.
four of_arcsine(double value, double z, double sign) {
    const double r = (1 - z) * (1 + z), slope = sign / std::sqrt(r);
    return {value, slope, z * slope / r, (1 + 2 * z * z) * slope / (r * r)};
}

four of_arctangent(double y, double z) {
    const double w = 1 / (1 + z * z);
    return {y, w, -2 * z * w * w, (6 * z * z - 2) * w * w * w};
}

four of_error_function(double value, double z, double sign) {
    const double slope = sign * 2 * std::numbers::inv_sqrtpi * std::exp(-z * z);
    return {value, slope, -2 * z * slope, (4 * z * z - 2) * slope};
}

four of_log_gamma(double y, double z) {
    if (!(z > 0) && std::floor(z) == z) return {y, NAN, NAN, NAN};  // a pole
    return {y, boost::math::digamma(z), boost::math::trigamma(z), boost::math::polygamma(2, z)};
}

four constant(double y, double /*z*/) { return {y, 0, 0, 0}; }

/// A function and, from its value y at z, that and its derivatives.
struct known_function {
    operation what;
    double (*value)(double z);
    four (*derivatives)(double y, double z);
};

using op = operation;
constexpr std::array known_functions{
    known_function{op::not_one, [](double z) { return z == 0 ? 1.0 : 0.0; }, constant},
    known_function{op::step, [](double z) { return z < 0 ? 0.0 : 1.0; }, constant},
    known_function{op::sign, sign_of, constant},
    known_function{op::floor, [](double z) { return std::floor(z); }, constant},
    known_function{op::absolute, [](double z) { return std::abs(z); },
                   [](double y, double z) {
                       return four{y, sign_of(z), 0, 0};
                   }},
    known_function{op::square_root, [](double z) { return std::sqrt(z); }, of_root},
    known_function{op::exponential, [](double z) { return std::exp(z); },
                   [](double y, double /*z*/) {
                       return four{y, y, y, y};
                   }},
    known_function{op::logarithm, [](double z) { return std::log(z); },
                   [](double y, double z) { return of_logarithm(y, z, 1); }},
    known_function{op::logarithm10, [](double z) { return std::log10(z); },
                   [](double y, double z) { return of_logarithm(y, z, std::numbers::log10e); }},
    known_function{op::sine, [](double z) { return std::sin(z); },
                   [](double y, double z) { return of_wave(y, std::cos(z)); }},
    known_function{op::cosine, [](double z) { return std::cos(z); },
                   [](double y, double z) { return of_wave(y, -std::sin(z)); }},
    known_function{op::tangent, [](double z) { return std::tan(z); }, of_tangent},
    known_function{op::arcsine, [](double z) { return std::asin(z); },
                   [](double y, double z) { return of_arcsine(y, z, 1); }},
    known_function{op::arccosine, [](double z) { return std::acos(z); },
                   [](double y, double z) { return of_arcsine(y, z, -1); }},
    known_function{op::arctangent, [](double z) { return std::atan(z); }, of_arctangent},
    known_function{op::hyperbolic_sine, [](double z) { return std::sinh(z); },
                   [](double y, double z) {
                       return four{y, std::cosh(z), y, std::cosh(z)};
                   }},
    known_function{op::hyperbolic_cosine, [](double z) { return std::cosh(z); },
                   [](double y, double z) {
                       return four{y, std::sinh(z), y, std::sinh(z)};
                   }},
    known_function{op::hyperbolic_tangent, [](double z) { return std::tanh(z); },
                   of_hyperbolic_tangent},
    known_function{op::error_function, [](double z) { return std::erf(z); },
                   [](double y, double z) { return of_error_function(y, z, 1); }},
    known_function{op::complementary_error, [](double z) { return std::erfc(z); },
                   [](double y, double z) { return of_error_function(y, z, -1); }},
    known_function{op::log_gamma, [](double z) { return std::lgamma(z); }, of_log_gamma}};

constexpr std::size_t place_of_function(operation what) {
    return static_cast<std::size_t>(what) - static_cast<std::size_t>(op::not_one);
}

static_assert([] {  // the table is in the order of the operations
    for (std::size_t i = 0; i < known_functions.size(); ++i)
        if (place_of_function(known_functions[i].what) != i) return false;
    return true;
}());

}  // namespace

double value_of(operation what, double z) {
    return known_functions[place_of_function(what)].value(z);
}

four derivatives_of(operation what, double z) {
    const auto& known = known_functions[place_of_function(what)];
    return known.derivatives(known.value(z), z);
}

four power_derivatives(double z, double c) {
    four out{};
    double factor = 1;
    for (int k = 0; k < 4; ++k) {
        out[static_cast<std::size_t>(k)] = factor == 0 ? 0 : factor * std::pow(z, c - k);
        factor *= c - k;
    }
    return out;
}

}  // namespace moebius::detail
