// SPDX-License-Identifier: MIT
#include <moebius/base/table_memory.hpp>

#include <sys/mman.h>

#include <cstdint>

namespace moebius {
namespace {

template <typename Number>
void reserve_in_large_pages(std::vector<Number>& values, std::size_t count) {
    values.reserve(count);
#ifdef MADV_HUGEPAGE
    constexpr std::uintptr_t page = std::uintptr_t{1} << 21;
    const auto from = reinterpret_cast<std::uintptr_t>(values.data());
    const std::uintptr_t first = (from + page - 1) / page * page;
    const std::uintptr_t last = (from + values.capacity() * sizeof(Number)) / page * page;
    if (first < last)  // advice: whether it is taken changes nothing but the time
        ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

}  // namespace

void reserve_table(std::vector<double>& values, std::size_t count) {
    reserve_in_large_pages(values, count);
}
void reserve_table(std::vector<float>& values, std::size_t count) {
    reserve_in_large_pages(values, count);
}

}  // namespace moebius
