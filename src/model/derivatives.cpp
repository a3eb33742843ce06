// SPDX-License-Identifier: MIT
#include <moebius/base/view.hpp>
#include <moebius/model/derivatives.hpp>
#include <vector>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

multilinear::multilinear(const field& model, std::span<const double> x, std::span<const double> p,
                         std::span<const std::size_t> free)
    : model_(model), x_(x), p_(p), free_(free) {}

VectorXd multilinear::coefficient(const VectorXd& a, Index order) const {
    const auto n = static_cast<Index>(x_.size());
    VectorXd q = VectorXd::Zero(static_cast<Index>(p_.size()));
    for (std::size_t i = 0; i < free_.size(); ++i)
        q[static_cast<Index>(free_[i])] = a[n + static_cast<Index>(i)];
    MatrixXd out(n, 4);
    model_.along(x_, view(p_), view(a), view(q), view(out));
    return out.col(order);
}

VectorXd multilinear::second(const VectorXd& a) const { return 2 * coefficient(a, 2); }

VectorXd multilinear::second(const VectorXd& a, const VectorXd& b) const {
    return (coefficient(a + b, 2) - coefficient(a - b, 2)) / 2;
}

VectorXd multilinear::third(const VectorXd& a) const { return 6 * coefficient(a, 3); }

VectorXd multilinear::hessian_times(const VectorXd& w, const VectorXd& a) const {
    VectorXd row(a.size());
    for (Index j = 0; j < row.size(); ++j) row[j] = w.dot(second(a, VectorXd::Unit(row.size(), j)));
    return row;
}

/// f''(a, b) is half of what the second coefficients along a + b and a - b differ by.
MatrixXd composed(const field& model, const MatrixXd& y, std::span<const double> p,
                  std::span<const double> q) {
    const std::vector<double> still(p.size());
    const VectorXd at = y.col(0), y1 = y.col(1), y2 = y.col(2), y3 = y.col(3);
    const auto jet = [&](const VectorXd& way, std::span<const double> by) {
        MatrixXd coefficients(y.rows(), 4);
        model.along(view(at), p, view(way), by, view(coefficients));
        return coefficients;
    };
    MatrixXd f = jet(y1, q);
    if (y2.isZero(0) && y3.isZero(0)) return f;
    f.col(2) += jet(y2, still).col(1);
    f.col(3) += jet(y3, still).col(1) + (jet(y1 + y2, q).col(2) - jet(y1 - y2, q).col(2)) / 2;
    return f;
}

}  // namespace moebius
