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
    /// (E) mean share over some of them.
    /// @param steps  1 or more
    /// @param back   steps behind these; steps + back <= size()
    [[nodiscard]] Eigen::VectorXd mean(std::size_t steps, std::size_t back = 0) const;
    /// The last 20 blocks of so many steps.
    /// @param length  1 to size()/20
    [[nodiscard]] block_window window(std::size_t length) const;
    /// What block_line::size of that window cannot exceed: rms over experts and steps of how far
    /// shares are from even, in even shares.
    [[nodiscard]] double largest_swing(std::size_t length) const;

private:
    [[nodiscard]] Eigen::MatrixXf::ConstColXpr step(std::size_t back) const;  ///< 0: the last one

    Eigen::MatrixXf ring_;  ///< (E, most)
    std::size_t count_ = 0;
};

}  // namespace moebius
