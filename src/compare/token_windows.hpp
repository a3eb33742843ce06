// SPDX-License-Identifier: MIT
// The means of a run's loads over a window of batches, and how they scatter by theory.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/compare/prediction.hpp>
#include <vector>

namespace moebius {

inline constexpr double far_errors = 6;   ///< standard errors: 2e-9 of all means are further off
inline constexpr double few_tokens = 10;  ///< of all batches: where these are Poisson, not normal

/// @param time  in units of 1/decay
[[nodiscard]] inline std::size_t batches_of(double time, const validate_options& options) {
    return static_cast<std::size_t>(std::ceil(time / options.step));
}

/// Of one run, along the directions of the noise.
[[nodiscard]] inline Eigen::MatrixXd window_covariance(const loop_modes& noise,
                                                       const validate_options& options,
                                                       double decay) {
    return mean_covariance(noise, decay, options.step / decay,
                           batches_of(options.average, options));
}

/// The standard errors of mean loads with such a covariance, expert by expert. Shape (N).
[[nodiscard]] inline std::vector<double> load_errors(const loop_modes& noise,
                                                     const Eigen::MatrixXd& along) {
    const Eigen::MatrixXd& ways = noise.directions;
    const Eigen::VectorXd squares = (ways * along).cwiseProduct(ways).rowwise().sum();
    const Eigen::VectorXd each = squares.cwiseMax(0).cwiseSqrt();
    return {each.begin(), each.end()};
}

}  // namespace moebius
