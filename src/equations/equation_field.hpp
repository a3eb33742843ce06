// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <memory>
#include <moebius/model/field.hpp>
#include <string>
#include <vector>

#include "tape.hpp"

namespace moebius::detail {

/// What a text makes of a model.
struct field_parts {
    struct named {
        std::string name;
        double value = 0;
        double above = -std::numeric_limits<double>::infinity();
    };
    std::string name, equation;
    std::vector<named> states, parameters;  ///< with their first values
    tape rates;                             ///< (n)
    tape loads;                             ///< (N), or nothing
    tape bounds;                            ///< low and high of the parameters, or nothing
    tape scale;                             ///< one of the parameters, or nothing
};

[[nodiscard]] std::shared_ptr<const field> field_of_parts(field_parts parts);

}  // namespace moebius::detail
