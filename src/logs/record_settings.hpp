// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "log_builder.hpp"

namespace moebius {

/// Settings that stand in each record beside its loads, top_k and tokens. A log's config is before
/// them, and one that changes, as a running total of tokens, is none.
class record_settings {
public:
    /// @param place  for sentences
    /// @param whole  whether the record is of all tokens of its step, so that their number is there
    void take(const nlohmann::json& record, const std::string& place, bool whole, log_head& to);

private:
    struct setting {
        double value = 0;
        bool is_met = false, is_taken = false;
        void take(const nlohmann::json& record, std::initializer_list<const char*> names,
                  std::optional<double>& to);
    };
    setting top_k_, tokens_;
};

}  // namespace moebius
