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
constexpr double tiny = 1e-300;   // a norm of zero

}  // namespace

/// inverse_ and what is beside it, and the smallest singular value of each block: |det| over the
/// largest, which is the norm up to a factor of sqrt 2.
void arrow_lu::invert_blocks() {
    const auto& d = a_->diagonal;
    if (!coupled()) {
        inverse_ = d.cwiseInverse();
        least_ = d.cwiseAbs();
        return;
    }
    const Index h = d.size() / 2;
    const auto first = d.head(h).array(), second = d.tail(h).array();
    const auto upper = a_->upper.array(), lower = a_->lower.array();
    determinant_ = first * second - upper * lower;
    inverse_.resize(2 * h);
    inverse_.head(h) = second / determinant_.array();
    inverse_.tail(h) = first / determinant_.array();
    upper_ = -upper / determinant_.array();
    lower_ = -lower / determinant_.array();
    const auto norm =
        (first.square() + second.square() + upper.square() + lower.square()).max(tiny).sqrt();
    least_ = determinant_.array().abs() / norm;
}

void arrow_lu::choose_moved() {
    const auto count = static_cast<std::size_t>(std::min(a_->corner.rows(), least_.size()));
    moved_.clear();
    for (Index i = 0; i < least_.size(); ++i) {  // keeps the few smallest, in rising order
        if (moved_.size() == count && !(least_[i] < least_[moved_.back()])) continue;
        if (moved_.size() == count) moved_.pop_back();
        const auto at = std::upper_bound(moved_.begin(), moved_.end(), i,
                                         [&](Index l, Index r) { return least_[l] < least_[r]; });
        moved_.insert(at, i);
    }
    if (!coupled()) {
        for (const Index i : moved_) inverse_[i] = 0;
        return;
    }
    for (std::size_t k = moved_.size(); k-- > 0;) {
        const Index i = moved_[k], j = least_.size() + i;
        inverse_[i] = inverse_[j] = upper_[i] = lower_[i] = 0;
        moved_.push_back(j);
    }
}

double arrow_lu::entry(Index i, Index j) const {
    if (i == j) return a_->diagonal[i];
    if (!coupled()) return 0;
    const Index h = least_.size();
    if (j == i + h) return a_->upper[i];
    return i == j + h ? a_->lower[j] : 0;
}

/// Of the determinant of what did not move; moving permutes rows and columns alike.
double arrow_lu::sign_of_rest() const {
    if (!coupled()) return (inverse_.array() < 0).count() % 2 == 0 ? 1 : -1;
    Index negative = 0;
    for (Index i = 0; i < least_.size(); ++i)
        if (determinant_[i] < 0 && std::find(moved_.begin(), moved_.end(), i) == moved_.end())
            ++negative;
    return negative % 2 == 0 ? 1 : -1;
}

/// y = diag(d)^-1 y, and 0 where it moved.
void arrow_lu::scale(Eigen::Ref<VectorXd> y) const {
    if (!coupled()) {
        y.array() *= inverse_.array();
        return;
    }
    const Index h = least_.size();
    half_ = inverse_.head(h).cwiseProduct(y.head(h)) + upper_.cwiseProduct(y.tail(h));
    y.tail(h) = lower_.cwiseProduct(y.head(h)) + inverse_.tail(h).cwiseProduct(y.tail(h));
    y.head(h) = half_;
}

void arrow_lu::compute(const arrow_matrix& a) {
    a_ = &a;
    invert_blocks();
    const double largest = inverse_.size() > 0 ? a.diagonal.cwiseAbs().maxCoeff() : 0;
    choose_moved();
    const auto m = static_cast<Index>(moved_.size()), k = a.corner.rows();
    scaled_ = a.right;
    for (Index j = 0; j < k; ++j) scale(scaled_.col(j));
    refines_ = coupled() || !(inverse_.cwiseAbs().maxCoeff() * largest <= harmless);
    schur_matrix_.setZero(m + k, m + k);
    auto& schur = schur_matrix_;
    for (Index j = 0; j < m; ++j) {
        const Index i = moved_[static_cast<std::size_t>(j)];
        for (Index l = 0; l < m; ++l) schur(j, l) = entry(i, moved_[static_cast<std::size_t>(l)]);
        schur.row(j).tail(k) = a.right.row(i);
        schur.col(j).tail(k) = a.below.row(i).transpose();
    }
    schur.bottomRightCorner(k, k) = a.corner - a.below.transpose().lazyProduct(scaled_);
    schur_.compute(schur);
    sign_ = sign_of_rest() * schur_.sign();
}

void arrow_lu::solve_once(VectorXd& b) const {
    const auto m = static_cast<Index>(moved_.size()), k = a_->corner.rows();
    const Index n = a_->diagonal.size();
    small_.resize(m + k);
    for (Index j = 0; j < m; ++j) small_[j] = b[moved_[static_cast<std::size_t>(j)]];
    scale(b.head(n));
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
    if (coupled()) {
        const Index h = n / 2;
        rest_.head(h).array() -= a_->upper.array() * b.segment(h, h).array();
        rest_.segment(h, h).array() -= a_->lower.array() * b.head(h).array();
    }
    for (Index j = 0; j < k; ++j) rest_.head(n) -= b[n + j] * a_->right.col(j);
    rest_.tail(k) -= a_->below.transpose().lazyProduct(b.head(n));
    rest_.tail(k) -= a_->corner.lazyProduct(b.tail(k));
    solve_once(rest_);
    b += rest_;
}

}  // namespace moebius
