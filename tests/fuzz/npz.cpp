// SPDX-License-Identifier: MIT
// Archives of NumPy's arrays: of which the only one is read.
#include <moebius/tokens/token_file.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

// A deflated byte makes up to 1032, and each of these, as a small integer, a double.
const std::size_t allocation_floor = std::size_t{64} << 20;

void read_one(std::string_view input) {
    const memory_file file(input);
    const auto array = read_npy(file.path());
    std::size_t count = 1;
    for (const auto length : array.shape) count *= length;
    require(array.values.size() == count, "an array of another size than its shape");
}

}  // namespace moebius::fuzz
