// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <moebius/solve/cyclic_chain.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/linearization.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

cyclic_chain::cyclic_chain(Index n, Index k) : n_(n), k_(k) {}

void cyclic_chain::begin() {
    steps_.clear();
    sign_ = 1;
    empty_ = true;
    rows_last_ = MatrixXd::Zero(k_, n_);
    rows_rest_ = MatrixXd::Zero(k_, k_);
}

void cyclic_chain::add(const MatrixXd& link, const MatrixXd& rows) {
    if (empty_) {  // the first link: x_1 = G x_0 + ...
        a_ = link.leftCols(n_);
        b_ = -MatrixXd::Identity(n_, n_);
        c_ = link.rightCols(k_);
        rows_first_ = rows.leftCols(n_);
    } else {
        eliminate(link, rows);
    }
    empty_ = false;
    rows_rest_ += rows.rightCols(k_);
}

/// Eliminates x_j from the relation so far and from the link to x_{j+1}.
void cyclic_chain::eliminate(const MatrixXd& link, const MatrixXd& rows) {
    MatrixXd pivot(2 * n_, n_), rest(2 * n_, 2 * n_ + k_);
    pivot << b_, link.leftCols(n_);
    rest << a_, MatrixXd::Zero(n_, n_), c_,  //
        MatrixXd::Zero(n_, n_), -MatrixXd::Identity(n_, n_), link.rightCols(k_);
    steps_.push_back({Eigen::HouseholderQR<MatrixXd>(pivot), {}, rows_last_ + rows.leftCols(n_)});
    auto& [qr, back, rows_here] = steps_.back();
    rest.applyOnTheLeft(qr.householderQ().transpose());
    const auto r = qr.matrixQR().topRows(n_).triangularView<Eigen::Upper>();
    back = -r.solve(rest.topRows(n_));
    for (Index i = 0; i < n_; ++i) {
        if (qr.hCoeffs()[i] != 0) sign_ = -sign_;
        if (qr.matrixQR()(i, i) < 0) sign_ = -sign_;
    }
    a_ = rest.bottomRows(n_).leftCols(n_);
    b_ = rest.bottomRows(n_).middleCols(n_, n_);
    c_ = rest.bottomRows(n_).rightCols(k_);
    const MatrixXd folded = rows_here * back;
    rows_first_ += folded.leftCols(n_);
    rows_last_ = folded.middleCols(n_, n_);
    rows_rest_ += folded.rightCols(k_);
}

void cyclic_chain::close() {
    MatrixXd matrix(n_ + k_, n_ + k_);
    matrix << a_ + b_, c_, rows_first_ + rows_last_, rows_rest_;
    closed_.compute(matrix);
    matrix.rowwise().normalize();
    dense_lu normed;
    normed.compute(matrix);
    VectorXd probe = generic_vector(matrix.rows()).normalized();
    normed.solve_in_place(probe);
    regularity_ = sign_ * normed.sign() / probe.norm();
}

VectorXd cyclic_chain::solve(const MatrixXd& r, VectorXd s) const {
    const auto links = static_cast<Index>(steps_.size()) + 1;
    MatrixXd offset(n_, links);  // x_j = back (...) + offset
    VectorXd relation = r.col(0);
    for (Index j = 1; j < links; ++j) {
        const auto& step = steps_[static_cast<std::size_t>(j - 1)];
        VectorXd both(2 * n_);
        both << relation, r.col(j);
        both.applyOnTheLeft(step.qr.householderQ().transpose());
        const auto upper = step.qr.matrixQR().topRows(n_).triangularView<Eigen::Upper>();
        offset.col(j) = -upper.solve(both.head(n_));
        s -= step.rows * offset.col(j);
        relation = both.tail(n_);
    }
    VectorXd ends(n_ + k_);  // x_0, e
    ends << -relation, s;
    closed_.solve_in_place(ends);
    VectorXd all(links * n_ + k_), known(2 * n_ + k_);
    all.head(n_) = ends.head(n_);
    all.tail(k_) = ends.tail(k_);
    known << ends.head(n_), ends;  // x_0, x_{j+1}, e; and x_L = x_0
    for (Index j = links - 1; j > 0; --j) {
        const VectorXd x = steps_[static_cast<std::size_t>(j - 1)].back * known + offset.col(j);
        all.segment(j * n_, n_) = x;
        known.segment(n_, n_) = x;
    }
    return all;
}

VectorXd cyclic_chain::solve_transposed(MatrixXd x, VectorXd e) const {
    // The steps of solve, transposed and in reverse order.
    const auto links = static_cast<Index>(steps_.size()) + 1;
    for (Index j = 1; j < links; ++j) {
        const VectorXd by = steps_[static_cast<std::size_t>(j - 1)].back.transpose() * x.col(j);
        x.col(0) += by.head(n_);
        x.col((j + 1) % links) += by.segment(n_, n_);
        e += by.tail(k_);
    }
    VectorXd ends(n_ + k_);
    ends << x.col(0), e;
    closed_.solve_transposed_in_place(ends);
    VectorXd all(links * n_ + k_), relation = -ends.head(n_);
    const VectorXd s = ends.tail(k_);
    all.tail(k_) = s;
    for (Index j = links - 1; j > 0; --j) {
        const auto& step = steps_[static_cast<std::size_t>(j - 1)];
        const auto upper = step.qr.matrixQR().topRows(n_).triangularView<Eigen::Upper>();
        VectorXd both(2 * n_);
        both << -upper.transpose().solve(x.col(j) - step.rows.transpose() * s), relation;
        both.applyOnTheLeft(step.qr.householderQ());
        relation = both.head(n_);
        all.segment(j * n_, n_) = both.tail(n_);
    }
    all.head(n_) = relation;
    return all;
}

std::vector<std::complex<double>> cyclic_chain::multipliers() const {
    auto values = generalized_eigenvalues(-a_, b_);
    std::erase_if(values, [](std::complex<double> value) {
        return !std::isfinite(value.real()) || !std::isfinite(value.imag());
    });
    std::sort(values.begin(), values.end(), [](auto l, auto r) {
        return std::abs(l) != std::abs(r) ? std::abs(l) > std::abs(r) : l.imag() > r.imag();
    });
    return values;
}

}  // namespace moebius
