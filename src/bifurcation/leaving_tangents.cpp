// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <utility>

#include "multiple_point.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index most_zeros = 4;           // a kernel of more would need too many starts
constexpr int starts_each = 60;           // of Newton's method, a dimension of the kernel
constexpr double no_second_order = 1e-7;  // against the cubic terms
constexpr double isolated = 1e-5;         // smallest singular value of a solution that stands alone
constexpr double same_direction = 1e-6;

/// The reduced equation on a kernel of dimension k, in states that are scaled to order one.
struct reduced_equation {
    Index k;
    MatrixXd mixed;                // M (k, k)
    std::vector<MatrixXd> second;  // [j](., i) = Q(e_i, e_j)
    std::vector<MatrixXd> third;   // [j k + l](., i) = C(e_i, e_j, e_l)
    bool is_quadratic = false;

    /// The form of degree two or three at (a, ..., a), over its degree's factorial.
    [[nodiscard]] VectorXd form(const VectorXd& a) const {
        return slope(a) * a / (is_quadratic ? 2 : 3);
    }

    /// Its derivative by a.
    [[nodiscard]] MatrixXd slope(const VectorXd& a) const {
        MatrixXd sum = MatrixXd::Zero(k, k);
        for (Index j = 0; j < k; ++j) {
            if (is_quadratic) sum += a[j] * second[static_cast<std::size_t>(j)];
            for (Index l = 0; l < k && !is_quadratic; ++l)
                sum += a[j] * a[l] / 2 * third[static_cast<std::size_t>(j * k + l)];
        }
        return sum;
    }

    /// (form + mu M a, |a|^2 - 1) in the unknowns (a, mu).
    void evaluate(const VectorXd& z, VectorXd& f, MatrixXd& df) const {
        const VectorXd a = z.head(k);
        f << form(a) + z[k] * (mixed * a), a.squaredNorm() - 1;
        df << slope(a) + z[k] * mixed, mixed * a, 2 * a.transpose(), 0;
    }
};

/// The forms of f at a point, projected on its kernel v along the left one, w^T v = 1.
class projection {
public:
    projection(equilibrium_curve& curve, const MatrixXd& v, const MatrixXd& w)
        : v_(v),
          w_(w),
          fx_(curve.terms().jacobian()),
          forms_(*curve.base().model, curve.state(), curve.parameters(), curve.units().free()) {}

    [[nodiscard]] VectorXd mixed(Index j, const VectorXd& along) const {
        return w_.transpose() * forms_.second(kernel(j), along);
    }

    /// The quadratic form of columns i and j; keeps h_ij: f_x h = -(1 - v w^T) B(v_i, v_j).
    VectorXd second(Index i, Index j) {
        const VectorXd b = forms_.second(kernel(i), kernel(j));
        const VectorXd h = least_squares(fx_, -(b - v_ * (w_.transpose() * b)), no_second_order);
        beside_[{i, j}] = lifted(h - v_ * (w_.transpose() * h));
        return w_.transpose() * b;
    }

    /// The cubic form of three columns, once all quadratic ones are there: C by polarisation of
    /// C(a, a, a), and B(v_i, h_jl) and its like.
    [[nodiscard]] VectorXd third(Index i, Index j, Index l) const {
        const VectorXd a = kernel(i), b = kernel(j), c = kernel(l);
        const auto cube = [&](const VectorXd& x) { return forms_.third(x); };
        VectorXd sum = (cube(a + b + c) - cube(a + b) - cube(b + c) - cube(a + c) + cube(a) +
                        cube(b) + cube(c)) /
                       6;
        sum += forms_.second(a, beside_.at({j, l})) + forms_.second(b, beside_.at({i, l})) +
               forms_.second(c, beside_.at({i, j}));
        return w_.transpose() * sum;
    }

private:
    [[nodiscard]] VectorXd kernel(Index i) const { return lifted(v_.col(i)); }

    static VectorXd lifted(const VectorXd& x) {  // to the unknowns, with the parameter's 0
        VectorXd full = VectorXd::Zero(x.size() + 1);
        full.head(x.size()) = x;
        return full;
    }

