// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/solve/low_rank.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

low_rank_linearization::low_rank_linearization(Index states, Index rank, Index border)
    : states_(states), rank_(rank), border_(border) {
    const Index k = rank + border;
    arrow_.diagonal = VectorXd::Zero(states);
    arrow_.right = arrow_.below = Eigen::MatrixXd::Zero(states, k);
    arrow_.corner = Eigen::MatrixXd::Zero(k, k);
    arrow_.corner.topLeftCorner(rank, rank).diagonal().setConstant(-1);
    inner_.resize(states + k);
}

void low_rank_linearization::set_row(Index j, const VectorXd& row) {
    arrow_.below.col(rank_ + j) = row.head(states_);
    arrow_.corner.row(rank_ + j).tail(border_) = row.tail(border_).transpose();
}

void low_rank_linearization::factor(const VectorXd& row) {
    row_ = row;
    set_row(border_ - 1, row);
    lu_.compute(arrow_);
}

void low_rank_linearization::solve_in_place(VectorXd& b) const {
    inner_.head(states_) = b.head(states_);
    inner_.segment(states_, rank_).setZero();
    inner_.tail(border_) = b.tail(border_);
    lu_.solve_in_place(inner_);
    b.head(states_) = inner_.head(states_);
    b.tail(border_) = inner_.tail(border_);
}

double low_rank_linearization::regularity(const VectorXd& tangent) const {
    // Eliminating the rank's unknowns first leaves the factor det(-I).
    const double sign = rank_ % 2 == 0 ? lu_.sign() : -lu_.sign();
    return probed_regularity(*this, sign, row_, row_lengths(), tangent);
}

VectorXd low_rank_linearization::row_lengths() const {
    const auto &u = arrow_.right, &v = arrow_.below;
    // Column by column, since a product of thin matrices would allocate.
    VectorXd squares = arrow_.diagonal.cwiseAbs2();
    for (Index j = 0; j < border_; ++j) squares += u.col(rank_ + j).cwiseAbs2();
    for (Index j = 0; j < rank_; ++j) {
        squares.array() += 2 * arrow_.diagonal.array() * u.col(j).array() * v.col(j).array();
        for (Index k = 0; k < rank_; ++k)
            squares += v.col(j).dot(v.col(k)) * u.col(j).cwiseProduct(u.col(k));
    }
    if (const Index h = arrow_.upper.size(); h > 0) {  // |c + u v|^2 = .. + c^2 + 2 c u v
        squares.head(h) += arrow_.upper.cwiseAbs2();
        squares.tail(h) += arrow_.lower.cwiseAbs2();
        for (Index j = 0; j < rank_; ++j) {
            squares.head(h).array() +=
                2 * arrow_.upper.array() * u.col(j).head(h).array() * v.col(j).tail(h).array();
            squares.tail(h).array() +=
                2 * arrow_.lower.array() * u.col(j).tail(h).array() * v.col(j).head(h).array();
        }
    }
    VectorXd lengths(states_ + border_ - 1);
    lengths.head(states_) = squares.cwiseMax(0.0).cwiseSqrt();  // rounding may go below zero
    for (Index j = 0; j + 1 < border_; ++j)
        lengths[states_ + j] = std::hypot(arrow_.below.col(rank_ + j).norm(),
                                          arrow_.corner.row(rank_ + j).tail(border_).norm());
    return lengths;
}

}  // namespace moebius
