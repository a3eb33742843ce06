// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/solve/dense.hpp>

// The bodies of partial_lu and full_lu, for one source a scalar.
namespace moebius {

template <typename Scalar>
partial_lu<Scalar>::partial_lu(const matrix& a) : lu_(a) {}

template <typename Scalar>
void partial_lu<Scalar>::compute(const matrix& a) {
    lu_.compute(a);
}

template <typename Scalar>
auto partial_lu<Scalar>::solve(const vector& b) const -> vector {
    return lu_.solve(b);
}

template <typename Scalar>
auto partial_lu<Scalar>::solve_each(const matrix& b) const -> matrix {
    return lu_.solve(b);
}

template <typename Scalar>
auto partial_lu<Scalar>::solve_transposed(const vector& b) const -> vector {
    return lu_.transpose().solve(b);
}

template <typename Scalar>
auto partial_lu<Scalar>::solve_adjoint(const vector& b) const -> vector {
    return lu_.adjoint().solve(b);
}

template <typename Scalar>
full_lu<Scalar>::full_lu(const matrix& a) : lu_(a) {}

template <typename Scalar>
void full_lu<Scalar>::compute(const matrix& a) {
    lu_.compute(a);
}

template <typename Scalar>
bool full_lu<Scalar>::is_invertible() const {
    return lu_.isInvertible();
}

template <typename Scalar>
auto full_lu<Scalar>::solve(const vector& b) const -> vector {
    return lu_.solve(b);
}

}  // namespace moebius
