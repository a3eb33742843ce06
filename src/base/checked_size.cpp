// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>

namespace moebius {
namespace {

/// 2 to this are the most: far from overflow, also where an address has 32 bits.
constexpr int largest_bits = std::min(44, std::numeric_limits<std::size_t>::digits - 1);
constexpr std::size_t largest_size = std::size_t{1} << largest_bits;

[[noreturn]] void reject(std::string_view where, std::initializer_list<std::size_t> sizes,
                         std::string_view sign) {
    throw invalid_argument(where, fmt::format("{} numbers came", fmt::join(sizes, sign)),
                           fmt::format("2^{} are the most", largest_bits));
}

}  // namespace

std::size_t checked_product(std::string_view where, std::initializer_list<std::size_t> sizes) {
    if (std::find(sizes.begin(), sizes.end(), std::size_t{0}) != sizes.end()) return 0;
    std::size_t product = 1;
    for (const std::size_t size : sizes) {
        if (product > largest_size / size) reject(where, sizes, " times ");
        product *= size;
    }
    return product;
}

std::size_t checked_sum(std::string_view where, std::initializer_list<std::size_t> sizes) {
    std::size_t sum = 0;
    for (const std::size_t size : sizes) {
        if (size > largest_size - sum) reject(where, sizes, " plus ");
        sum += size;
    }
    return sum;
}

void check_result_size(std::string_view where, std::string_view what, std::size_t rows,
                       std::size_t columns) {
    if (columns > 0 && rows > most_result_values / columns)
        throw invalid_argument(where, fmt::format("{} {} of {} numbers came", rows, what, columns),
                               fmt::format("a result has at most {} numbers", most_result_values));
}

}  // namespace moebius
