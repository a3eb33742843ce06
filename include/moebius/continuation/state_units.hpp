// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Units in which each state of a model that knows no scale of its own is of order 1: the model's
/// state_scales, or such that the coefficients of the equations' Taylor polynomials at 0 are as
/// near to 1 as can be: powers of two. Empty if none is beyond a hundredfold of 1, if f(0) is not
/// finite, for a model that knows one scale for all states, and for one with more than 64 states.
/// @param ranges  of parameters, at whose ends the coefficients are looked at
/// @source  Meintjes & Morgan, Appl. Math. Comput. 22 (1987) 333, section 5 (scaling of polynomial
///          systems by least squares in the logarithms of coefficients)
[[nodiscard]] std::vector<double> state_units(const problem& at,
                                              const std::vector<parameter_range>& ranges);

/// A problem in units in which its states are of order 1 at its own parameters.
class problem_in_units {
public:
    explicit problem_in_units(const problem& at);

    [[nodiscard]] const problem& on() const noexcept { return on_; }  ///< in these units
    void enter(std::span<double> x) const;  ///< a state of the model's own, into these units
    void leave(std::span<double> x) const;  ///< and back

private:
    std::vector<double> units_;  // empty: the model's own are as good
    problem on_;
};

/// A point in these units: what is followed in them starts there.
[[nodiscard]] special_point point_in_units(special_point point, const std::vector<double>& units);

/// Branches and points that were followed in these units, in the model's own; coefficients of
/// normal forms stay as they are, along vectors of length 1 in these units.
/// @param branch, point  the first ones
void leave_units(diagram& of, const std::vector<double>& units, std::size_t branch = 0,
                 std::size_t point = 0);

}  // namespace moebius
