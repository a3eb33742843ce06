// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <moebius/diagnose/drifting_level.hpp>
#include <moebius/diagnose/leading_level.hpp>
#include <moebius/diagnose/resting_gain.hpp>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

/// Load gained per unit of score, from a probe: a random dither d that was added to the scores of
/// each step. G = sum d n/sum d^2 holds for gates that move as well, because the dither knows
/// nothing of them. It is the mean over all directions of loads, (trace J)/(E - 1): kappa G/lambda
/// is the gain of a loop near equal loads. Where gates prefer tokens the leading direction gains
/// more, which moment_slope tells (data/results/diagnose-moments.txt).
/// @source docs/theory.md section 7, Training
class dither_slope {
public:
    explicit dither_slope(std::size_t experts);
    /// @param shares, dither  (E) of the step; where the dither is 0 in all experts nothing is
    /// taken
    void take(std::span<const double> shares, std::span<const double> dither);

    /// Of the last 800 to 1,600 steps; loads are taken less their mean over some 30 steps before,
    /// so that slow motion is no noise. The error is that of unlike steps (White's).
    [[nodiscard]] std::optional<measured_slope> slope() const;

    /// What a softmax gate can have along one direction of loads at most, whatever its tokens. Of
    /// one choice beta (diag m - mean p pᵀ) has no direction of more than beta (diag m - m mᵀ),
    /// m = mean p the loads; of k that exclude one another (Gershgorin) 2 beta max_i m_i (1 - k
    /// m_i).
    [[nodiscard]] double most(double beta, double top_k) const;

private:
    struct sums {
        double steps = 0, dn = 0, dd = 0, dn2 = 0, dn_dd = 0, dd2 = 0;
    };
    Eigen::ArrayXd mean_;  ///< (E) of loads, over the steps before
    std::array<sums, 2> windows_;
    std::size_t steps_ = 0;
};

/// The same from sum over tokens of p pᵀ: J = beta (diag m - mean p pᵀ), m = mean p, is the
/// derivative of the mean load with respect to the scores, and its largest eigenvalue the slope in
/// the direction in which the loop is nearest to instability.
class moment_slope {
public:
    explicit moment_slope(std::size_t experts, double beta);
    /// @param moments  (E, E) sum over the tokens of the step, p of sum 1
    /// @param dither  (E) that was added to the step's scores, or empty. What it makes of the step,
    /// to first order, is taken off: most of the noise of steps of many tokens. The mean over
    /// dithers stays, as they know nothing of the steps before.
    void take(std::span<const double> moments, std::span<const double> dither = {});
    /// As of now: of as many of the last steps as its motion allows. The interval reaches down
    /// to the mean over directions where none was found ahead of the others: among alike ones that
    /// leads whose experts have more at the time.
    [[nodiscard]] std::optional<measured_slope> slope() const;
    /// For gates that rest: at equal loads, of all steps, where no direction is ahead of the
    /// others, else along the leading one where the loads are in the mean. Empty where it is
    /// another one now, or too few steps came.
    [[nodiscard]] std::optional<measured_slope> at_rest() const;

private:
    [[nodiscard]] Eigen::MatrixXd answer_to(const Eigen::VectorXd& dither) const;

    /// Of J, with directions of some 50, 16 and 5 steps: those of small batches are noisy, gates
    /// that move lose them soon.
    std::vector<leading_level> courses_;
    Eigen::VectorXd shares_;  ///< (E) mean of p, weighted as the mean of the first course
    resting_gain rest_;       ///< of the mean over directions
    drifting_level even_;     ///< the same, as of now
    leading_gain lead_;       ///< along `led_` over that mean
    Eigen::VectorXd led_;     ///< (E) the leading direction of `mean_` when the look at it began
    Eigen::MatrixXd mean_;    ///< (E, E) of J over all steps
    double steps_ = 0;
    double beta_;
};

/// The slope of loads on scores that were logged. Under a rule that makes scores of loads it mixes
/// that rule read backwards, decay/feedback, with the router's slope: it is here to be named.
class score_slope {
public:
    explicit score_slope(std::size_t experts);
    void take(std::span<const double> shares, std::span<const double> scores);
    /// None of scores that never change: no rule makes them of loads.
    [[nodiscard]] std::optional<measured_slope> slope() const;

private:
    double ss_ = 0, sn_ = 0, nn_ = 0, steps_ = 0;
    std::vector<double> last_;  ///< (E) scores, until they change
    bool change_ = false;
    std::size_t experts_;
};

}  // namespace moebius
