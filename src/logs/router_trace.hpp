// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "json_numbers.hpp"

namespace moebius {

/// Records of Megatron's --moe-routing-trace-path, which have the experts of each token.
class router_trace {
public:
    /// How often each expert was chosen: of as many as `logit_shape` says, now or in a record
    /// before, or of as many as were chosen. Those of a token are to differ.
    /// @throws io_error
    [[nodiscard]] std::vector<double> counts(const nlohmann::json& record, const json_place& at);

    /// As `logit_shape` said; 0 where it did not.
    [[nodiscard]] std::size_t experts() const noexcept { return experts_; }

private:
    void read_shape(const nlohmann::json& shape, const json_place& at);
    static void check_choices(const nlohmann::json& record, const nlohmann::json& tokens,
                              const json_place& at);

    std::size_t experts_ = 0;
};

}  // namespace moebius
