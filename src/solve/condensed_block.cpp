// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <cmath>
#include <moebius/solve/condensed_block.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index small = 24;  // rows up to which plain loops are faster than blocks

}  // namespace

void condensed_block::resize(Index unknowns, Index others) {
    work_.resize(unknowns, unknowns + others);
    swaps_.resize(static_cast<std::size_t>(unknowns));
}

void condensed_block::condense() {
    if (work_.rows() <= small)
        eliminate();
    else
        eliminate_large();
}

void condensed_block::eliminate() {
    const Index n = work_.rows(), all = work_.cols();
    double* const a = work_.data();
    for (Index k = 0; k < n; ++k) {
        double* const pivots = a + k * n;
        Index pivot = k;
        for (Index i = k + 1; i < n; ++i)
            if (std::abs(pivots[i]) > std::abs(pivots[pivot])) pivot = i;
        swaps_[static_cast<std::size_t>(k)] = pivot;
        if (pivot != k)
            for (Index j = 0; j < all; ++j) std::swap(a[j * n + k], a[j * n + pivot]);
        const double inverse = 1 / pivots[k];
        for (Index i = k + 1; i < n; ++i) pivots[i] *= inverse;
        for (Index j = k + 1; j < all; ++j) {
            double* const column = a + j * n;
            const double factor = column[k];
            for (Index i = k + 1; i < n; ++i) column[i] -= factor * pivots[i];
        }
    }
    for (Index j = n; j < all; ++j) {
        double* const column = a + j * n;
        for (Index k = n; k-- > 0;) {
            const double* const upper = a + k * n;
            const double value = column[k] / upper[k];
            for (Index i = 0; i < k; ++i) column[i] -= value * upper[i];
            column[k] = -value;
        }
    }
}

void condensed_block::eliminate_large() {
    const Index n = work_.rows();
    Eigen::Ref<MatrixXd> a = work_.leftCols(n), b = work_.rightCols(work_.cols() - n);
    const Eigen::PartialPivLU<Eigen::Ref<MatrixXd>> lu(a);
    b = lu.permutationP() * b.eval();
    a.triangularView<Eigen::UnitLower>().solveInPlace(b);
    a.triangularView<Eigen::Upper>().solveInPlace(b);
    b = -b;
    // the permutation as the swaps that make it
    VectorXd rows = lu.permutationP() * VectorXd::LinSpaced(n, 0, static_cast<double>(n - 1));
    VectorXd now = VectorXd::LinSpaced(n, 0, static_cast<double>(n - 1));
    for (Index k = 0; k < n; ++k) {
        Index from = k;
        while (now[from] != rows[k]) ++from;
        std::swap(now[k], now[from]);
        swaps_[static_cast<std::size_t>(k)] = from;
    }
}

void condensed_block::solve(Eigen::Ref<VectorXd> b) const {
    const Index n = work_.rows();
    const double* const a = work_.data();
    for (Index k = 0; k < n; ++k) std::swap(b[k], b[swaps_[static_cast<std::size_t>(k)]]);
    for (Index k = 0; k < n; ++k)
        for (Index i = k + 1; i < n; ++i) b[i] -= b[k] * a[k * n + i];
    for (Index k = n; k-- > 0;) {
        b[k] /= a[k * n + k];
        for (Index i = 0; i < k; ++i) b[i] -= b[k] * a[k * n + i];
    }
}

void condensed_block::solve_transposed(Eigen::Ref<VectorXd> b) const {
    const Index n = work_.rows();
    const double* const a = work_.data();
    for (Index k = 0; k < n; ++k) {
        for (Index i = 0; i < k; ++i) b[k] -= b[i] * a[k * n + i];
        b[k] /= a[k * n + k];
    }
    for (Index k = n; k-- > 0;)
        for (Index i = k + 1; i < n; ++i) b[k] -= b[i] * a[k * n + i];
    for (Index k = n; k-- > 0;) std::swap(b[k], b[swaps_[static_cast<std::size_t>(k)]]);
}

}  // namespace moebius
