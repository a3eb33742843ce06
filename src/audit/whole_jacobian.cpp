// SPDX-License-Identifier: MIT
#include "whole_jacobian.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/view.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/coupled_cells.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/linearization.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double short_enough = 1e-9;  // error of differences, of the size
constexpr double symmetric = 1e-14;    // of the size, within which a matrix is its transpose
constexpr double traced = 1e-12;       // of the size, for each eigenvalue
constexpr Index hundreds = 128;        // states; of fewer, all eigenvalues take milliseconds

/// Whether numbers are the eigenvalues of a matrix, as far as its trace, that of its square and its
/// characteristic polynomial at one place tell.
bool are_eigenvalues(const std::vector<complex>& values, const MatrixXd& a, double size) {
    const auto n = static_cast<double>(a.rows());
    const double place = 1.5 * size;  // beyond all of them: the polynomial is not small there
    MatrixXd shifted = -a / place;
    shifted.diagonal().array() += 1;
    const Eigen::PartialPivLU<MatrixXd> lu(shifted);
    const double log_of_matrix = lu.matrixLU().diagonal().array().abs().log().sum();
    complex sum, of_squares, log_of_values;
    for (const auto& z : values) {
        sum += z;
        of_squares += z * z;
        log_of_values += std::log(1.0 - z / place);
    }
    const double squares = a.cwiseProduct(a.transpose()).sum();
    return std::abs(sum - a.trace()) <= traced * n * size &&
           std::abs(of_squares - squares) <= traced * n * size * size &&
           std::abs(log_of_values.real() - log_of_matrix) <= traced * n;
}

/// Of hundreds of cells that a model knows to be coupled by one matrix, from that matrix, where
/// they prove to be those of the whole one; else none.
std::vector<complex> eigenvalues_of_cells(const whole_point& here, const MatrixXd& a, double size) {
    if (a.rows() < hundreds || !dynamic_cast<const coupled_cells*>(here.at.model.get())) return {};
    linear_terms terms(*here.at.model, {});
    if (!terms.evaluate({here.x.begin(), here.x.end()}, here.at.parameters)) return {};
    auto values = terms.spectrum();
    if (!are_eigenvalues(values, a, size)) values.clear();
    return values;
}

/// A symmetric matrix is faster, and its eigenvalues are real.
std::vector<complex> every_eigenvalue(const whole_slopes& at) {
    if (!at.is_symmetric()) return eigenvalues(at.fx);
    const VectorXd values = eigenvalues_of_symmetric(at.fx);
    return {values.begin(), values.end()};
}

}  // namespace

whole_slopes::whole_slopes(const whole_point& here) {
    const Index n = here.x.size();
    f.resize(n);
    fx.resize(n, n);
    fp.resize(n, static_cast<Index>(here.at.parameters.size()));
    // at a bifurcation fx may vanish as a whole: its size is that a state scale away, too
    const double unit = here.at.model->state_scale(here.at.parameters);
    const VectorXd aside = here.x + unit * generic_vector(n);
    size = 0;
    for (const VectorXd* x : {&aside, &here.x}) {
        here.at.model->linear(view(*x), here.at.parameters, view(f), view(fx), view(fp));
        size = std::max(size, fx.cwiseAbs().rowwise().sum().maxCoeff());
    }
    // and its terms may cancel: what the parameters add to f has their size, too
    const VectorXd p = VectorXd::Map(here.at.parameters.data(), fp.cols());
    const double moved = (fp.cwiseAbs() * p.cwiseAbs()).maxCoeff();
    size = std::max(size, moved / (unit + here.x.cwiseAbs().maxCoeff()));
}

bool whole_slopes::is_symmetric() const {
    return (fx - fx.transpose()).cwiseAbs().maxCoeff() <= symmetric * size;
}

whole_jacobian::whole_jacobian(const whole_point& here) : whole_slopes(here) {
    if (!fx.allFinite()) return;
    eigenvalues = eigenvalues_of_cells(here, fx, size);
    if (eigenvalues.empty()) eigenvalues = every_eigenvalue(*this);
}

double whole_slopes::residual(const VectorXd& x, double unit) const {
    return f.cwiseAbs().maxCoeff() / (size * (unit + x.cwiseAbs().maxCoeff()));
}

double whole_slopes::off_differences(const whole_point& here, double unit) const {
    const VectorXd v = generic_vector(here.x.size());
    const auto along = [&](double h) {
        const VectorXd x = here.x + h * v;
        VectorXd out(x.size());
        here.at.model->rhs(view(x), here.at.parameters, view(out));
        return out;
    };
    // the error falls as h^4: 1e-12 at first, and rounding is 1e-13; near a singularity of f it
    // takes shorter ones, and at the edge of where f is a number none tells
    double least = std::numeric_limits<double>::quiet_NaN();
    for (double h = 1e-3 * unit; h > 1e-10 * unit; h /= 100) {
        const VectorXd slope =
            (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h);
        least = std::fmin(least, (slope - fx * v).cwiseAbs().maxCoeff() / size);
        if (least < short_enough) break;
    }
    return least;
}

std::size_t count_above(const std::vector<complex>& values, double bound) {
    return static_cast<std::size_t>(std::count_if(
        values.begin(), values.end(), [&](const complex& z) { return z.real() > bound; }));
}

std::size_t count_near(const std::vector<complex>& values, complex place, double within) {
    return static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(),
                      [&](const complex& z) { return std::abs(z - place) <= within; }));
}

eigenvectors eigenvectors_at(const whole_jacobian& at, complex z) {
    const Index n = at.fx.rows();
    Eigen::MatrixXcd shifted = at.fx;
    // off the eigenvalue by more than rounding, so that the factors are finite
    const double off = 1e-10 * at.size;
    shifted.diagonal().array() -= z + complex(off, off / 3);
    const partial_lu<complex> lu(shifted);
    eigenvectors out{generic_vector(n).cast<complex>(), generic_vector(n).cast<complex>()};
    for (int k = 0; k < 3; ++k) {
        out.q = lu.solve(out.q).normalized();
        out.w = lu.solve_adjoint(out.w).normalized();
    }
    return out;
}

}  // namespace moebius
