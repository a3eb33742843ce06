// SPDX-License-Identifier: MIT
#include "homoclinic_adjoint.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/solve/condensed_block.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectral_split.hpp>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double little = 1;           // |f_x| times a step
constexpr double most_substeps = 100;  // of an interval

/// The derivatives of the flow over a step along an orbit, by where it begins and by parameters.
class step_of_flow {
public:
    step_of_flow(const problem& at, Index degree, const std::vector<std::size_t>& free)
        : at_(at), free_(free), basis_(static_cast<std::size_t>(degree)) {
        const auto n = static_cast<Index>(at.model->dimension());
        block_.resize(n * degree, n + std::ssize(free));
        f_.resize(n);
        fx_.resize(n, n);
        fp_.resize(n, std::ssize(free));
    }

    /// @param x  at the base points of the step. Shapes: (n, degree + 1), result (n, n + free)
    [[nodiscard]] MatrixXd over(const MatrixXd& x, double step) {
        const Index n = x.rows(), m = basis_.degree;
        const MatrixXd one = MatrixXd::Identity(n, n);
        auto inner = block_.inner();
        auto outer = block_.outer();
        for (Index i = 0; i < m; ++i) {  // y' - step f_x y - step f_p p = 0 at each node
            const VectorXd here = x * basis_.values.row(i).transpose();
            at_.model->linear_in(view(here), at_.parameters, free_, view(f_), view(fx_), view(fp_));
            for (Index k = 0; k <= m; ++k) {
                const MatrixXd part = basis_.slopes(i, k) * one - step * basis_.values(i, k) * fx_;
                if (k == 0)
                    outer.block(i * n, 0, n, n) = part;
                else
                    inner.block(i * n, (k - 1) * n, n, n) = part;
            }
            outer.middleRows(i * n, n).rightCols(fp_.cols()) = -step * fp_;
        }
        block_.condense();
        return outer.bottomRows(n);
    }

private:
    const problem& at_;
    const std::vector<std::size_t>& free_;
    collocation_basis basis_;
    condensed_block block_;
    VectorXd f_;
    MatrixXd fx_, fp_;
};

/// The flow's derivatives over steps in which f_x does little.
std::vector<MatrixXd> small_steps(const problem& at, const piecewise& orbit, double time,
                                  double rate, const std::vector<std::size_t>& free) {
    step_of_flow flow(at, orbit.degree, free);
    std::vector<MatrixXd> steps;
    MatrixXd x(orbit.values.rows(), orbit.degree + 1);
    for (Index j = 0; j < orbit.intervals(); ++j) {
        const double from = orbit.breaks[j], length = orbit.breaks[j + 1] - from;
        const double pieces =
            std::clamp(std::ceil(length * time * rate / little), 1.0, most_substeps);
        for (double piece = 0; piece < pieces; ++piece) {
            for (Index k = 0; k <= orbit.degree; ++k) {
                const double share = static_cast<double>(k) / static_cast<double>(orbit.degree);
                x.col(k) = orbit.at(from + length * (piece + share) / pieces);
            }
            steps.push_back(flow.over(x, time * length / pieces));
        }
    }
    steps.back() = orbit.beyond.undone(steps.back());
    return steps;
}

/// w = q r with orthonormal q and positive r(k, k); overwrites w with q. Of few columns, each
/// cleared twice of those before it.
MatrixXd orthonormalize(MatrixXd& w) {
    MatrixXd r = MatrixXd::Zero(w.cols(), w.cols());
    for (Index k = 0; k < w.cols(); ++k) {
        for (int pass = 0; pass < 2; ++pass) {
            const VectorXd along = w.leftCols(k).transpose() * w.col(k);
            w.col(k) -= w.leftCols(k) * along;
            r.col(k).head(k) += along;
        }
        r(k, k) = w.col(k).norm();
        w.col(k) /= r(k, k);
    }
    return r;
}

/// The same backwards in time: x_j = G^-1 x_{j+1} - G^-1 H p.
std::vector<MatrixXd> backwards(const std::vector<MatrixXd>& steps, Index n) {
    std::vector<MatrixXd> result;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        MatrixXd known(n, step->cols());
        known << MatrixXd::Identity(n, n), -step->rightCols(step->cols() - n);
        result.push_back(partial_lu<double>(step->leftCols(n)).solve_each(known));
    }
    return result;
}

}  // namespace

/// With x_{j+1} = G_j x_j + H_j p over steps, y_j = G_j^T y_{j+1}. W_j spans what is across the
/// stable manifold at x_j: W_L that at the saddle, G_j^T W_{j+1} = W_j R_j. There y = W c: at x_0
/// across the unstable subspace, too, then c_{j+1} = R_j^-1 c_j. Neither way rounding grows. The
/// other end is the first one backwards in time.
adjoint_solution adjoint_along(const problem& at, const piecewise& orbit, double time,
                               const saddle_point& saddle, std::size_t unstable,
                               const std::vector<std::size_t>& free, bool first) {
    const Index n = saddle.x.size(), count = std::ssize(free);
    auto steps = small_steps(at, orbit, time, saddle.fx.norm(), free);
    MatrixXd leaves = split_spectrum(saddle.fx, unstable).upper;
    if (!first) {
        steps = backwards(steps, n);
        leaves = MatrixXd::Identity(n, n) - leaves;
    }
    const auto up = static_cast<Index>(first ? unstable : static_cast<std::size_t>(n) - unstable);
    const auto parts = svd(leaves);
    MatrixXd w = parts.v.leftCols(up);
    std::vector<MatrixXd> across(steps.size()), growth(steps.size());
    for (std::size_t j = steps.size(); j-- > 0;) {
        across[j] = w;
        w = steps[j].leftCols(n).transpose() * w;
        growth[j] = orthonormalize(w);
    }
    const MatrixXd meet = parts.u.leftCols(up).transpose() * w;
    VectorXd c = svd(meet).v.rightCols(1);
    adjoint_solution found{w * c, VectorXd::Zero(count)};
    for (std::size_t j = 0; j < steps.size(); ++j) {
        growth[j].triangularView<Eigen::Upper>().solveInPlace(c);
        found.splitting += steps[j].rightCols(count).transpose() * (across[j] * c);
    }
    return found;
}

}  // namespace moebius::detail
