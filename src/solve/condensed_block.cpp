// SPDX-License-Identifier: MIT
//
// Gauss and Jordan's elimination. Pivots stay in their rows: no rows are swapped, and every column
// is changed as a whole, in vectors; what is left is diag(pivots) y = r, the rows in another order.
// A column of the factors is what its row is taken from the others with. A third more work than
// by triangular factors, and none of it by single numbers.
// See Higham, Accuracy and Stability of Numerical Algorithms (2002), section 14.4
#include <moebius/solve/condensed_block.hpp>

#include <algorithm>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "condensed_block.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using lanes = hn::CappedTag<double, condensed_block::together>;
using vd = hn::Vec<lanes>;
constexpr std::size_t wide = hn::MaxLanes(lanes());

/// The row of the largest entry of a column among those that are no pivot yet, where `free` is 1
/// and not 0; `rows` if no entry is a number.
HWY_INLINE std::size_t pivot_row(const double* column, const double* free, std::size_t rows) {
    const lanes d;
    vd largest = hn::Set(d, -1);
    const auto size = [&](std::size_t i) {  // -1 where it is not free
        const vd is_free = hn::LoadU(d, free + i);
        return hn::IfThenElse(hn::Gt(is_free, hn::Zero(d)), hn::Abs(hn::LoadU(d, column + i)),
                              hn::Set(d, -1));
    };
    for (std::size_t i = 0; i < rows; i += wide) largest = hn::Max(largest, size(i));
    largest = hn::MaxOfLanes(d, largest);
    for (std::size_t i = 0; i < rows; i += wide) {
        const auto found = hn::FindFirstTrue(d, hn::Eq(size(i), largest));
        if (found >= 0) return i + static_cast<std::size_t>(found);
    }
    return rows;
}

/// Takes the pivot's row, times `factors`, away from all rows of columns. `known`: vectors of a
/// column, or 0 if they are more than a few.
template <std::size_t known>
HWY_INLINE void take_away(const double* factors, std::size_t pivot, std::size_t rows,
                          double* column, const double* end) {
    const lanes d;
    vd kept[known > 0 ? known : 1];
    for (std::size_t v = 0; v < known; ++v) kept[v] = hn::LoadU(d, factors + v * wide);
    for (; column != end; column += rows) {
        const vd top = hn::Set(d, column[pivot]);
        const auto change = [&](double* at, vd factor) {
            hn::StoreU(hn::Sub(hn::LoadU(d, at), hn::Mul(top, factor)), d, at);
        };
        for (std::size_t v = 0; v < known; ++v) change(column + v * wide, kept[v]);
        for (std::size_t i = 0; known == 0 && i < rows; i += wide)
            change(column + i, hn::LoadU(d, factors + i));
    }
}

/// Calls use(the vectors of a column, as a constant if they are few).
template <typename Use>
HWY_INLINE void by_length(std::size_t rows, const Use& use) {
    switch (rows / wide) {
        case 1:
            return use(std::integral_constant<std::size_t, 1>());
        case 2:
            return use(std::integral_constant<std::size_t, 2>());
        case 3:
            return use(std::integral_constant<std::size_t, 3>());
        case 4:
            return use(std::integral_constant<std::size_t, 4>());
        default:
            return use(std::integral_constant<std::size_t, 0>());
    }
}

/// @param a     (rows, all), the first n columns to become factors
/// @param free  (rows), 1 for n of them
/// @return false if there is no pivot any more
bool eliminate(double* a, std::size_t n, std::size_t rows, std::size_t all, double* free,
               double* inverse, std::size_t* pivots) {
    const lanes d;
    for (std::size_t k = 0; k < n; ++k) {
        double* const factors = a + k * rows;
        const std::size_t p = pivot_row(factors, free, rows);
        if (p == rows) return false;
        pivots[k] = p;
        free[p] = 0;
        inverse[k] = 1 / factors[p];
        const vd over = hn::Set(d, inverse[k]);
        for (std::size_t i = 0; i < rows; i += wide)
            hn::StoreU(hn::Mul(hn::LoadU(d, factors + i), over), d, factors + i);
        factors[p] = 0;
        by_length(rows, [&](auto known) {
            take_away<known>(factors, p, rows, factors + rows, a + all * rows);
        });
    }
    return true;
}

/// The same steps on one more column.
void follow(const double* a, std::size_t n, std::size_t rows, const std::size_t* pivots,
            double* column) {
    by_length(rows, [&](auto known) {
        for (std::size_t k = 0; k < n; ++k)
            take_away<known>(a + k * rows, pivots[k], rows, column, column + rows);
    });
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

HWY_EXPORT(eliminate);
HWY_EXPORT(follow);

}  // namespace

void condensed_block::resize(Index unknowns, Index others) {
    const Index rows = (unknowns + together - 1) / together * together;
    if (unknowns == unknowns_ && work_.cols() == unknowns + others) return;
    unknowns_ = unknowns;
    work_.resize(rows, unknowns + others);
    work_.bottomRows(work_.rows() - unknowns).setZero();
    pivots_.resize(static_cast<std::size_t>(unknowns));
    inverse_.resize(unknowns);
    column_.resize(work_.rows());
}

void condensed_block::condense() {
    const Index n = unknowns_, rows = work_.rows();
    column_ << VectorXd::Ones(n), VectorXd::Zero(rows - n);
    const bool done = HWY_DYNAMIC_DISPATCH(eliminate)(
        work_.data(), static_cast<std::size_t>(n), static_cast<std::size_t>(rows),
        static_cast<std::size_t>(work_.cols()), column_.data(), inverse_.data(), pivots_.data());
    if (!done) {
        outer().setConstant(std::numeric_limits<double>::quiet_NaN());
        return;
    }
    for (Index j = n; j < work_.cols(); ++j) {
        double* const to = work_.data() + j * rows;
        std::copy_n(to, n, column_.data());
        for (Index k = 0; k < n; ++k)
            to[k] =
                -column_[static_cast<Index>(pivots_[static_cast<std::size_t>(k)])] * inverse_[k];
    }
}

void condensed_block::solve(Eigen::Ref<VectorXd> b) const {
    const Index n = unknowns_;
    if (b.isZero(0)) return;
    VectorXd column = VectorXd::Zero(work_.rows());
    column.head(n) = b;
    HWY_DYNAMIC_DISPATCH(follow)
    (work_.data(), static_cast<std::size_t>(n), static_cast<std::size_t>(work_.rows()),
     pivots_.data(), column.data());
    for (Index k = 0; k < n; ++k)
        b[k] = column[static_cast<Index>(pivots_[static_cast<std::size_t>(k)])] * inverse_[k];
}

void condensed_block::solve_transposed(Eigen::Ref<VectorXd> b) const {
    const Index n = unknowns_;
    const auto pivot = [this](Index k) {
        return static_cast<Index>(pivots_[static_cast<std::size_t>(k)]);
    };
    const VectorXd scaled = b.cwiseProduct(inverse_);
    for (Index k = 0; k < n; ++k) b[pivot(k)] = scaled[k];
    for (Index k = n; k-- > 0;) {
        const double* const factors = work_.data() + k * work_.rows();
        double sum = 0;
        for (Index i = 0; i < n; ++i) sum += factors[i] * b[i];
        b[pivot(k)] -= sum;
    }
}

}  // namespace moebius
#endif
