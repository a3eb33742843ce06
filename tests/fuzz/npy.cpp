// SPDX-License-Identifier: MIT
// NumPy's arrays: what is read and written again reads as the same bits.
#include <cstring>
#include <moebius/io/npy.hpp>
#include <moebius/tokens/token_file.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    const memory_file file(input);
    const auto array = read_npy(file.path());
    std::size_t count = 1;
    for (const auto length : array.shape) count *= length;
    require(array.values.size() == count, "an array of another size than its shape");
    if (array.shape.size() != 2) return;

    const memory_file written(to_npy(array.values, array.shape[0], array.shape[1]));
    const auto again = read_npy(written.path());
    require(again.shape == array.shape, "another shape");
    require(count == 0 ||
                std::memcmp(again.values.data(), array.values.data(), count * sizeof(double)) == 0,
            "other bits");
    if (count > 0) (void)read_tokens(file.path());
}

}  // namespace moebius::fuzz
