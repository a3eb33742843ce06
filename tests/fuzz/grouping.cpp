// SPDX-License-Identifier: MIT
// Groupings: what is read is written as a text that reads the same.
#include <moebius/base/grouping.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

// So many members may stand in a few bytes; readers of files give a limit of their own.
constexpr std::size_t most = 65536;
const std::size_t allocation_floor = std::size_t{8} << 20;

void read_one(std::string_view input) {
    const auto read = grouping_from(input, most);
    require(grouping_from(to_string(read), most) == read, "another grouping");
}

}  // namespace moebius::fuzz
