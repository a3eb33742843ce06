// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/grouping.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A field of N interchangeable cells with k states each, seen on states that agree within groups
/// of cells: an exact reduction from k N to k G states.
///
/// State c of group g is x[c G + g]. The first shared_parameters() parameters belong to all cells;
/// behind them parameter j of the cells in group g stands at shared_parameters() + j G + g. Cells
/// are interchangeable as long as these agree.
class cell_field : public field {
public:
    [[nodiscard]] virtual const grouping& groups() const = 0;
    [[nodiscard]] virtual std::size_t cell_states() const = 0;  ///< k
    [[nodiscard]] virtual std::size_t shared_parameters() const = 0;

    /// The same model on other groups; null if the cells differ in themselves.
    [[nodiscard]] virtual std::shared_ptr<const cell_field> regrouped(grouping groups) const = 0;

    /// The Jacobian on states that differ within group g and sum to zero there. Its eigenvalues
    /// count (size of g) - 1 times each. Shape: out (k, k), column-major.
    virtual void within(std::span<const double> x, std::span<const double> p, std::size_t g,
                        std::span<double> out) const = 0;

    [[nodiscard]] const cell_field* cells() const override { return this; }
};

/// The problem on other groups of the same cells: each takes the parameters of the group that its
/// first member had.
/// @throws invalid_argument if the model has no interchangeable cells
[[nodiscard]] problem regrouped(const problem& at, const grouping& groups);

/// The state x of `from` on the groups of `to`, group by group as its first member had it.
[[nodiscard]] std::vector<double> regrouped_state(const cell_field& from, const cell_field& to,
                                                  std::span<const double> x);

/// The coarsest groups of cells whose parameters agree; cells with a parameter in `apart` stay
/// alone. Groups stand in the order of their first members.
[[nodiscard]] grouping coarsest_groups(const problem& at, std::span<const std::size_t> apart);

}  // namespace moebius
