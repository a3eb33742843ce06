// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace moebius {

/// Standard errors from a normal number to either end of its 90 % interval.
inline constexpr double normal_90 = 1.6448536269514722;

/// A number with its standard error.
struct measured_slope {
    double value = 0;
    double error = 0;
    double steps = 0;  ///< that it rests on
    /// Where it is a mean over directions: what the largest of them cannot exceed; else 0.
    double most = 0;

    [[nodiscard]] double low() const { return value - normal_90 * error; }  ///< of 90 %
    [[nodiscard]] double high() const {
        return (most > 0 ? std::max(value, most) : value) + normal_90 * error;
    }
};

/// Where a noisy course is behind its last number, at the next one, though how fast it moves is not
/// known: loop gains of gates that learn drift steadily in one run and wander in another.
/// Exponential filters of several lengths, each without and with a trend, forecast every number
/// before it comes; they are weighed by their likelihood. The error holds what each says of itself,
/// s^2 a for s the scatter of its forecasts and a the weight of its newest number, and that they
/// differ. Noise is taken to be independent from number to number.
/// @source docs/theory.md section 10; A. C. Harvey, Forecasting, Structural Time Series Models
///         and the Kalman Filter (1989), sections 4.1 and 4.2
class drifting_level {
public:
    void take(double seen);
    /// Empty before three numbers.
    [[nodiscard]] std::optional<measured_slope> now() const;

private:
    /// Of the last 200 numbers mostly, as noise and motion change while gates learn.
    static constexpr double memory = 200;
    static constexpr std::size_t lengths = 11;
    struct filter {
        double level = 0, trend = 0;
        double surprise = 0;  ///< mean square of what its forecasts were off by
    };
    /// Weight of the newest number: r/(1 + r), r = 1/320, 1/160, ..., 3.2. Of a course that moves
    /// faster than the fastest of them follows the error would be too small.
    [[nodiscard]] static double gain_of(std::size_t which);

    std::array<filter, 2 * lengths> filters_;  ///< of each length, without and with a trend
    double numbers_ = 0;
};

}  // namespace moebius
