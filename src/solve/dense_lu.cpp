// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/solve/dense_lu.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;

void dense_lu::compute(const Eigen::MatrixXd& a) {
    size_ = a.rows();
    if (size_ > small) {
        large_.compute(a);
        return;
    }
    const auto n = static_cast<std::size_t>(size_);
    for (std::size_t i = 0; i < n; ++i) {
        row_[i] = static_cast<Index>(i);
        for (std::size_t j = 0; j < n; ++j)
            lu_[i][j] = a(static_cast<Index>(i), static_cast<Index>(j));
    }
    determinant_ = 1;
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < n; ++i)
            if (std::abs(lu_[i][k]) > std::abs(lu_[pivot][k])) pivot = i;
        if (pivot != k) {
            std::swap(lu_[pivot], lu_[k]);
            std::swap(row_[pivot], row_[k]);
            determinant_ = -determinant_;
        }
        determinant_ *= lu_[k][k];
        lu_[k][k] = 1 / lu_[k][k];
        for (std::size_t i = k + 1; i < n; ++i) {
            const double factor = lu_[i][k] *= lu_[k][k];
            for (std::size_t j = k + 1; j < n; ++j) lu_[i][j] -= factor * lu_[k][j];
        }
    }
}

double dense_lu::determinant() const { return size_ > small ? large_.determinant() : determinant_; }

double dense_lu::sign() const {
    if (size_ <= small) return std::copysign(1.0, determinant_);
    const auto& diagonal = large_.matrixLU().diagonal();
    const auto negative = (diagonal.array() < 0).count();
    const auto swaps = static_cast<double>(large_.permutationP().determinant());
    return negative % 2 == 0 ? swaps : -swaps;
}

void dense_lu::solve_in_place(Eigen::VectorXd& b) const {
    if (size_ > small) {
        b = large_.solve(b);
        return;
    }
    const auto n = static_cast<std::size_t>(size_);
    std::array<double, small> y{};
    for (std::size_t i = 0; i < n; ++i) {
        y[i] = b[row_[i]];
        for (std::size_t j = 0; j < i; ++j) y[i] -= lu_[i][j] * y[j];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t j = i + 1; j < n; ++j) y[i] -= lu_[i][j] * y[j];
        y[i] *= lu_[i][i];
        b[static_cast<Index>(i)] = y[i];
    }
}

void dense_lu::solve_transposed_in_place(Eigen::VectorXd& b) const {
    if (size_ > small) {
        b = large_.transpose().solve(b).eval();
        return;
    }
    const auto n = static_cast<std::size_t>(size_);
    std::array<double, small> y{};
    for (std::size_t i = 0; i < n; ++i) {
        y[i] = b[static_cast<Index>(i)];
        for (std::size_t j = 0; j < i; ++j) y[i] -= lu_[j][i] * y[j];
        y[i] *= lu_[i][i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t j = i + 1; j < n; ++j) y[i] -= lu_[j][i] * y[j];
        b[row_[i]] = y[i];
    }
}

}  // namespace moebius
