// SPDX-License-Identifier: MIT
#include <moebius/base/view.hpp>
#include <moebius/model/derivatives.hpp>

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

}  // namespace moebius
