// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace moebius {

/// A mean and how well it is known.
struct blocked_mean {
    double mean = 0;
    double error = 0;        ///< standard error of the mean; NaN below two blocks
    std::size_t blocks = 0;  ///< from so many block means; error has blocks - 1 degrees of freedom
    std::size_t length = 1;  ///< of a block
    bool plateau = false;    ///< the error no longer grew with the length, as far as could be seen
};

/// Mean and standard error of a stationary, correlated series by blocking.
///
/// Neighbours are averaged in pairs again and again; the error estimated from the block means grows
/// until a block is longer than the memory of the series. The plateau starts at the first length
/// whose error no longer one exceeds by two of that one's own standard errors; blocks four times as
/// long are taken, which leaves a quarter of the bias that could not be seen, but never fewer than
/// 16 blocks (all of them, if there are no more to begin with).
///
/// @param series  independent runs of one stationary process, of equal length; no block reaches
///                from one into the next
/// @throws invalid_argument  for no series, an empty one, or unequal lengths
/// @cost   linear in the number of values
/// @source H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91 (1989) 461-466
[[nodiscard]] blocked_mean blocked(std::span<const std::vector<double>> series);

/// The same for one series.
[[nodiscard]] blocked_mean blocked(const std::vector<double>& series);

/// The same for series that come one after the other: of each length of block only sums are kept.
class blocking {
public:
    /// @throws invalid_argument  for an empty series, or one of another length than those before
    void add(std::vector<double> series);

    [[nodiscard]] std::size_t series() const noexcept { return series_; }
    [[nodiscard]] std::size_t length() const noexcept { return length_; }  ///< of each series

    /// @throws invalid_argument  for no series
    [[nodiscard]] blocked_mean result() const;

private:
    struct sums {
        double mean = 0;
        double squares = 0;  ///< of the distances from it
    };
    [[nodiscard]] blocked_mean estimate(std::size_t level) const;

    std::vector<sums> levels_;  ///< of blocks of 1, 2, 4, ... values
    std::size_t series_ = 0, length_ = 0;
};

/// The standard normal deviate that is as unlikely as `deviation` with an error estimated from
/// `blocks` block means: Student's t with blocks - 1 degrees of freedom, made normal.
///
/// @throws invalid_argument  for fewer than two blocks
[[nodiscard]] double normal_deviate(double deviation, double error, std::size_t blocks);

}  // namespace moebius
