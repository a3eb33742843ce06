// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/continuation/check_start.hpp>
#include <span>

namespace moebius {

void check_start(const field& model, const special_point& start, std::string_view operation) {
    const auto fits = [&](std::span<const double> values, std::size_t wanted,
                          std::string_view what) {
        if (values.size() != wanted)
            throw invalid_argument(operation,
                                   fmt::format("{} has {} {}", start.label, values.size(), what),
                                   fmt::format("{} has {}", model.name(), wanted));
        for (const double value : values)
            if (!std::isfinite(value))
                throw invalid_argument(
                    operation, fmt::format("{} has {} among its {}", start.label, value, what),
                    "all of them must be finite");
    };
    fits(start.state, model.dimension(), "states");
    fits(start.parameters, model.parameters().size(), "parameters");
}

}  // namespace moebius
