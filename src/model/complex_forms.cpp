// SPDX-License-Identifier: MIT
#include <array>
#include <complex>
#include <moebius/model/complex_forms.hpp>

namespace moebius {
namespace {

using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

/// f'''(a, b, c) for real directions.
VectorXd third_real(const multilinear& forms, const VectorXd& a, const VectorXd& b,
                    const VectorXd& c) {
    return (forms.third(a + b + c) - forms.third(a + b - c) - forms.third(a - b + c) -
            forms.third(b + c - a)) /
           24;
}

}  // namespace

VectorXcd second_form(const multilinear& forms, const VectorXcd& a, const VectorXcd& b) {
    const VectorXd ar = a.real(), ai = a.imag(), br = b.real(), bi = b.imag();
    return (forms.second(ar, br) - forms.second(ai, bi)) +
           complex(0, 1) * (forms.second(ar, bi) + forms.second(ai, br));
}

VectorXcd third_form(const multilinear& forms, const VectorXcd& a, const VectorXcd& b,
                     const VectorXcd& c) {
    VectorXcd sum = VectorXcd::Zero(a.size());
    constexpr std::array<complex, 4> power{1.0, {0, 1}, -1.0, {0, -1}};  // of i
    const auto part = [](const VectorXcd& z, std::size_t imaginary) -> VectorXd {
        return imaginary == 0 ? VectorXd(z.real()) : VectorXd(z.imag());
    };
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 2; ++j)
            for (std::size_t k = 0; k < 2; ++k)
                sum += power[i + j + k] * third_real(forms, part(a, i), part(b, j), part(c, k));
    return sum;
}

}  // namespace moebius
