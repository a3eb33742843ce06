// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>

namespace moebius {

void require::fail(std::string_view name, double value, std::string_view needed) const {
    throw invalid_argument(where_, fmt::format("{} is {}", name, value), needed);
}

void require::too_few(std::string_view name, std::size_t value, std::size_t least) const {
    throw invalid_argument(where_, fmt::format("{} is {}", name, value),
                           fmt::format("it must be >= {}", least));
}

}  // namespace moebius
