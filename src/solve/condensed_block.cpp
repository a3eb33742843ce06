// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <array>
#include <cmath>
#include <moebius/solve/condensed_block.hpp>
#include <type_traits>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index small = 24;  // rows up to which plain loops are faster than blocks

using short_column = std::array<double, small>;

template <Index value>
using constant = std::integral_constant<Index, value>;

/// Step k of the elimination of n rows. Both may be types `constant`: loops as short as these take
/// two thirds of their time where the compiler knows how far they go.
void eliminate_row(auto n, auto k, double* a, Index all, Index& swapped) {
    double* const pivots = a + k * n;
    Index pivot = k;
    double largest = std::abs(pivots[k]);
    for (Index i = k + 1; i < n; ++i) {  // without a branch, which nothing could predict
        const double size = std::abs(pivots[i]);
        pivot = size > largest ? i : pivot;
        largest = size > largest ? size : largest;
    }
    swapped = pivot;
    for (Index j = 0; j <= k; ++j) std::swap(a[j * n + k], a[j * n + pivot]);
    const double inverse = 1 / pivots[k];
    short_column factors;
    for (Index i = k + 1; i < n; ++i) {
        pivots[i] *= inverse;
        factors[static_cast<std::size_t>(i)] = pivots[i];
    }
    for (Index j = k + 1; j < all; ++j) {
        double* const column = a + j * n;
        const double top = column[pivot];
        column[pivot] = column[k];
        column[k] = top;
        for (Index i = k + 1; i < n; ++i) column[i] -= top * factors[static_cast<std::size_t>(i)];
    }
}

/// Row k of the triangular solve behind it, of all columns at once.
void substitute_row(auto n, auto k, double* a, Index all) {
    const double inverse = 1 / a[k * n + k];
    short_column upper;
    for (Index i = 0; i < k; ++i) upper[static_cast<std::size_t>(i)] = a[k * n + i];
    for (Index j = n; j < all; ++j) {
        double* const column = a + j * n;
        const double value = column[k] * inverse;
        for (Index i = 0; i < k; ++i) column[i] -= value * upper[static_cast<std::size_t>(i)];
        column[k] = -value;
    }
}

template <Index n>
void eliminate_rows(constant<n> rows, double* a, Index all, Index* swaps) {
    [&]<Index... k>(std::integer_sequence<Index, k...>) {
        (eliminate_row(rows, constant<k>(), a, all, swaps[k]), ...);
        (substitute_row(rows, constant<n - 1 - k>(), a, all), ...);
    }
    (std::make_integer_sequence<Index, n>());
}

void eliminate_rows(Index n, double* a, Index all, Index* swaps) {
    for (Index k = 0; k < n; ++k) eliminate_row(n, k, a, all, swaps[k]);
    for (Index k = n; k-- > 0;) substitute_row(n, k, a, all);
}

}  // namespace

void condensed_block::resize(Index unknowns, Index others) {
    work_.resize(unknowns, unknowns + others);
    swaps_.resize(static_cast<std::size_t>(unknowns));
}

void condensed_block::condense() {
    const Index n = work_.rows(), all = work_.cols();
    double* const a = work_.data();
    switch (n) {  // degree 4 of two, three and four states
        case 8:
            return eliminate_rows(constant<8>(), a, all, swaps_.data());
        case 12:
            return eliminate_rows(constant<12>(), a, all, swaps_.data());
        case 16:
            return eliminate_rows(constant<16>(), a, all, swaps_.data());
        default:
            return n <= small ? eliminate_rows(n, a, all, swaps_.data()) : eliminate_large();
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
