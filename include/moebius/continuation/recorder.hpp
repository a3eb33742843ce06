// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <string>
#include <utility>
#include <vector>

namespace moebius {

/// Collects the rows of one branch and the special points on it, in any order along the curve.
class recorder {
public:
    explicit recorder(std::vector<std::string> names) : names_(std::move(names)) {}

    /// A row of values, in the order of the names, at an arclength.
    void add(double arc, const std::vector<double>& row);
    /// A special point with its row; its `row` and `branch` are set by finish.
    void add(double arc, const std::vector<double>& row, special_point point);

    [[nodiscard]] std::size_t rows() const noexcept { return arcs_.size(); }

    /// Makes the travelled way count backwards: arclengths change sign. What is added next goes
    /// the other way from the same first point.
    void turn_back() noexcept;

    /// Sorts by arclength and moves everything into `result` as the branch `into`.
    void finish(branch into, diagram& result);

private:
    std::vector<std::string> names_;
    std::vector<double> arcs_;
    std::vector<double> values_;                                 // row-major
    std::vector<std::pair<std::size_t, special_point>> points_;  // by row
};

}  // namespace moebius
