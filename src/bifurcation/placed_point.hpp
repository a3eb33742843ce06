// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <vector>

#include "critical_modes.hpp"

namespace moebius {

/// A special point on the coarsest groups of cells that its state and parameters allow, so that
/// symmetry is part of the equations: groups that agree up to rounding are one.
struct placed_point {
    problem at;                       ///< with the point's parameters
    std::vector<double> x;            ///< on those groups
    std::vector<std::size_t> free;    ///< positions of the varied parameters
    std::vector<std::size_t> origin;  ///< of each state of the given point: its place in x

    /// @throws invalid_argument for a point that does not fit the model
    placed_point(const problem& base, const special_point& point,
                 const std::vector<parameter_range>& ranges);

    [[nodiscard]] double state_scale() const { return at.model->state_scale(at.parameters); }
    [[nodiscard]] mode_place place() const { return {x, at.parameters}; }

    /// What a distance in a varied parameter is compared with where the parameter is smaller: the
    /// least of a twentieth of its range, the ends of that, and what moves the state by its scale.
    [[nodiscard]] double unit_of(std::size_t free_parameter, const parameter_range& range) const;

    /// Where a critical vector may lie: among the groups, and within each that has members.
    [[nodiscard]] std::vector<critical_space> spaces() const;

private:
    [[nodiscard]] std::size_t groups() const;
    [[nodiscard]] std::vector<double> own_parameters(std::size_t g) const;
    [[nodiscard]] bool are_one(std::size_t g, std::size_t h) const;
    void join(const std::vector<parameter_range>& ranges);
};

}  // namespace moebius
