// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/logs/load_log.hpp>
#include <optional>
#include <string>

namespace moebius {

/// Settings that stand in each record beside its loads, top_k and tokens. A log's config is before
/// them, and one that changes, as a running total of tokens, is none.
class record_settings {
public:
    /// @param whole  whether the record is of all tokens of its step, so that their number is there
    void take(std::optional<double> top_k, std::optional<double> tokens, bool whole, log_head& to);

    /// Loads of all experts in that record.
    void compare(double sum);

    /// Where records differ in their tokens: that their sums are another number of times as many
    /// choices, in all of them; empty if not.
    [[nodiscard]] std::string note(const log_head& head) const;

private:
    struct setting {
        double value = 0;
        bool is_met = false, is_taken = false;
        void take(double came, std::optional<double>& to);
    };
    setting top_k_, tokens_;
    std::optional<double> of_record_;  ///< tokens of the one at hand
    double least_ = 0, most_ = 0;      ///< sums over tokens
    bool is_compared_ = false;
};

}  // namespace moebius