    const MatrixXd& v_;
    const MatrixXd& w_;
    MatrixXd fx_;
    multilinear forms_;
    std::map<std::pair<Index, Index>, VectorXd> beside_;
};

reduced_equation reduce(equilibrium_curve& curve, const MatrixXd& v, const MatrixXd& w,
                        const VectorXd& along) {
    const Index k = v.cols();
    projection onto(curve, v, w);
    reduced_equation made{k, MatrixXd(k, k), {}, {}};
    double two = 0, three = 0;
    for (Index j = 0; j < k; ++j) {
        made.mixed.col(j) = onto.mixed(j, along);
        MatrixXd columns(k, k);
        for (Index i = 0; i < k; ++i) columns.col(i) = onto.second(i, j);
        two = std::max(two, columns.norm());
        made.second.push_back(columns);
    }
    for (Index j = 0; j < k; ++j)
        for (Index l = 0; l < k; ++l) {
            MatrixXd columns(k, k);
            for (Index i = 0; i < k; ++i) columns.col(i) = onto.third(i, j, l);
            three = std::max(three, columns.norm());
            made.third.push_back(columns);
        }
    made.is_quadratic = two > no_second_order * three;
    return made;
}

/// Its solutions (a, mu) that stand alone, up to the sign of a.
std::vector<VectorXd> solutions(const reduced_equation& of) {
    std::vector<VectorXd> found;
    const Index k = of.k;
    for (int start = 0; start < starts_each * k; ++start) {
        VectorXd z(k + 1);
        for (Index i = 0; i < k; ++i)  // a Kronecker sequence
            z[i] = std::fmod((start + 1) * std::sqrt(2.0 + static_cast<double>(i)), 1.0) - 0.5;
        z.head(k).normalize();
        const VectorXd pushed = of.mixed * z.head(k);
        z[k] = -of.form(z.head(k)).dot(pushed) / std::max(pushed.squaredNorm(), 1e-300);
        const auto solved = newton(
            [&of](const VectorXd& at, VectorXd& f, MatrixXd& df) { of.evaluate(at, f, df); }, z);
        if (!solved) continue;
        VectorXd f(k + 1);
        MatrixXd df(k + 1, k + 1);
        of.evaluate(solved.u, f, df);
        const auto singular = svd(df).values;
        if (singular[k] < isolated * singular[0]) continue;
        const bool known = std::any_of(found.begin(), found.end(), [&](const VectorXd& other) {
            return std::abs(std::abs(other.head(k).dot(solved.u.head(k))) - 1) < same_direction;
        });
        if (!known) found.push_back(solved.u);
    }
    return found;
}

}  // namespace

std::vector<VectorXd> leaving_tangents(equilibrium_curve& curve, const joint_crossing& crossing) {
    const auto k = static_cast<Index>(crossing.count);
    const Index n = crossing.at.u.size() - 1;
    VectorXd f(n);
    if (k > most_zeros || !curve.linearize(crossing.at.u, f)) return {};
    const auto decomposed = svd(curve.terms().jacobian());
    const MatrixXd v = decomposed.v.rightCols(k), u = decomposed.u.rightCols(k);
    const MatrixXd product = u.transpose() * v;
    const full_lu<double> lu(product);
    if (!lu.is_invertible()) return {};
    MatrixXd w(n, k);
    for (Index i = 0; i < n; ++i) w.row(i) = lu.solve(u.row(i).transpose()).transpose();
    const VectorXd& units = curve.units().units();
    VectorXd along = crossing.at.tangent.cwiseProduct(units);
    if (along[n] == 0) return {};
    along /= along[n];
    const auto equation = reduce(curve, v, w, along);
    std::vector<VectorXd> tangents;
    for (const auto& z : solutions(equation)) {
        VectorXd tangent = VectorXd::Zero(n + 1);
        tangent.head(n) = v * z.head(k);
        if (equation.is_quadratic) tangent += z[k] * along;
        tangents.push_back(tangent.cwiseQuotient(units).normalized());
    }
    return tangents;
}

}  // namespace moebius
