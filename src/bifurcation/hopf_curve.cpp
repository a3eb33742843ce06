// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/bifurcation/branch_point_curve.hpp>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/bifurcation/zero_eigenvalue_curve.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

#include "spectral_tests.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::Matrix2d;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double most_units = 1e3;      // of k = omega^2 at the start
constexpr double zero_at_hopf = 1e-6;   // an eigenvalue against omega
constexpr double one_pair_rate = 1e-6;  // relative difference of frequencies that are one pair's

/// The solutions of [m b; c^T 0] (V, G) = (0, I) and of its transpose.
struct plane {
    MatrixXd right, left;  // V and W, (n, 2)
    Matrix2d g;

    plane(const MatrixXd& m, const MatrixXd& b, const MatrixXd& c) {
        const Index n = m.rows();
        MatrixXd bordered = MatrixXd::Zero(n + 2, n + 2);
        bordered.topLeftCorner(n, n) = m;
        bordered.topRightCorner(n, 2) = b;
        bordered.bottomLeftCorner(2, n) = c.transpose();
        const partial_lu<double> lu(bordered);
        MatrixXd unit = MatrixXd::Zero(n + 2, 2);
        unit.bottomRows(2).setIdentity();
        const MatrixXd solved = lu.solve_each(unit);
        right = solved.topRows(n);
        g = solved.bottomRows(2);
        left.resize(n, 2);
        for (Index j = 0; j < 2; ++j) {
            const VectorXd transposed = lu.solve_transposed(unit.col(j));
            left.col(j) = transposed.head(n);
        }
    }
};

/// Columns f_xx(a, e_j) over states and free parameters. Shape (n, n + free)
MatrixXd second_columns(const multilinear& forms, const VectorXd& a, Index states) {
    MatrixXd columns(states, a.size());
    for (Index j = 0; j < a.size(); ++j)
        columns.col(j) = forms.second(a, VectorXd::Unit(a.size(), j));
    return columns;
}

/// The imaginary part of the eigenvalue next to the positive imaginary axis; zero if there is none.
double nearest_omega(const MatrixXd& fx) {
    double omega = 0, nearest = std::numeric_limits<double>::infinity();
    for (const auto& value : eigenvalues(fx))
        if (value.imag() > 0 && std::abs(value.real()) < nearest) {
            nearest = std::abs(value.real());
            omega = value.imag();
        }
    return omega;
}

MatrixXd squared_plus(const MatrixXd& fx, double k) {
    return fx * fx + k * MatrixXd::Identity(fx.rows(), fx.cols());
}

}  // namespace

hopf_curve::hopf_curve(const problem& base, const std::vector<parameter_range>& ranges)
    : bifurcation_curve(base, ranges), ranges_(ranges) {}

Index hopf_curve::unknowns() const { return scaling_.units().size() + 1; }

double hopf_curve::omega(const VectorXd& u) const {
    return std::sqrt(std::max(u[unknowns() - 1] * unit_, 0.0));
}

VectorXd hopf_curve::start(const special_point& point) {
    VectorXd u(unknowns());
    u << scaling_.scale(point.state, point.parameters), 0;
    if (!terms_at(u)) return {};
    double rate = 0;
    if (point.type != point_type::BT) {
        rate = nearest_omega(terms_.jacobian());
        for (const auto& [name, value] : point.normal_form)
            if (name == "omega") rate = value;
    }
    // Not much larger than k, which must stay apart from 0, nor so small that k goes through many.
    const double size = terms_.jacobian().squaredNorm() / static_cast<double>(states());
    unit_ = rate > 0 ? std::clamp(size, rate * rate, most_units * rate * rate) : size;
    u[unknowns() - 1] = rate * rate / unit_;
    return adapt(u) ? u : VectorXd{};
}

bool hopf_curve::adapt(const VectorXd& u) {
    if (!terms_at(u)) return false;
    const MatrixXd m = squared_plus(terms_.jacobian(), u[unknowns() - 1] * unit_);
    if (!m.allFinite()) return false;
    const auto near = svd(m);
    const MatrixXd b = near.u.rightCols(2), c = near.v.rightCols(2);
    const plane at(m, b, c);
    const Matrix2d a = c.transpose() * terms_.jacobian() * at.right;
    const Matrix2d traceless = a - a.trace() / 2 * Matrix2d::Identity();
    // G = -(W^T V)(tr(A) A + (k - det A))
    const Matrix2d inverse = (at.left.transpose() * at.right).inverse().transpose() / unit_;
    const Matrix2d other = inverse * traceless / traceless.norm();
    if (!inverse.allFinite() || !other.allFinite()) return false;
    b_ = b;
    c_ = c;
    weight_ = {inverse / 2, other};
    return true;
}

