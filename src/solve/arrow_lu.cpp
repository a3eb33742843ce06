// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/solve/arrow_lu.hpp>
#include <numeric>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double harmless = 100;  // ratio of pivots that loses two digits at most

}  // namespace

void arrow_lu::choose_moved() {
    const auto& d = a_->diagonal;
    const auto count = static_cast<std::size_t>(std::min(a_->corner.rows(), d.size()));
    moved_.clear();
    for (Index i = 0; i < d.size(); ++i) {  // keeps the few smallest, in rising order
        if (moved_.size() == count && !(std::abs(d[i]) < std::abs(d[moved_.back()]))) continue;
        if (moved_.size() == count) moved_.pop_back();
        const auto at = std::upper_bound(moved_.begin(), moved_.end(), i, [&](Index l, Index r) {
            return std::abs(d[l]) < std::abs(d[r]);
        });
        moved_.insert(at, i);
    }
}

void arrow_lu::compute(const arrow_matrix& a) {
    a_ = &a;
    choose_moved();
    const auto m = static_cast<Index>(moved_.size()), k = a.corner.rows();
    inverse_ = a.diagonal.cwiseInverse();
    for (const Index i : moved_) inverse_[i] = 0;
    scaled_.resizeLike(a.right);
    for (Index j = 0; j < k; ++j) scaled_.col(j) = inverse_.cwiseProduct(a.right.col(j));
    const double largest = a.diagonal.size() > 0 ? a.diagonal.cwiseAbs().maxCoeff() : 0;
    refines_ = !(inverse_.cwiseAbs().maxCoeff() * largest <= harmless);
    schur_matrix_.setZero(m + k, m + k);
    auto& schur = schur_matrix_;
    for (Index j = 0; j < m; ++j) {
        const Index i = moved_[static_cast<std::size_t>(j)];
        schur(j, j) = a.diagonal[i];
        schur.row(j).tail(k) = a.right.row(i);
        schur.col(j).tail(k) = a.below.row(i).transpose();
    }
    schur.bottomRightCorner(k, k) = a.corner - a.below.transpose().lazyProduct(scaled_);
    schur_.compute(schur);
    // Moving an entry permutes rows and columns alike: the sign stays.
    const auto negative = (inverse_.array() < 0).count();
    sign_ = negative % 2 == 0 ? schur_.sign() : -schur_.sign();
}

void arrow_lu::solve_once(VectorXd& b) const {
    const auto m = static_cast<Index>(moved_.size()), k = a_->corner.rows();
    const Index n = a_->diagonal.size();
    small_.resize(m + k);
    for (Index j = 0; j < m; ++j) small_[j] = b[moved_[static_cast<std::size_t>(j)]];
    b.head(n).array() *= inverse_.array();
    small_.tail(k) = b.tail(k);
    small_.tail(k) -= a_->below.transpose().lazyProduct(b.head(n));
    schur_.solve_in_place(small_);
    for (Index j = 0; j < k; ++j) b.head(n) -= small_[m + j] * scaled_.col(j);
    for (Index j = 0; j < m; ++j) b[moved_[static_cast<std::size_t>(j)]] = small_[j];
    b.tail(k) = small_.tail(k);
}

void arrow_lu::solve_in_place(VectorXd& b) const {
    const Index n = a_->diagonal.size(), k = a_->corner.rows();
    if (!refines_) return solve_once(b);
    rest_ = b;
    solve_once(b);
    rest_.head(n).array() -= a_->diagonal.array() * b.head(n).array();
    for (Index j = 0; j < k; ++j) rest_.head(n) -= b[n + j] * a_->right.col(j);
    rest_.tail(k) -= a_->below.transpose().lazyProduct(b.head(n));
    rest_.tail(k) -= a_->corner.lazyProduct(b.tail(k));
    solve_once(rest_);
    b += rest_;
}

}  // namespace moebius
