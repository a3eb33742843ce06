// SPDX-License-Identifier: MIT
#include "difference_forms.hpp"

#include <complex>
#include <moebius/base/view.hpp>

namespace moebius {

using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr complex i_unit{0, 1};

VectorXd difference_forms::f_at(const VectorXd& v, double s) const {
    const VectorXd x = here_.x + s * v;
    VectorXd out(x.size());
    here_.at.model->rhs(view(x), here_.at.parameters, view(out));
    return out;
}

VectorXd difference_forms::second_along(const VectorXd& v) const {
    const double largest = v.cwiseAbs().maxCoeff();
    if (largest == 0) return v;
    const double h = step_ / largest;
    // (-f(2h) + 16 f(h) - 30 f(0) + 16 f(-h) - f(-2h)) / 12 h^2
    return (16 * (f_at(v, h) + f_at(v, -h)) - (f_at(v, 2 * h) + f_at(v, -2 * h)) -
            30 * f_at(v, 0)) /
           (12 * h * h);
}

VectorXd difference_forms::third_along(const VectorXd& v) const {
    const double largest = v.cwiseAbs().maxCoeff();
    if (largest == 0) return v;
    const double h = step_ / largest;
    // (-f(3h) + 8 f(2h) - 13 f(h) + 13 f(-h) - 8 f(-2h) + f(-3h)) / 8 h^3
    return (8 * (f_at(v, 2 * h) - f_at(v, -2 * h)) - 13 * (f_at(v, h) - f_at(v, -h)) -
            (f_at(v, 3 * h) - f_at(v, -3 * h))) /
           (8 * h * h * h);
}

VectorXd difference_forms::real_second(const VectorXd& u, const VectorXd& v) const {
    // B(u, v) of directions of one length, so that neither drowns in the other
    const double a = u.norm(), b = v.norm();
    if (a == 0 || b == 0) return VectorXd::Zero(u.size());
    return a * b / 4 * (second_along(u / a + v / b) - second_along(u / a - v / b));
}

VectorXcd difference_forms::second(const VectorXcd& u, const VectorXcd& v) const {
    const VectorXd a = u.real(), b = u.imag(), c = v.real(), d = v.imag();
    return (real_second(a, c) - real_second(b, d)) +
           i_unit * (real_second(a, d) + real_second(b, c));
}

VectorXcd difference_forms::third(const VectorXcd& q) const {
    // (a + ib)^2 (a - ib) = a^3 + a b^2 + i (a^2 b + b^3), and by polarization
    // 6 a^2 b = (a + b)^3 - (a - b)^3 - 2 b^3
    const VectorXd a = q.real(), b = q.imag();
    const VectorXd aaa = third_along(a), bbb = third_along(b);
    const VectorXd plus = third_along(a + b), minus = third_along(a - b);
    const VectorXd aab = (plus - minus - 2 * bbb) / 6;
    const VectorXd abb = (plus + minus - 2 * aaa) / 6;
    return (aaa + abb) + i_unit * (aab + bbb);
}

}  // namespace moebius
