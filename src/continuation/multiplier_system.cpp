// SPDX-License-Identifier: MIT
#include <moebius/continuation/multiplier_system.hpp>
#include <moebius/solve/linearization.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Orthogonal to those before it, and of length 1, as vectors of all entries.
void orthonormalise(std::vector<MatrixXd>& all) {
    for (std::size_t b = 0; b < all.size(); ++b) {
        for (std::size_t a = 0; a < b; ++a) all[b] -= all[a].cwiseProduct(all[b]).sum() * all[a];
        all[b] /= all[b].norm();
    }
}

/// q matrices without a pattern.
std::vector<MatrixXd> generic_matrices(Index q, Index rows, Index columns) {
    const VectorXd all = generic_vector(q * rows * columns);
    std::vector<MatrixXd> result;
    for (Index b = 0; b < q; ++b)
        result.emplace_back(
            Eigen::Map<const MatrixXd>(all.data() + b * rows * columns, rows, columns).array() - 1);
    orthonormalise(result);
    return result;
}

}  // namespace

multiplier_system::multiplier_system(Index states, Index pair, const twist& beyond)
    : n_(states), q_(pair), beyond_(beyond), chain_(states * pair, pair) {}

void multiplier_system::start_borders(Index equations, Index intervals) {
    phi_ = generic_matrices(q_, equations, q_);
    psi_ = generic_matrices(q_, q_ * n_, intervals);
}

void multiplier_system::adapt_borders(const std::vector<condensed_block>& intervals) {
    const auto count = static_cast<Index>(intervals.size());
    for (Index b = 0; b < q_; ++b) {
        const auto from = solve(intervals, b);
        auto& psi = psi_[static_cast<std::size_t>(b)];
        const Index degree = (from.values[0].cols() - 1) / count;
        for (Index j = 0; j < count; ++j)
            for (Index c = 0; c < q_; ++c)
                psi.col(j).segment(c * n_, n_) =
                    from.values[static_cast<std::size_t>(c)].col(j * degree);
        phi_[static_cast<std::size_t>(b)] = solve_transposed(intervals, b).w;
    }
    orthonormalise(phi_);
    orthonormalise(psi_);
}

void multiplier_system::factor(const std::vector<condensed_block>& intervals, const MatrixXd& flow,
                               const MatrixXd& inverse, bool across_flow) {
    if (across_flow != across_flow_) {
        across_flow_ = across_flow;
        chain_ = cyclic_chain(n_ * q_, more());
    }
    inverse_ = inverse;
    const auto count = static_cast<Index>(intervals.size());
    const MatrixXd directions = flow / flow.norm();
    responses_.resize(intervals.size());
    chain_.begin();
    for (Index j = 0; j < count; ++j) {
        const auto& interval = intervals[static_cast<std::size_t>(j)];
        respond(interval, j);
        const MatrixXd link = link_of(interval, j);
        chain_.add(j + 1 == count ? closed(link) : link, rows_of(directions, j));
    }
    chain_.close();
}

/// What the interval's later points are moved by, for one of each Phi_b.
void multiplier_system::respond(const condensed_block& interval, Index j) {
    const Index block = interval.outer().rows();
    auto& response = responses_[static_cast<std::size_t>(j)];
    response.resize(block, q_ * q_);
    for (Index b = 0; b < q_; ++b)
        for (Index c = 0; c < q_; ++c) {
            auto of = response.col(b * q_ + c);
            of = -phi_[static_cast<std::size_t>(b)].col(c).segment(j * block, block);
            interval.solve(of);
        }
}

/// V at the interval's end by V at its start, g and tau.
MatrixXd multiplier_system::link_of(const condensed_block& interval, Index j) const {
    const Index size = n_ * q_;
    const auto outer = interval.outer();
    const auto& response = responses_[static_cast<std::size_t>(j)];
    MatrixXd link = MatrixXd::Zero(size, size + more());
    for (Index c = 0; c < q_; ++c) {
        link.block(c * n_, c * n_, n_, n_) = outer.bottomRows(n_).leftCols(n_);
        for (Index b = 0; b < q_; ++b)
            link.col(size + b).segment(c * n_, n_) = response.col(b * q_ + c).tail(n_);
        if (across_flow_) link.col(size + q_ + c).segment(c * n_, n_) = outer.col(n_).tail(n_);
    }
    return link;
}

