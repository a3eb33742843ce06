// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <memory>
#include <moebius/model/field.hpp>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

/// Where a critical eigenvector of an equilibrium lies: among the states of the groups, or in what
/// differs within one group of interchangeable cells. On the latter the full Jacobian acts as on
/// (v, -v/(m - 1), ..., -v/(m - 1)) for the m cells of the group, v the k states of the first.
class critical_space {
public:
    /// @param group  of the problem's cells, of at least two
    explicit critical_space(const problem& at, std::optional<std::size_t> group = {});

    [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< of v
    [[nodiscard]] bool is_within() const noexcept { return static_cast<bool>(finer_); }

    /// The Jacobian on it at x, p of the problem. Shape (size, size)
    [[nodiscard]] Eigen::MatrixXd jacobian(std::span<const double> x,
                                           std::span<const double> p) const;

    /// The series in s of f(x + line(s), p), on this space. Shapes: x, p as the problem's, constant
    /// in s; line, out (size); the constant term of line is not used.
    void along(std::span<const enclosed> x, std::span<const enclosed> p,
               std::span<const enclosed> line, std::span<enclosed> out) const;

private:
    std::shared_ptr<const field> model_;
    std::size_t size_, group_ = 0;
    std::shared_ptr<const cell_field> finer_;  // with the group's first cell on its own
    std::vector<std::size_t> origin_;          // of each of its groups: among the problem's
    std::size_t first_ = 0, rest_ = 0;         // its groups that were one
};

}  // namespace moebius
