// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/column_names.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// Collects the rows of one branch and the special points on it, in any order along the curve.
///
/// A row holds the free parameters, the states, load_1 ..., and whatever else the curve tells.
class recorder {
public:
    /// Model and scaling must outlive the recorder.
    /// @param extras  names of the columns after the loads
    /// @throws invalid_argument  if two columns have one name
    recorder(const problem& base, const scaling& units, std::span<const std::string_view> extras);

    /// Rows are given whole by add_row, in these columns.
    /// @throws invalid_argument  if two have one name
    explicit recorder(std::vector<std::string> columns) : names_(std::move(columns)) {
        check_column_names(names_);
    }
    void add_row(double arc, std::span<const double> row);
    void add_row(double arc, std::span<const double> row, special_point point);

    /// Says the row that was added last again.
    void replace_row(std::span<const double> row);

    /// The row for a point u (scaled), with the extra columns.
    /// @param to  overwritten
    void row(const Eigen::VectorXd& u, std::span<const double> extras,
             std::vector<double>& to) const;
    /// Adds it at an arclength.
    void add(double arc, const Eigen::VectorXd& u, std::span<const double> extras);
    /// The same with a special point; its `row` and `branch` are set by finish.
    void add(double arc, const Eigen::VectorXd& u, std::span<const double> extras,
             special_point point);

    /// The special points since the last finish, as they were added.
    [[nodiscard]] std::span<special_point> points() noexcept { return points_; }

    /// Makes the row that was added last the end of the way: drops what lies beyond it.
    void end_at_last();

    [[nodiscard]] std::size_t rows() const noexcept { return entries_.size(); }

    /// Makes the travelled way count backwards: arclengths change sign. What is added next goes
    /// the other way from the same first point.
    void turn_back() noexcept;

    /// Sorts by arclength and moves everything into `result` as the branch `into`.
    void finish(branch into, diagram& result);

private:
    const field* model_ = nullptr;
    const scaling* units_ = nullptr;
    std::vector<std::string> names_;
    struct entry {  // small: they are sorted
        double arc;
        std::size_t row;    // among those of cells_
        std::size_t point;  // of points_, or none
    };
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    std::vector<entry> entries_;
    std::vector<double> cells_;  // (rows added, columns)
    std::vector<special_point> points_;
    std::vector<double> row_;
    mutable std::vector<double> x_, p_, loads_;
};

/// The branch that is added to a diagram next, yet without its ends.
/// @param base  whose groups of cells agree along it
[[nodiscard]] branch new_branch(const diagram& to, std::string_view kind, std::string_view from,
                                const problem& base);

}  // namespace moebius