/// What (Psi_b, V), and V along the flow, have of V at a mesh point.
MatrixXd multiplier_system::rows_of(const MatrixXd& directions, Index j) const {
    const Index size = n_ * q_;
    MatrixXd rows = MatrixXd::Zero(more(), size + more());
    for (Index b = 0; b < q_; ++b)
        rows.row(b).head(size) = psi_[static_cast<std::size_t>(b)].col(j);
    for (Index c = 0; c < q_ && across_flow_; ++c)
        rows.row(q_ + c).segment(c * n_, n_) = directions.col(j);
    return rows;
}

/// A link that ends at V(1), as one that ends at V(0) = P^-1 V(1) K^-T.
MatrixXd multiplier_system::closed(const MatrixXd& link) const {
    MatrixXd result = MatrixXd::Zero(link.rows(), link.cols());
    for (Index c = 0; c < q_; ++c)
        for (Index d = 0; d < q_; ++d)
            result.middleRows(c * n_, n_) +=
                inverse_(c, d) * beyond_.undone(link.middleRows(d * n_, n_));
    return result;
}

multiplier_system::solution multiplier_system::solve(const std::vector<condensed_block>& intervals,
                                                     Index b) const {
    const Index size = n_ * q_, count = static_cast<Index>(intervals.size());
    const VectorXd links = chain_.solve(MatrixXd::Zero(size, count), VectorXd::Unit(more(), b));
    solution found;
    found.g = links.segment(count * size, q_);
    found.tau = across_flow_ ? VectorXd(links.tail(q_)) : VectorXd(VectorXd::Zero(q_));
    for (Index c = 0; c < q_; ++c) {
        MatrixXd values;
        for (Index j = 0; j < count; ++j) {
            const auto outer = intervals[static_cast<std::size_t>(j)].outer();
            const Index degree = outer.rows() / n_;
            if (j == 0) values.resize(n_, count * degree + 1);
            const VectorXd first = links.segment(j * size + c * n_, n_);
            VectorXd later = outer.leftCols(n_) * first + found.tau[c] * outer.col(n_);
            for (Index a = 0; a < q_; ++a)
                later += found.g[a] * responses_[static_cast<std::size_t>(j)].col(a * q_ + c);
            values.col(j * degree) = first;
            values.middleCols(j * degree + 1, degree) =
                Eigen::Map<const MatrixXd>(later.data(), n_, degree);
        }
        found.values.push_back(std::move(values));
    }
    return found;
}

multiplier_system::adjoint multiplier_system::solve_transposed(
    const std::vector<condensed_block>& intervals, Index b) const {
    const Index size = n_ * q_, count = static_cast<Index>(intervals.size());
    const VectorXd links =
        chain_.solve_transposed(MatrixXd::Zero(size, count), VectorXd::Unit(more(), b));
    const Index block = intervals.front().outer().rows();
    adjoint found{MatrixXd(count * block, q_), MatrixXd(n_, q_)};
    found.end = Eigen::Map<const MatrixXd>(links.data() + (count - 1) * size, n_, q_);
    for (Index j = 0; j < count; ++j) {
        MatrixXd ends = Eigen::Map<const MatrixXd>(links.data() + j * size, n_, q_);
        if (j + 1 == count) ends = beyond_.applied(found.end * inverse_);
        for (Index c = 0; c < q_; ++c) {
            VectorXd later = VectorXd::Zero(block);
            later.tail(n_) = ends.col(c);
            intervals[static_cast<std::size_t>(j)].solve_transposed(later);
            found.w.col(c).segment(j * block, block) = later;
        }
    }
    return found;
}

}  // namespace moebius
