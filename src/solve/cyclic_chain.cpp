// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <cmath>
#include <moebius/solve/cyclic_chain.hpp>
#include <moebius/solve/linearization.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// y <- y - strength (v . y) v for the vector v = (1, tail) of so many numbers.
void reflect_column(const double* tail, Index length, double strength, double* y) {
    double product = y[0];
    for (Index i = 1; i < length; ++i) product += tail[i] * y[i];
    product *= strength;
    y[0] -= product;
    for (Index i = 1; i < length; ++i) y[i] -= product * tail[i];
}

}  // namespace

cyclic_chain::cyclic_chain(Index n, Index k)
    : n_(n), k_(k), relation_(n, 2 * n + k), work_(2 * n, 2 * n + k) {}

void cyclic_chain::begin() {
    used_ = 0;
    sign_ = 1;
    empty_ = true;
    rows_last_ = MatrixXd::Zero(k_, n_);
    rows_rest_ = MatrixXd::Zero(k_, k_);
}

void cyclic_chain::add(const block& link, const block& rows) {
    if (empty_) {  // the first link: x_1 = G x_0 + ...
        relation_.leftCols(n_) = link.leftCols(n_);
        relation_.middleCols(n_, n_) = -MatrixXd::Identity(n_, n_);
        relation_.rightCols(k_) = link.rightCols(k_);
        rows_first_ = rows.leftCols(n_);
    } else {
        eliminate(link, rows);
    }
    empty_ = false;
    rows_rest_ += rows.rightCols(k_);
}

/// Eliminates x_j from the relation so far and from the link to x_{j+1}.
void cyclic_chain::eliminate(const block& link, const block& rows) {
    if (used_ == steps_.size()) steps_.emplace_back();
    auto& step = steps_[used_++];
    step.factors.resize(2 * n_, n_);
    step.factors.topRows(n_) = relation_.middleCols(n_, n_);
    step.factors.bottomRows(n_) = link.leftCols(n_);
    work_.setZero();
    work_.topLeftCorner(n_, n_) = relation_.leftCols(n_);
    work_.topRightCorner(n_, k_) = relation_.rightCols(k_);
    work_.bottomRows(n_).middleCols(n_, n_).diagonal().setConstant(-1);
    work_.bottomRightCorner(n_, k_) = link.rightCols(k_);
    step.rows = rows_last_ + rows.leftCols(n_);
    factor(step);
    relation_ = work_.bottomRows(n_);
    const auto folded = [&](auto&& columns) { return step.rows.lazyProduct(columns); };
    rows_first_ += folded(step.back.leftCols(n_));
    rows_last_ = folded(step.back.middleCols(n_, n_));
    rows_rest_ += folded(step.back.rightCols(k_));
}

/// Householder's reflections of the two blocks, applied to the rest; then x_j by what remains.
void cyclic_chain::factor(eliminated& step) {
    const Index height = 2 * n_;
    step.strengths.resize(n_);
    for (Index c = 0; c < n_; ++c) {
        double* const column = step.factors.data() + c * height + c;
        const Index length = height - c;
        double below = 0;
        for (Index i = 1; i < length; ++i) below += column[i] * column[i];
        step.strengths[c] = 0;
        if (below > 0) {
            const double head = column[0];
            const double turned = -std::copysign(std::sqrt(head * head + below), head);
            for (Index i = 1; i < length; ++i) column[i] /= head - turned;
            step.strengths[c] = (turned - head) / turned;
            column[0] = turned;
            sign_ = -sign_;
        }
        if (column[0] < 0) sign_ = -sign_;
        for (Index other = c + 1; other < n_; ++other)
            reflect_column(column, length, step.strengths[c], column + (other - c) * height);
        for (Index other = 0; other < work_.cols(); ++other)
            reflect_column(column, length, step.strengths[c], work_.data() + other * height + c);
    }
    step.back = work_.topRows(n_);
    for (Index other = 0; other < step.back.cols(); ++other) {
        double* const x = step.back.data() + other * n_;
        for (Index k = n_; k-- > 0;) {
            const double* const r = step.factors.data() + k * height;
            const double value = x[k] / r[k];
            for (Index i = 0; i < k; ++i) x[i] -= value * r[i];
            x[k] = -value;
        }
    }
}

/// Applies the reflections to a vector of two blocks, in their order or, transposed, in reverse.
void cyclic_chain::reflect(const eliminated& step, VectorXd& both, bool transposed) const {
    for (Index k = 0; k < n_; ++k) {
        const Index c = transposed ? n_ - 1 - k : k;
        reflect_column(step.factors.data() + c * 2 * n_ + c, 2 * n_ - c, step.strengths[c],
                       both.data() + c);
    }
}

void cyclic_chain::close() {
    MatrixXd matrix(n_ + k_, n_ + k_);
    matrix << relation_.leftCols(n_) + relation_.middleCols(n_, n_), relation_.rightCols(k_),
        rows_first_ + rows_last_, rows_rest_;
    closed_.compute(matrix);
    // by the lengths of what is never zero: at a crossing a whole row of A + B may vanish
    for (Index i = 0; i < n_; ++i) matrix.row(i) /= relation_.row(i).norm();
    matrix.bottomRows(k_).rowwise().normalize();
    dense_lu normed;
    normed.compute(matrix);
    VectorXd probe = generic_vector(matrix.rows()).normalized();
    normed.solve_in_place(probe);
    regularity_ = sign_ * normed.sign() / probe.norm();
}

VectorXd cyclic_chain::solve(const MatrixXd& r, VectorXd s) const {
    const auto links = static_cast<Index>(used_) + 1;
    MatrixXd offset(n_, links);  // x_j = back (...) + offset
    VectorXd relation = r.col(0), both(2 * n_);
    for (Index j = 1; j < links; ++j) {
        const auto& step = steps_[static_cast<std::size_t>(j - 1)];
        both << relation, r.col(j);
        reflect(step, both, false);
        offset.col(j) = -both.head(n_);
        for (Index k = n_; k-- > 0;) {
            offset(k, j) /= step.factors(k, k);
            for (Index i = 0; i < k; ++i) offset(i, j) -= offset(k, j) * step.factors(i, k);
        }
        s -= step.rows.lazyProduct(offset.col(j));
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
        auto x = all.segment(j * n_, n_);
        x = steps_[static_cast<std::size_t>(j - 1)].back.lazyProduct(known) + offset.col(j);
        known.segment(n_, n_) = x;
    }
    return all;
}

VectorXd cyclic_chain::solve_transposed(MatrixXd x, VectorXd e) const {
    // The steps of solve, transposed and in reverse order.
    const auto links = static_cast<Index>(used_) + 1;
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
        const auto upper = step.factors.topRows(n_).triangularView<Eigen::Upper>();
        VectorXd both(2 * n_);
        both << -upper.transpose().solve(x.col(j) - step.rows.transpose() * s), relation;
        reflect(step, both, true);
        relation = both.head(n_);
        all.segment(j * n_, n_) = both.tail(n_);
    }
    all.head(n_) = relation;
    return all;
}

}  // namespace moebius
