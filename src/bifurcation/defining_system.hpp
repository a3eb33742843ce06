// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

#include "critical_modes.hpp"

namespace moebius {

/// The equations of a special point over enclosures, in as many unknowns: states, free parameters,
/// then what modes add.
class defining_system {
public:
    /// f = 0 and the equations of modes, which fix the free parameters.
    /// @param at      with the parameters near the point
    /// @param rests   the state is 0 and f(0, p) = 0 for all p: states are no unknowns
    defining_system(const problem& at, std::vector<double> x, std::vector<std::size_t> free,
                    bool rests, std::vector<critical_mode> modes);

    /// Moore's system of a branch point on one free parameter:
    ///
    ///     f + d w = 0,  f_x^T w = 0,  w^T f_p = 0,  c^T w = 1
    ///
    /// in x, p, d, w. The last check is that d may be zero: where it is not, the branch point is
    /// unfolded.
    /// @source  Moore 1980, SIAM J. Numer. Anal. 17
    [[nodiscard]] static defining_system of_crossing(const problem& at, std::vector<double> x,
                                                     std::size_t free);

    void operator()(std::span<const enclosed> y, std::span<enclosed> out) const;

    [[nodiscard]] Eigen::VectorXd guess() const;
    [[nodiscard]] Eigen::VectorXd units(double state, std::span<const double> parameters) const;

    /// The states in a box of the unknowns.
    [[nodiscard]] bounds state(std::span<const bounds> box, std::size_t i) const {
        return rests_ ? bounds{} : box[i];
    }
    [[nodiscard]] bounds parameter(std::span<const bounds> box, std::size_t k) const {
        return box[states() + k];
    }
    [[nodiscard]] std::size_t states() const { return rests_ ? 0 : x_.size(); }

    /// Whether the box tells what the equations leave open: that f(0, p) = 0 holds exactly, that a
    /// branch point is not unfolded, that a frequency is not 0.
    [[nodiscard]] bool holds_on(std::span<const bounds> box) const;

private:
    void crossing(std::span<const enclosed> x, std::span<const enclosed> p,
                  std::span<const enclosed> own, std::span<enclosed> out) const;
    [[nodiscard]] std::vector<enclosed> parameters(std::span<const enclosed> of_free) const;

    problem at_;
    std::vector<double> x_;
    std::vector<std::size_t> free_;
    bool rests_ = false, crosses_ = false;
    std::vector<critical_mode> modes_;
    Eigen::VectorXd left_;  // c
};

/// Whether f(0, p) is exactly 0 for all values of the free parameters near those of the problem.
[[nodiscard]] bool rests_at_zero(const problem& at, std::span<const std::size_t> free);

}  // namespace moebius
