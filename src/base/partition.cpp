// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/base/partition.hpp>

namespace moebius {

bool is_partition(const grouping& of, std::size_t members) {
    std::vector<bool> seen(members);
    for (const auto& group : of.groups)
        for (const std::size_t member : group) {
            if (member >= members || seen[member]) return false;
            seen[member] = true;
        }
    return std::find(seen.begin(), seen.end(), false) == seen.end();
}

}  // namespace moebius