void hopf_curve::evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
    const Index n = states(), last = unknowns() - 1;
    const bool finite = terms_at(u);
    const MatrixXd m = squared_plus(terms_.jacobian(), u[last] * unit_);
    if (!finite || !m.allFinite()) return not_finite(f, df);
    const plane at(m, b_, c_);
    f.head(n) = terms_.f();
    df.setZero();
    df.topLeftCorner(n, n) = terms_.jacobian();
    for (Index k = 0; k < free(); ++k) df.col(n + k).head(n) = by_parameter(k);
    for (Index i = 0; i < 2; ++i)
        f[n + i] = weight_[static_cast<std::size_t>(i)].cwiseProduct(at.g).sum();
    // dG = -W^T (f_x' f_x + f_x f_x' + dk) V
    const multilinear forms(model(), x_, p_, scaling_.free());
    for (Index j = 0; j < 2; ++j) {
        const VectorXd v = at.right.col(j);
        const MatrixXd change = second_columns(forms, along_states(terms_.jacobian() * v), n) +
                                terms_.jacobian() * second_columns(forms, along_states(v), n);
        for (Index i = 0; i < 2; ++i) {
            const VectorXd y = at.left * weight_[static_cast<std::size_t>(i)].col(j);
            df.row(n + i).head(last) -= y.transpose() * change;
            df(n + i, last) -= y.dot(v) * unit_;
        }
    }
    df.leftCols(last) = df.leftCols(last) * scaling_.units().asDiagonal();
}

VectorXd hopf_curve::crossing_tangent(const VectorXd& u) {
    VectorXd f(unknowns() - 1);
    MatrixXd df(unknowns() - 1, unknowns()), full(unknowns(), unknowns());
    evaluate(u, f, df);
    full << df, along_states(null_vectors(terms_.jacobian()).right).transpose(), 0;
    return null_vectors(full).right;
}

std::vector<std::complex<double>> hopf_curve::others(double omega) const {
    return without(without(terms_.spectrum(), {0, omega}), {0, -omega});
}

double hopf_curve::lyapunov_test(const VectorXd& u) {
    terms_at(u);
    const double rate = omega(u);
    if (rate == 0) return 0;
    return lyapunov_coefficient(model(), x_, p_, rate) * zero_test(others(rate), rate);
}

std::vector<test_function> hopf_curve::tests() {
    std::vector<test_function> tests;
    if (states() > 2)
        tests.push_back({point_type::ZH, [this](const curve_point& at) {
                             terms_at(at.u);
                             const double rate = omega(at.u);
                             return zero_test(others(rate), rate);
                         }});
    if (states() > 3)
        tests.push_back({point_type::HH, [this](const curve_point& at) {
                             terms_at(at.u);
                             return pair_test(others(omega(at.u))).value;
                         }});
    tests.push_back(
        {point_type::GH, [this](const curve_point& at) { return lyapunov_test(at.u); }});
    return tests;
}

std::optional<special_point> hopf_curve::described(point_type type, const VectorXd& u) {
    terms_at(u);
    const double rate = omega(u);
    if (type == point_type::BT) return bogdanov_takens_point(model(), x_, p_);
    if (type == point_type::ZH) {
        const double zero = std::abs(zero_test(others(rate), rate));
        if (zero > zero_at_hopf) return std::nullopt;  // the test jumped
        auto point = zero_hopf_point(model(), x_, p_);
        point.residual = std::max(point.residual, zero * rate);
        return point;
    }
    auto point = point_at(model(), type, x_, p_);
    if (type == point_type::HH) {
        const pair_test other(others(rate));
        const double off = std::abs(other.first.real());
        const double slower = std::abs(other.first.imag());
        if (!other.is_oscillation() || off > zero_at_hopf * rate)
            return std::nullopt;  // the test jumped
        if (std::abs(slower - rate) <= one_pair_rate * rate)
            return std::nullopt;  // one pair, twice
        const auto form = double_hopf_at(model(), x_, p_, rate, slower);
        point.normal_form = {{"omega", rate},   {"omega_2", slower}, {"p11", form.p11},
                             {"p12", form.p12}, {"p21", form.p21},   {"p22", form.p22}};
        point.residual = std::max(point.residual, off);
        return point;
    }
    const double l2 = second_lyapunov_coefficient(model(), x_, p_, rate);
    point.normal_form = {
        {"omega", rate}, {"l1", lyapunov_coefficient(model(), x_, p_, rate)}, {"l2", l2}};
    point.criticality = l2 < 0 ? "supercritical" : "subcritical";
    point.residual = std::max(point.residual, std::abs(lyapunov_test(u)));
    return point;
}

std::span<const std::string_view> hopf_curve::column_names() const {
    static constexpr std::array<std::string_view, 2> names{"omega", "l1"};
    return names;
}

std::vector<double> hopf_curve::columns(const VectorXd& u) {
    terms_at(u);
    const double rate = omega(u);
    const double l1 = rate > 0 ? lyapunov_coefficient(model(), x_, p_, rate)
                               : std::numeric_limits<double>::quiet_NaN();
    return {rate, l1};
}

double hopf_curve::rate(const VectorXd& u) const { return u[unknowns() - 1] * unit_; }

/// On a curve of branch points the system is singular at its BT, which that curve tells exactly.
std::optional<VectorXd> hopf_curve::refined_end(const VectorXd& u) {
    terms_at(u);
    special_point near;
    near.state = x_;
    near.parameters = p_;
    branch_point_curve crossings(base_, ranges_);
    const auto exact = crossings.bogdanov_takens_near(near);
    if (!exact) return std::nullopt;
    VectorXd refined = u;
    refined.head(exact->size()) = *exact;
    return refined;
}

std::optional<bifurcation_curve::end> hopf_curve::natural_end() const {
    return end{unknowns() - 1, point_type::BT};
}

}  // namespace moebius
