// SPDX-License-Identifier: MIT
// Groupings: what is read is written as a text that reads the same.
#include <moebius/base/grouping.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

// 65536 members may stand in a few bytes.
const std::size_t allocation_floor = std::size_t{8} << 20;

void read_one(std::string_view input) {
    const auto read = grouping_from(input);
    require(grouping_from(to_string(read)) == read, "another grouping");
}

}  // namespace moebius::fuzz
