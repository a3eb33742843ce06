// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "log_shape.hpp"

namespace moebius {

/// Whether the totals of an array say that its axes are in another order than they are read in:
/// along the axis of the experts loads sum to the choices of a step, and along no other. Silent
/// unless all of it is exact, in more sums than agree by chance.
class axis_check {
public:
    explicit axis_check(const log_shape& shape);

    /// Those of the next step and layer.
    void take(std::span<const double> loads) {
        if (!is_over()) look_at(loads);
    }

    /// What is to be said of the whole array, once all was taken; else empty.
    [[nodiscard]] std::string finding() const;

private:
    [[nodiscard]] bool is_over() const noexcept { return !second_sums_ && !steps_second_; }
    void look_at(std::span<const double> loads);
    void end_group();

    log_shape shape_;
    std::size_t group_;  ///< records whose loads are summed along the second to last axis
    std::size_t taken_ = 0;
    bool second_sums_;             ///< along that axis all sums so far are the same
    bool steps_second_;            ///< records of one "layer" have the same sum in each "step"
    std::vector<double> across_;   ///< (experts) sums of the group so far
    std::vector<double> totals_;   ///< (layers) sums of the first step's records
    std::vector<double> first_;    ///< (experts) of the first record
    bool changes_ = false;         ///< whether that layer has other loads in another step
    double sum_ = 0;               ///< along that axis, of the first
    double least_ = 0, most_ = 0;  ///< sums of records
};

/// An array of more "layers" than steps, and than any model has, says how it was read; else empty.
[[nodiscard]] std::string note_of_layers(const log_shape& shape);

}  // namespace moebius
