// SPDX-License-Identifier: MIT
#include <moebius/base/watch.hpp>

namespace moebius {

watch part_of(const watch& whole, std::size_t before, std::size_t parts, std::size_t all) {
    if (parts == all) return whole;
    watch part{{}, whole.stop};
    if (whole.report)
        part.report = [&whole, before, parts, all](std::size_t done, std::size_t total) {
            whole.report(before * total + parts * done, all * total);
        };
    return part;
}

}  // namespace moebius
