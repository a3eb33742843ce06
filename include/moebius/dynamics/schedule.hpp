// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace moebius {

/// A stretch of a schedule: a ramp to another value, or a hold where the parameter is already.
struct schedule_leg {
    double to = 0;             ///< the parameter at the last batch
    std::size_t batches = 1;   ///< >= 1
    std::size_t measured = 0;  ///< so many last batches are averaged; 0 for none
};

/// What one parameter of a closed loop does, batch by batch.
struct schedule {
    std::string parameter;
    double from = 0;
    std::vector<schedule_leg> legs;

    /// The parameter at batch 0, 1, ..., batches - 1 of a leg: evenly spaced up to legs[leg].to.
    [[nodiscard]] double value(std::size_t leg, std::size_t batch) const;

    [[nodiscard]] std::size_t batches() const noexcept;
    [[nodiscard]] std::size_t plateaus() const noexcept;  ///< legs that are measured

    /// @throws invalid_argument  for no legs, an empty leg, a value that is not finite, or more
    ///                           batches measured than a leg has
    void check() const;
};

/// A level that a state may cross upwards (direction 1) or downwards (-1).
struct passage {
    double level = 0;
    int direction = 1;

    [[nodiscard]] bool crossed(double x) const noexcept { return direction * (x - level) >= 0; }
};

}  // namespace moebius
