// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "log_shape.hpp"

namespace moebius {

/// Whether the totals of an array say that its axes are in another order than they are read in:
/// along the axis of the experts loads sum to the choices of a step or layer, and along no other.
/// Silent unless all of it is exact, in more sums than agree by chance.
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
    /// Which of the sums along an axis are the same.
    struct equal_sums {
        bool of_step, of_place;  ///< of each step; at each place of the other axis, in all steps
        [[nodiscard]] bool any() const noexcept { return of_step || of_place; }
    };

    [[nodiscard]] bool is_over() const noexcept { return !second_.any() && !steps_second_; }
    void look_at(std::span<const double> loads);
    void take_total(double total);
    void end_group();
    [[nodiscard]] std::string text_of_second() const;

    log_shape shape_;
    std::size_t group_;  ///< records whose loads are summed along the second to last axis
    std::size_t taken_ = 0;
    equal_sums second_, last_;          ///< along that axis, and along that of the experts, so far
    bool steps_second_;                 ///< records of one "layer" have the same sum in each "step"
    std::vector<double> across_;        ///< (experts) sums of the group so far
    std::vector<double> first_across_;  ///< (experts) of the first group
    std::vector<double> totals_;        ///< (group) sums of the first group's records
    double total_ = 0;                  ///< of the group's first record
    std::vector<double> first_;         ///< (experts) of the first record
    bool changes_ = false;              ///< whether that layer has other loads in another step
    double least_ = 0, most_ = 0;       ///< sums of records
};

/// An array of more "layers" than steps, and than any model has, says how it was read; else empty.
[[nodiscard]] std::string note_of_layers(const log_shape& shape);

}  // namespace moebius
