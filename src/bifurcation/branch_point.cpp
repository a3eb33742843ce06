// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/branch_point.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/linearization.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double imperfect =
    1e-12;  // t beyond this, against the second derivatives, is a near miss
constexpr Index most_states = 1024;    // the system is dense: beyond, gigabytes and minutes
constexpr double no_cubic = 1e-12;     // of them: rounding, as where a whole line rests
constexpr double no_quadratic = 1e-7;  // against the cubic and mixed terms: a pitchfork

/// The linear terms and w^T f'' at (x, p) in scaled unknowns.
struct scaled_terms {
    VectorXd f;
    MatrixXd df;  // (n, n + 1)
    std::vector<double> x, p;

    scaled_terms(const equilibrium_curve& curve, const VectorXd& u)
        : f(u.size() - 1),
          df(u.size() - 1, u.size()),
          x(curve.base().model->dimension()),
          p(curve.base().parameters) {
        const Index n = f.size();
        MatrixXd fx(n, n), fp(n, static_cast<Index>(p.size()));
        curve.units().unscale(u, x, p);
        curve.base().model->linear(x, view(p), view(f), view(fx), view(fp));
        df << fx, fp.col(static_cast<Index>(curve.units().free()[0]));
        df = df * curve.units().units().asDiagonal();
    }

    /// w^T f'' times the columns of a, all scaled.
    [[nodiscard]] MatrixXd second(const equilibrium_curve& curve, const VectorXd& w,
                                  const MatrixXd& a) const {
        const multilinear forms(*curve.base().model, x, p, curve.units().free());
        const auto units = curve.units().units().asDiagonal();
        MatrixXd result(a.rows(), a.cols());
        for (Index j = 0; j < a.cols(); ++j)
            result.col(j) = units * forms.hessian_times(w, units * a.col(j));
        return result;
    }
};

/// Where f' (n, n + 1) loses rank: with borders b, c near its null vectors,
///
///     [f'^T b; c^T 0] [w; h] = [0; 1],    f(u) + t c = 0,    h(u) = 0 (two),
///
/// t = 0 at a branch point. h' = -w^T f'' v, where v, from the transposed matrix with b^T v = 1,
/// spans the kernel there. Two products with f'' a step in place of all of it.
/// @source Kuznetsov (3rd ed.), section 10.3.1 (minimally augmented systems); Griewank and Reddien,
///         SIAM J. Numer. Anal. 21 (1984)
class rank_drop {
public:
    /// The borders by inverse iteration: what is found with some become the next.
    rank_drop(const equilibrium_curve& curve, const MatrixXd& df) : curve_(curve) {
        constexpr int rounds = 4;  // each gains what the gap to the next singular value gives
        const Index n = df.rows();
        const VectorXd some = generic_vector(2 * n + 2);
        b_ = orthonormal(some.reshaped(n + 1, 2));
        c_ = some.head(n).normalized();
        for (int round = 0; round < rounds; ++round) {
            const MatrixXd kernel = solve(df);
            if (!kernel.allFinite() || !w_.allFinite()) return;
            b_ = orthonormal(kernel);
            c_ = w_.normalized();
        }
    }

    /// Of the kernel where f' lost rank: orthonormal (n + 1, 2).
    MatrixXd kernel(const MatrixXd& df) { return orthonormal(solve(df)); }

    /// Unknowns z = (u, t).
    void evaluate(const VectorXd& z, VectorXd& f, MatrixXd& df) {
        const Index n = c_.size();
        const scaled_terms at(curve_, z.head(n + 1));
        const MatrixXd kernel = solve(at.df);
        f << at.f + z[n + 1] * c_, h_;
        df.setZero();
        df.topLeftCorner(n, n + 1) = at.df;
        df.col(n + 1).head(n) = c_;
        df.bottomLeftCorner(2, n + 1) = -at.second(curve_, w_, kernel).transpose();
    }

    /// @return v (n + 1, 2); w and h are kept
    MatrixXd solve(const MatrixXd& df) {
        const Index n = c_.size();
        MatrixXd bordered = MatrixXd::Zero(n + 2, n + 2);
        bordered.topLeftCorner(n + 1, n) = df.transpose();
        bordered.topRightCorner(n + 1, 2) = b_;
        bordered.bottomLeftCorner(1, n) = c_.transpose();
        const partial_lu<double> lu(bordered);
        const VectorXd down = lu.solve(VectorXd::Unit(n + 2, n + 1));
        w_ = down.head(n);
        h_ = down.tail(2);
        MatrixXd kernel(n + 1, 2);
        for (Index j = 0; j < 2; ++j)
            kernel.col(j) = lu.solve_transposed(VectorXd::Unit(n + 2, n + j)).head(n + 1);
        return kernel;
    }

