// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace moebius {

/// How many choices the loads of a step are of, from the loads of one layer, step after step.
///
/// Of counts: their sum over the greatest common divisor of all counts so far, so that doubled
/// counts are those of as many. Of shares, percents and averaged counts: the least number that
/// makes all of them whole, within the digits in which they are written; that is a guess, looked
/// for again behind a step that it does not fit. Of averaged counts they are no more than 64 times
/// what the loads sum to: what is averaged over changing numbers of steps is none.
class step_choices {
public:
    /// @param loads  (E) of the step, >= 0
    /// @param sum    of them, > 0 and finite
    void take(std::span<const double> loads, double sum);

    /// Of the last step; 0: not known.
    [[nodiscard]] double now() const;
    /// Whether it was guessed from shares.
    [[nodiscard]] bool guessed() const noexcept { return !counts_ && whole_ > 0; }
    /// Whether loads are counts in units of 8 or more whose sum is not the same in all steps: those
    /// of experts that are filled up, and not of choices.
    [[nodiscard]] bool padded() const noexcept {
        return counts_ && unit_ >= least_padding && sums_differ_;
    }

private:
    static constexpr double least_padding = 8;
    /// How shares are written: what |share - whole/choices| may be.
    struct rounding {
        double relative = 0, absolute = 0;
        [[nodiscard]] bool fits(double share, double choices) const;
    };
    void take_counts(std::span<const double> loads, double sum);
    void take_shares(std::span<const double> loads, double sum);
    [[nodiscard]] rounding of_kept() const;
    [[nodiscard]] double least_whole(double most) const;

    bool counts_ = true;
    double unit_ = 0;  ///< greatest common divisor of all counts; 0 before the first
    double sum_ = 0;
    bool sums_differ_ = false;

    std::vector<double> kept_;  ///< shares that a guess is made of
    bool exact_ = true;         ///< whether those of every step add up to 1
    rounding written_;
    double whole_ = 0;  ///< the guess; 0: none
    int failed_ = 0;    ///< looks for one that found none
};

}  // namespace moebius
