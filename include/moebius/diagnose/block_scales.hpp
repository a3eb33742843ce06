// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

namespace moebius {

/// The last blocks of one length: what the loads of a layer did over 20 of them.
struct block_window {
    static constexpr int blocks = 20;

    std::size_t length = 0;  ///< steps of a block
    std::size_t experts = 0;
    /// (blocks, blocks), the oldest first: products b_i b_j of the block means b of all loads, less
    /// 1/E each. All that is asked about them is in here: growth, drift, scatter, distance.
    Eigen::Matrix<double, blocks, blocks> products;
    double step_variance = 0;  ///< half the mean square of a step's change of the loads: its noise
};

/// Share of all choices, block by block of a window, the oldest first.
using share_course = Eigen::Vector<double, block_window::blocks>;

/// Loads of one layer, step after step, as means over blocks of 10, 20, 40, ... 5,120 steps. Memory
/// is that of 20 blocks of each length, whatever the number of steps.
class block_scales {
public:
    static constexpr std::size_t shortest = 10;
    static constexpr std::size_t lengths = 10;

    /// @throws invalid_argument  for fewer than 2 experts
    explicit block_scales(std::size_t experts);

    /// @param shares  (E) of the step, sum 1
    /// @returns how many of the lengths have a block that ends with this step: the shortest ones
    std::size_t take(std::span<const double> shares);

    /// The last 20 blocks of length 10 2^which, until the next block of that length; null before
    /// there are as many.
    [[nodiscard]] const block_window* window(std::size_t which) const;

    /// (E) mean share over the last 20 of the shortest blocks, or over all steps of fewer.
    [[nodiscard]] Eigen::VectorXd recent() const;

    /// (E) mean share over one of the last 20 blocks of length 10 2^which.
    /// @param back  0: the last one; < block_window::blocks, and of as many as there were
    [[nodiscard]] Eigen::VectorXd block(std::size_t back, std::size_t which = 0) const;

    /// Most that one expert has of all choices in the last two blocks. Of a length that has a
    /// window.
    [[nodiscard]] double leading_share(std::size_t which) const;

    /// Of the expert that has most in the last two blocks. Of a length that has a window.
    [[nodiscard]] share_course leader(std::size_t which) const;

    /// Of so many experts together, those that have least in the last two blocks. Of a length that
    /// has a window.
    /// @param count  1 to experts()
    [[nodiscard]] share_course least(std::size_t which, std::size_t count) const;

    [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
    [[nodiscard]] std::size_t experts() const noexcept { return experts_; }

private:
    struct scale {
        Eigen::MatrixXd means;     ///< (E, blocks), a ring
        Eigen::RowVectorXd noise;  ///< (blocks) variance of a step's noise, of all loads
        block_window window;       ///< of the blocks so far
        std::size_t count = 0;     ///< blocks so far
        Eigen::VectorXd half;      ///< the first half of the next longer block
        double half_noise = 0;

        [[nodiscard]] Eigen::Index place(std::size_t back) const;  ///< in the ring; 0: the last one
        [[nodiscard]] auto last_two() const { return means.col(place(0)) + means.col(place(1)); }
        [[nodiscard]] share_course course(std::span<const Eigen::Index> of) const;
    };
    std::size_t push(std::size_t which, const Eigen::VectorXd& mean, double noise);

    std::vector<scale> scales_;
    Eigen::VectorXd sum_, last_;
    double change_ = 0;
    std::size_t experts_, steps_ = 0;
};

}  // namespace moebius
