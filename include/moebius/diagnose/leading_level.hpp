// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/diagnose/drifting_level.hpp>
#include <optional>

namespace moebius {

struct leading_pair {
    Eigen::VectorXd direction;
    double gain = 0;
};

/// The leading direction of a symmetric matrix, from one that is near it (Rayleigh and Ritz, on the
/// Krylov space of `from`; one direction is as good as another where that is 0).
[[nodiscard]] leading_pair leading_direction(const Eigen::MatrixXd& of,
                                             const Eigen::VectorXd& from);

/// The largest eigenvalue of a noisy symmetric matrix that moves, as of the next one: the gain of
/// each step along a direction that was found before it, so that its noise is independent of that.
/// The direction is that of the mean over some steps, the lag of a steady drift taken off (Brown's
/// double smoothing). One that was fitted to noisy steps gains more on them than the leading one
/// does, and on new steps as much less: half of what lies between the two is given back (optimism).
/// @source B. Efron, How biased is the apparent error rate, J. Am. Stat. Assoc. 81 (1986) 461
class leading_level {
public:
    /// @param size    of the matrices
    /// @param memory  steps of the mean
    leading_level(Eigen::Index size, double memory);
    /// @param step  (E, E) the matrix of the step
    void take(const Eigen::MatrixXd& step);

    [[nodiscard]] std::optional<measured_slope> now() const { return seen_.now(); }
    /// Mean over the last steps of their gains along what was found before them: of two memories
    /// that of the better direction is more, as none gains more than the leading one.
    [[nodiscard]] double merit() const noexcept { return merit_; }
    [[nodiscard]] const Eigen::VectorXd& along() const noexcept { return along_; }
    [[nodiscard]] const Eigen::MatrixXd& mean() const noexcept { return mean_; }

private:
    Eigen::MatrixXd mean_;   ///< (E, E) weighted
    Eigen::MatrixXd late_;   ///< (E, E) of mean_, weighted so again
    Eigen::VectorXd along_;  ///< (E)
    double fitted_ = 0;      ///< gain of the mean along it
    double loss_ = 0;        ///< of it on new steps, of the last 50 mostly
    drifting_level seen_;
    double merit_ = 0, steps_ = 0, memory_;
};

}  // namespace moebius
