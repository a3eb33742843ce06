// SPDX-License-Identifier: MIT
// Second derivatives of the equations of a cycle.
#include <Eigen/Core>
#include <moebius/base/view.hpp>
#include <moebius/continuation/cycle_equations.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

cycle_equations::variation cycle_equations::variation_of(const VectorXd& z) const {
    return {values(z).values, duration(z)};
}

VectorXd cycle_equations::bent(const VectorXd& u, const VectorXd& y, const variation& z) const {
    const Index n = phase_.rows(), m = bases_.degree(), block = n * m;
    const auto count = static_cast<Index>(free_.size());
    const problem here = problem_at(u);
    const double length = duration(u), stretch = z.stretch;
    const MatrixXd x = values(u).values;
    VectorXd result = VectorXd::Zero(size()), f(n), curved(n + count);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(here.parameters.size()));
    for (Index j = 0; j + 1 < breaks_.size(); ++j) {
        const double h = breaks_[j + 1] - breaks_[j];
        const MatrixXd x_nodes = x.middleCols(j * m, m + 1) * basis(j).values.transpose();
        const MatrixXd v_nodes = z.values.middleCols(j * m, m + 1) * basis(j).values.transpose();
        for (Index i = 0; i < m; ++i) {
            // of x' - h T f(x, p): -h (T f''(v, .) + T_v f'(.) + T_. f' v)
            const VectorXd w = y.segment(j * block + i * n, n), at = v_nodes.col(i);
            const auto state = view(x_nodes.col(i));
            here.model->linear(state, here.parameters, view(f), view(fx), view(fp));
            here.model->curvature(state, here.parameters, free_, view(w), view(at), view(curved));
            const VectorXd by_state = -h * (length * curved.head(n) + stretch * fx.transpose() * w);
            for (Index k = 0; k <= m; ++k) {
                const Index point = j * m + k;
                if (point < phase_.cols())
                    result.segment(point * n, n) += basis(j).values(i, k) * by_state;
                else  // the last is P x_0
                    result.head(n) += basis(j).values(i, k) * beyond_.undone(by_state);
            }
            result[phase_.size()] -= h * w.dot(fx * at);
            for (Index k = 0; k < count; ++k)
                result[phase_.size() + 1 + k] -=
                    h * (length * curved[n + k] +
                         stretch *
                             w.dot(fp.col(static_cast<Index>(free_[static_cast<std::size_t>(k)]))));
        }
    }
    return result.cwiseProduct(units_);
}

VectorXd cycle_equations::projection_on(const VectorXd& w) const {
    const Index n = phase_.rows(), m = bases_.degree(), block = n * m;
    MatrixXd row = MatrixXd::Zero(n, phase_.cols() + 1);
    for (Index j = 0; j + 1 < breaks_.size(); ++j)
        row.middleCols(j * m, m + 1) += (breaks_[j + 1] - breaks_[j]) *
                                        Eigen::Map<const MatrixXd>(w.data() + j * block, n, m) *
                                        basis(j).values;
    row.col(0) += beyond_.undone(row.rightCols(1));
    VectorXd result = VectorXd::Zero(size());
    result.head(phase_.size()) = Eigen::Map<const VectorXd>(row.data(), phase_.size());
    return result.cwiseProduct(units_);
}

double cycle_equations::bent_along(const VectorXd& u, const VectorXd& y, const VectorXd& z) const {
    const Index n = phase_.rows(), m = bases_.degree(), block = n * m;
    const problem here = problem_at(u);
    const double length = duration(u), stretch = duration(z);
    const MatrixXd x = values(u).values, v = values(z).values;
    VectorXd change = VectorXd::Zero(static_cast<Index>(here.parameters.size()));
    for (std::size_t k = 0; k < free_.size(); ++k)
        change[static_cast<Index>(free_[k])] = z[coordinate(k)] * units_[coordinate(k)];
    double result = 0;
    MatrixXd taylor(n, 4);
    for (Index j = 0; j + 1 < breaks_.size(); ++j) {
        const double h = breaks_[j + 1] - breaks_[j];
        const MatrixXd x_nodes = x.middleCols(j * m, m + 1) * basis(j).values.transpose();
        const MatrixXd v_nodes = v.middleCols(j * m, m + 1) * basis(j).values.transpose();
        for (Index i = 0; i < m; ++i) {
            // of x' - h T f: -h (2 T_z f'(z) + T f''(z, z))
            here.model->along(view(x_nodes.col(i)), here.parameters, view(v_nodes.col(i)),
                              view(change), view(taylor));
            result -= 2 * h *
                      y.segment(j * block + i * n, n)
                          .dot(stretch * taylor.col(1) + length * taylor.col(2));
        }
    }
    return result;
}

}  // namespace moebius
