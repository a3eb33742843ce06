// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <moebius/base/error.hpp>
#include <moebius/base/table.hpp>

namespace moebius {

const std::vector<double>& table::at(std::string_view name) const {
    for (std::size_t c = 0; c < names.size(); ++c)
        if (names[c] == name) return columns[c];
    throw invalid_argument("table", fmt::format("there is no column '{}'", name),
                           fmt::format("it has {}", fmt::join(names, ", ")));
}

}  // namespace moebius