    [[nodiscard]] const VectorXd& left() const noexcept { return w_; }

private:
    /// Two columns made orthonormal, after Gram and Schmidt.
    static MatrixXd orthonormal(MatrixXd columns) {
        columns.col(0).normalize();
        columns.col(1) -= columns.col(0).dot(columns.col(1)) * columns.col(0);
        columns.col(1).normalize();
        return columns;
    }

    const equilibrium_curve& curve_;
    MatrixXd b_;
    VectorXd c_, w_, h_;
};

/// Directions alpha phi_1 + beta phi_2 with w^T f'' of them zero; empty if none are real.
/// @param second  w^T f'' times the kernel
std::vector<VectorXd> crossing_tangents(const MatrixXd& kernel, const MatrixXd& second) {
    const Eigen::Matrix2d a = kernel.transpose() * second;
    // a00 s^2 + 2 a01 s t + a11 t^2 = 0: rotate to the eigenbasis, d0 s^2 + d1 t^2 = 0
    const auto [d, turn] = eigen_of_symmetric(a);
    const double d0 = d[0], d1 = d[1];
    if (!(d0 < 0 && d1 > 0)) return {};
    const Eigen::Vector2d s = turn.col(0) * std::sqrt(d1);
    const Eigen::Vector2d t = turn.col(1) * std::sqrt(-d0);
    return {(kernel * (s + t)).normalized(), (kernel * (s - t)).normalized()};
}

/// Fills normal form and criticality, those of a BT where it is one; `tangents` are scaled.
void describe(const equilibrium_curve& curve, const scaled_terms& at, crossing& found) {
    auto& point = found.point;
    const Index n = curve.unknowns() - 1;
    const double unit = curve.units().units()[0];
    const auto form = centre_manifold_at(*curve.base().model, at.x, at.p);
    const auto& null = form.null;
    if (form.is_double_zero()) {
        const double residual = point.residual;
        point = bogdanov_takens_point(*curve.base().model, at.x, at.p);
        point.residual = std::max(point.residual, residual);
        return;
    }
    // along the tangent that goes most in the parameter: the primary branch
    VectorXd primary = found.tangents[0];
    if (std::abs(found.tangents[1][n]) > std::abs(primary[n])) primary = found.tangents[1];
    primary = primary.cwiseProduct(curve.units().units());
    VectorXd v = VectorXd::Zero(n + 1);
    v.head(n) = null.right;
    const multilinear forms(*curve.base().model, at.x, at.p, curve.units().free());
    const double mixed =
        null.left.dot(forms.second(v, primary / primary[n])) / null.left.dot(null.right);
    point.normal_form = {
        {"quadratic", form.quadratic}, {"cubic", form.cubic}, {"transversality", mixed}};
    const double q = std::abs(form.quadratic) * unit;  // over one state scale
    const double cubic = std::abs(form.cubic) * unit * unit;
    const double others = cubic + std::abs(mixed * curve.units().units()[n]);
    if (q > no_quadratic * others)
        point.criticality = "transcritical";
    else if (cubic > no_cubic * others)
        point.criticality = form.cubic < 0 ? "supercritical" : "subcritical";
}

}  // namespace

std::optional<crossing> find_branch_point(const equilibrium_curve& curve, const VectorXd& u) {
    const Index n = curve.unknowns() - 1;
    if (n > most_states) return std::nullopt;
    rank_drop drop(curve, scaled_terms(curve, u).df);
    VectorXd z(n + 2);
    z << u, 0;
    const auto solved =
        newton([&](const VectorXd& at, VectorXd& f, MatrixXd& df) { drop.evaluate(at, f, df); }, z);
    if (!solved) return std::nullopt;

    crossing found;
    found.u = solved.u.head(n + 1);
    const scaled_terms at(curve, found.u);
    const MatrixXd kernel = drop.kernel(at.df);
    const MatrixXd second = at.second(curve, drop.left().normalized(), kernel);
    if (std::abs(solved.u[n + 1]) > imperfect * second.norm()) return std::nullopt;
    found.tangents = crossing_tangents(kernel, second);
    if (found.tangents.empty()) return std::nullopt;
    found.point = point_at(*curve.base().model, point_type::BP, at.x, at.p);
    found.point.residual = std::max(found.point.residual, solved.residual);
    describe(curve, at, found);
    return found;
}

}  // namespace moebius
