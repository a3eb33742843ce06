// SPDX-License-Identifier: MIT
// States with each cell by itself: what is on groups in a file is laid out for all cells here.
#pragma once

#include <Eigen/Core>
#include <moebius/audit/audit.hpp>
#include <moebius/base/grouping.hpp>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// A point of a claim with each cell by itself.
struct whole_point {
    problem at;  ///< with the parameters of the point
    Eigen::VectorXd x;
};

class whole_space {
public:
    /// @throws invalid_argument  for a range whose parameter the problem lacks
    /// @param units  of the states in which the claim is, of the model's own; empty: it is in those
    explicit whole_space(const claim& of, std::vector<double> units = {});

    [[nodiscard]] const problem& base() const noexcept { return apart_; }
    [[nodiscard]] std::size_t states() const noexcept { return apart_.model->dimension(); }
    [[nodiscard]] std::span<const std::size_t> varied() const noexcept { return varied_; }
    [[nodiscard]] double unit() const { return apart_.model->state_scale(apart_.parameters); }

    /// How many numbers a state on these groups has.
    [[nodiscard]] std::size_t states_on(const grouping& groups) const;

    /// What of a branch is not laid out as this problem needs it; empty if nothing is.
    [[nodiscard]] std::string misfit(const branch& of) const;

    /// The problem with what varies set to these values.
    [[nodiscard]] problem at(std::span<const double> values) const;

    /// A state on groups, with each cell by itself; and back, by the first member of each group.
    /// No groups: the state as it is.
    [[nodiscard]] Eigen::VectorXd expanded(const grouping& groups, std::span<const double> x) const;
    [[nodiscard]] Eigen::VectorXd on_groups(const grouping& groups,
                                            const Eigen::VectorXd& whole) const;

    /// A row of a branch, and the state of one.
    [[nodiscard]] whole_point row(const branch& of, std::size_t row) const;
    [[nodiscard]] std::vector<double> state(const branch& of, std::size_t row) const;

    /// A special point, or nothing where its parameters or groups are not those of the problem.
    [[nodiscard]] whole_point point(const special_point& of) const;

    /// The first coordinates of a state in the model's own units.
    [[nodiscard]] std::string text_of(const Eigen::VectorXd& x) const;

    /// The state in which cells that may be renamed stand in order.
    [[nodiscard]] Eigen::VectorXd sorted(const Eigen::VectorXd& whole) const;

    /// Whether there are such cells: else a sorted state is the state itself.
    [[nodiscard]] bool may_rename() const;

    /// Groups of the cells that may be renamed; none if the model has no cells.
    [[nodiscard]] const grouping& alike() const noexcept { return alike_; }
    [[nodiscard]] std::size_t cells() const noexcept { return cells_; }

private:
    problem apart_;
    std::vector<parameter_range> ranges_;
    std::vector<std::size_t> varied_;
    std::size_t cells_ = 0;  // 0: the model has none
    grouping alike_;
    std::vector<double> units_;
};

}  // namespace moebius
