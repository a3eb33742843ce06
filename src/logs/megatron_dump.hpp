// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>

#include "log_builder.hpp"
#include "number_rows.hpp"

namespace moebius {

/// Megatron's dump of one rank's loads.
struct megatron_dump {
    std::unique_ptr<number_rows> loads;    ///< [layers, forwards, experts]
    std::unique_ptr<number_rows> numbers;  ///< of each layer; or null, as what follows
    std::unique_ptr<number_rows>
        forwards;  ///< of each layer, that were run: what is behind is none
    std::unique_ptr<number_rows> rank;

    /// @throws io_error
    void add_to(log_builder& to) const;

private:
    void add_layer(const std::string& name, std::span<const double> values, double end,
                   log_builder& to) const;
};

}  // namespace moebius
