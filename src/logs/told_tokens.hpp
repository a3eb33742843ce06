// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "kept_record.hpp"

namespace moebius {

/// Whether two numbers are the same but for rounding, of shares that were written with three digits
/// or in float16.
[[nodiscard]] bool are_near(double a, double b);

/// Whole counts of a log whose tokens are told.
class counts_of_tokens {
public:
    counts_of_tokens(const std::deque<kept_record>& records, double tokens);

    /// What choices of a token these counts are of, where nothing says.
    struct guess {
        double top_k = 1, factor = 1;  ///< of the counts
        std::string note;
    };
    /// Where nearly all records sum to exactly m times the tokens, m >= 2, they are top-m, or
    /// doubled ones of top-m/2 if all are even. No expert has a token twice.
    [[nodiscard]] std::optional<guess> top_k_of(std::size_t experts) const;

    /// Recomputation, which counts twice, makes no odd count.
    [[nodiscard]] bool has_odd() const noexcept { return odd_ > 0; }

private:
    [[nodiscard]] double times() const;

    const std::deque<kept_record>& records_;
    double tokens_;
    double largest_ = 0;
    std::size_t odd_ = 0, loads_ = 0;  ///< counts above 0
};

/// What may be why counts sum to another number than tokens x top-k, as the end of a sentence.
/// @param ratio    of their sum to it; not 1
/// @param top_k    as told, or none
[[nodiscard]] std::string why_other_sum(double ratio, std::optional<double> top_k, bool has_odd);

}  // namespace moebius
