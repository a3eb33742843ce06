// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/diagnose/block_scales.hpp>
#include <span>

namespace moebius {

/// The last 100 steps of a layer one by one: what blocks of ten and more steps do not tell.
class recent_steps {
public:
    static constexpr std::size_t most = 100;

    /// @throws invalid_argument  for fewer than 2 experts
    explicit recent_steps(std::size_t experts);

    /// @param shares  (E) of the step, sum 1
    void take(std::span<const double> shares);

    /// Steps that are kept.
    [[nodiscard]] std::size_t size() const noexcept { return count_ < most ? count_ : most; }
    /// (E) mean share over the last of them.
    /// @param steps  1 to size()
    [[nodiscard]] Eigen::VectorXd mean(std::size_t steps) const;
    /// The last 20 blocks of so many steps.
    /// @param length  1 to size()/20
    [[nodiscard]] block_window window(std::size_t length) const;
    /// (E, 20) mean shares of the last 20 blocks of so many steps, the oldest first.
    /// @param length  1 to size()/20
    [[nodiscard]] Eigen::MatrixXd blocks(std::size_t length) const;

private:
    /// (E, steps) the last ones, the oldest first.
    [[nodiscard]] Eigen::MatrixXf last(std::size_t steps) const;

    Eigen::MatrixXf ring_;  ///< (E, most)
    std::size_t count_ = 0;
};

}  // namespace moebius
