// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/dynamics/slow_sweep.hpp>

namespace moebius {
namespace {

constexpr std::array<std::string_view, 3> direction_names{"up", "down", "both"};

}  // namespace

std::string_view to_string(sweep_direction direction) noexcept {
    return direction_names[static_cast<std::size_t>(direction)];
}

sweep_direction sweep_direction_from_name(std::string_view name) {
    const auto found = std::find(direction_names.begin(), direction_names.end(), name);
    if (found == direction_names.end())
        throw invalid_argument(
            "direction", fmt::format("'{}' is unknown", name),
            fmt::format("one of these is needed{}", did_you_mean(name, direction_names)));
    return static_cast<sweep_direction>(found - direction_names.begin());
}

}  // namespace moebius
