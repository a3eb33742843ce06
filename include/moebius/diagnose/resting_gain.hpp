// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/diagnose/drifting_level.hpp>
#include <optional>

namespace moebius {

/// The mean of numbers that depend on those shortly before them, with the error of means of blocks.
class block_mean {
public:
    void take(double value, std::size_t length);
    /// Of the blocks that are full; empty where fewer than `fewest` are.
    [[nodiscard]] std::optional<measured_slope> now(std::size_t length, double fewest) const;

private:
    double block_ = 0, sum_ = 0, squares_ = 0;  ///< of the steps of a block; of blocks' means
    double first_ = 0;                          ///< block's mean, which is taken off the others
    std::size_t steps_ = 0;
};

/// The gain at equal loads of a gate that rests and prefers no direction of loads. Scores wander
/// with the tokens' noise, and the largest eigenvalue of J where they are is more than that at
/// equal loads, to first order in how far they are, as it picks the direction. The mean over
/// directions, (trace J)/(E - 1), is less to second order only, by beta |n - 1/E|^2/(E - 1) of a
/// gate without features, which is given back: of such a gate it is exact.
/// @source docs/theory.md section 10
class resting_gain {
public:
    /// @param gain  (trace J)/(E - 1) of the step and what is given back
    void take(double gain);

    /// Of all steps; its error is that of means of 10 steps. Empty before there are 16 of these.
    [[nodiscard]] std::optional<measured_slope> now() const;

private:
    block_mean mean_;
};

/// Whether one direction v of loads gains more than their mean does at equal loads, looked at in
/// the steps after it was found to lead. Of experts that are alike, loads that are off by d change
/// J by c diag(d) to first order, c a number, so that they change v's excess by c sum v_e^2 d_e:
/// the intercept over that is the excess at equal loads, whatever the scores remember. A look lasts
/// as long as all steps before it.
class leading_gain {
public:
    /// @param excess  gain along v less the mean gain
    /// @param off     sum v_e^2 d_e
    /// @param gain    the mean gain
    /// @returns whether another direction is to be looked at from the next step on
    bool take(double excess, double off, double gain);

    /// Whether it is known that none is ahead by 2 %, and that loads are equal in the mean. False
    /// before 128 steps.
    [[nodiscard]] bool none() const noexcept { return none_; }
    /// Whether one is ahead, there or where the loads are in the mean, by more than four errors and
    /// by more than .2 %, which is what the second order of scores that wander may leave.
    [[nodiscard]] bool ahead() const noexcept { return ahead_; }
    /// Gain along v where the loads are in the mean, with the error of means of blocks, 8 to 16 of
    /// them in a look; of the look before where this one has fewer.
    [[nodiscard]] std::optional<measured_slope> along() const;

private:
    void end_look();
    double x_ = 0, y_ = 0, xx_ = 0, xy_ = 0, yy_ = 0, gain_ = 0;  ///< sums over the steps looked at
    double lag_ = 0, last_ = 0;                                   ///< of off and the one before
    block_mean along_, off_;
    std::size_t steps_ = 0, begun_ = 0, until_ = 64;
    bool none_ = false, ahead_ = false;
    std::optional<measured_slope> before_;  ///< of the last look
};

}  // namespace moebius
