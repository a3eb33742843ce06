// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace moebius {

/// Mean, variance and blocked standard error of a series whose length is known beforehand, or of
/// what there is of it.
class moments {
public:
    explicit moments(std::size_t length)
        : blocks_(std::min(most_blocks, length)), length_(length) {}

    void add(double value) {
        const double before = mean_;  // Welford's recurrence
        mean_ += (value - mean_) / static_cast<double>(++count_);
        squares_ += (value - before) * (value - mean_);
        auto& part = blocks_[block_of(count_ - 1)];
        part.sum += value;
        ++part.count;
    }

    double mean() const { return mean_; }
    double variance() const { return squares_ / static_cast<double>(count_); }

    double error() const {
        const std::size_t whole = count_ == length_ ? blocks_.size() : block_of(count_);
        if (whole < 2) return std::numeric_limits<double>::quiet_NaN();
        const auto n = static_cast<double>(whole);
        double squares = 0;
        for (std::size_t b = 0; b < whole; ++b)
            squares += std::pow(blocks_[b].sum / static_cast<double>(blocks_[b].count) - mean_, 2);
        return std::sqrt(squares / (n * (n - 1)));
    }

private:
    static constexpr std::size_t most_blocks = 32;
    struct block {
        double sum = 0;
        std::size_t count = 0;
    };
    std::size_t block_of(std::size_t i) const { return i * blocks_.size() / length_; }

    std::vector<block> blocks_;
    std::size_t length_;
    std::size_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

}  // namespace moebius
