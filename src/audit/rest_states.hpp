// SPDX-License-Identifier: MIT
// Stable states by brute force: many starts, and the flow or the discrete rule from each.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <moebius/base/watch.hpp>
#include <optional>
#include <vector>

#include "whole_space.hpp"

namespace moebius {

/// Where a problem goes from a state. Each member throws interrupted once the watch asks to stop.
class descent {
public:
    /// @param at  each cell by itself; it, like all that is given, must outlive this
    descent(const whole_space& in, const problem& at, std::optional<double> step,
            const audit_options& options, const watch& watched);

    /// The stable state that is reached, to rounding; nothing if it does not come to rest.
    [[nodiscard]] std::optional<Eigen::VectorXd> from(Eigen::VectorXd x) const;

    /// Whether the state attracts by its eigenvalues; nothing where one is zero.
    [[nodiscard]] std::optional<bool> attracts(const Eigen::VectorXd& x) const;

    /// The equilibrium that Newton's method finds at once, within 1e-2 state scales.
    [[nodiscard]] std::optional<Eigen::VectorXd> rest_near(const Eigen::VectorXd& x) const;

private:
    [[nodiscard]] bool go_on(Eigen::VectorXd& x, double time) const;
    [[nodiscard]] bool go_on_by_steps(Eigen::VectorXd& x, double time) const;
    void stop_if_asked() const;

    const whole_space& in_;
    const problem& at_;
    std::optional<double> step_;
    const audit_options& options_;
    const watch& watched_;
    double size_;  ///< of f_x
};

/// Starts at a problem: each expert's and few experts' taking nearly all, where the model knows the
/// state of given loads, and random ones; else random states of a box.
/// @param low, high  the box, of each state
[[nodiscard]] std::vector<Eigen::VectorXd> starts_at(const whole_space& in, const problem& at,
                                                     const Eigen::VectorXd& low,
                                                     const Eigen::VectorXd& high,
                                                     const audit_options& options,
                                                     std::uint64_t index);

}  // namespace moebius
