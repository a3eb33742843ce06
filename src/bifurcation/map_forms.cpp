// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <cmath>
#include <complex>
#include <moebius/bifurcation/map_forms.hpp>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/model/complex_forms.hpp>
#include <moebius/solve/dense.hpp>
#include <numbers>

#include "eigenpair.hpp"
#include "jordan_chains.hpp"
#include "map_tests.hpp"

namespace moebius {
namespace {

using detail::eigenpair;
using detail::jordan_chains;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

/// A fixed point with multipliers mu and conj(mu), mu not real: the quadratic part of its centre
/// manifold. All forms are those of f; the rule's are `step` times as large.
struct circle_point {
    MatrixXd fx;
    multilinear forms;
    complex mu;
    eigenpair at;
    VectorXcd conj;      // of q
    complex b;           // w^H B(conj q, conj q)/2
    VectorXcd h11, h20;  // h20 without its part along conj q

    circle_point(const field& model, double step, complex multiplier, const std::vector<double>& x,
                 const std::vector<double>& p)
        : fx(detail::jacobian_at(model, x, p)),
          forms(model, x, p, {}),
          mu(multiplier),
          at(fx, (mu - 1.0) / step),
          conj(at.q.conjugate()) {
        const VectorXcd squared = second_form(forms, at.q, at.q);
        b = step * at.w.dot(VectorXcd(squared.conjugate())) / 2.0;
        // (z - A)^-1 step B = ((z - 1)/step - f_x)^-1 B with A = 1 + step f_x
        h11 = detail::solve_shifted(fx, 0.0, second_form(forms, at.q, conj));
        const eigenpair beside{conj, at.w.conjugate()};
        const complex along = beside.w.dot(squared), z = (mu * mu - 1.0) / step;
        h20 = detail::solve_beside(fx, z, beside, squared - along * conj);
    }

    /// The sizes of the terms of `cubic`, together.
    [[nodiscard]] double terms() const {
        return (std::abs(at.w.dot(third_form(forms, at.q, at.q, conj))) +
                2 * std::abs(at.w.dot(second_form(forms, at.q, h11))) +
                std::abs(at.w.dot(second_form(forms, conj, h20)))) /
               2;
    }

    /// w^H (C(q, q, conj q) + 2 B(q, h11) + B(conj q, h20))/2, of f.
    [[nodiscard]] complex cubic() const {
        return at.w.dot(third_form(forms, at.q, at.q, conj) + 2.0 * second_form(forms, at.q, h11) +
                        second_form(forms, conj, h20)) /
               2.0;
    }
};

}  // namespace

double flip_coefficient(const field& model, double step, const std::vector<double>& x,
                        const std::vector<double>& p) {
    const MatrixXd a = detail::jacobian_at(model, x, p);
    const eigenpair at(a, -2 / step);
    const VectorXd q = at.q.real();
    const multilinear forms(model, x, p, {});
    // (I - A)^-1 step B = -f_x^-1 B with A = I + step f_x
    const VectorXd h = -partial_lu<double>(a).solve(forms.second(q));
    return step * at.w.real().dot(forms.third(q) + 3 * forms.second(q, h)) / 6;
}

double torus_coefficient(const field& model, double step, double theta,
                         const std::vector<double>& x, const std::vector<double>& p) {
    const circle_point at(model, step, std::polar(1.0, theta), x, p);
    return (step * std::conj(at.mu) * at.cubic()).real() - std::norm(at.b);
}

double torus_share(const field& model, double step, double theta, const std::vector<double>& x,
                   const std::vector<double>& p) {
    const circle_point at(model, step, std::polar(1.0, theta), x, p);
    const double a = (step * std::conj(at.mu) * at.cubic()).real() - std::norm(at.b);
    const double scale = model.state_scale(p);
    return a / (step * at.terms() + std::norm(at.b) + least_of_forms / (scale * scale));
}

/// As of a flow with a double zero, of the field step f.
resonance_1_form resonance_1_at(const field& model, double step, const std::vector<double>& x,
                                const std::vector<double>& p) {
    const auto flow = bogdanov_takens_at(model, x, p);
    return {step * step * flow.a, step * flow.b};
}

/// From A + 1 and the equations of the terms of order w0^2, w0 w1, w0^3 and w0^2 w1 in
/// F(H(w)) = H(G(w)).
resonance_2_form resonance_2_at(const field& model, double step, const std::vector<double>& x,
                                const std::vector<double>& p) {
    const MatrixXd fx = detail::jacobian_at(model, x, p);
    const jordan_chains at(step * fx + 2 * MatrixXd::Identity(fx.rows(), fx.cols()));
    const multilinear forms(model, x, p, {});
    const partial_lu<double> lu(-step * fx);  // 1 - A
    const VectorXd h20 = lu.solve(step * forms.second(at.q0));
    const VectorXd h11 = lu.solve(step * forms.second(at.q0, at.q1) + h20);
    const VectorXd cubic = step * (forms.third(at.q0) + 3 * forms.second(at.q0, h20));
    const VectorXd mixed = step * (third_form(forms, at.q0, at.q0, at.q1).real() +
                                   2 * forms.second(at.q0, h11) + forms.second(at.q1, h20));
    return {at.p1.dot(cubic) / 6, (at.p1.dot(mixed) + at.p0.dot(cubic)) / 2};
}

/// conj(w)^2 and w |w|^2 have the same resonance, and h20 no part along conj q.
resonance_3_form resonance_3_at(const field& model, double step, const std::vector<double>& x,
                                const std::vector<double>& p) {
    const circle_point at(model, step, std::polar(1.0, 2 * std::numbers::pi / 3), x, p);
    const complex c = step * at.cubic();
    const double b = std::abs(at.b);
    return {b, c, (std::conj(at.mu) * c).real() - b * b};
}

resonance_4_form resonance_4_at(const field& model, double step, const std::vector<double>& x,
                                const std::vector<double>& p) {
    const circle_point at(model, step, detail::i_unit, x, p);
    // h20 whole: (mu^2 - A) is regular here
    const VectorXcd h20 =
        detail::solve_shifted(at.fx, -2.0 / step, second_form(at.forms, at.at.q, at.at.q));
    const VectorXcd h02 = h20.conjugate();
    const complex c = step *
                      at.at.w.dot(third_form(at.forms, at.at.q, at.at.q, at.conj) +
                                  2.0 * second_form(at.forms, at.at.q, at.h11) +
                                  second_form(at.forms, at.conj, h20)) /
                      2.0;
    const complex d = step *
                      at.at.w.dot(third_form(at.forms, at.conj, at.conj, at.conj) +
                                  3.0 * second_form(at.forms, at.conj, h02)) /
                      6.0;
    return {c, std::abs(d), -detail::i_unit * c / std::abs(d)};
}

}  // namespace moebius
