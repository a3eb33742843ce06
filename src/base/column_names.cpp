// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/column_names.hpp>
#include <moebius/base/error.hpp>

namespace moebius {

void check_column_names(std::span<const std::string> names) {
    for (auto name = names.begin(); name != names.end(); ++name)
        if (std::find(names.begin(), name, *name) != name)
            throw invalid_argument("columns", fmt::format("'{}' came twice", *name),
                                   "no state or parameter may be called like another column");
}

}  // namespace moebius
