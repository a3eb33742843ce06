// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/watch.hpp>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// A stable state of N alike experts; those that differ by the names of experts are one.
struct expert_state {
    std::vector<std::size_t> sizes;  ///< of the groups of equal scores, by falling score
    std::vector<double> scores;      ///< (N), falling
    std::vector<double> loads;       ///< (N), theirs, without noise
    loop_modes noise;                ///< what batches make of it

    /// Experts of the first group; 0 if all are in one.
    [[nodiscard]] std::size_t winners() const noexcept {
        return sizes.size() == 1 ? 0 : sizes.front();
    }

    /// The mean loads that batches make of it. Shape (N).
    [[nodiscard]] std::vector<double> mean_loads() const;
};

/// How far the highest score is above the mean of all.
[[nodiscard]] double lead_of(std::span<const double> scores);

/// All stable states at the parameters of a problem, the balanced one first.
/// @param at  N alike experts, each a group of its own (expert_feedback)
/// @throws invalid_argument  as modes_about
/// @throws interrupted       if the watch asks to stop
[[nodiscard]] std::vector<expert_state> stable_expert_states(const problem& at,
                                                             const loop_batches& batches,
                                                             const watch& watched = {});

}  // namespace moebius
