// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <moebius/io/npy.hpp>

namespace moebius {

static_assert(std::endian::native == std::endian::little, "npy numbers are copied as they are");

std::string to_npy(const table& values) {
    constexpr std::size_t preamble = 10;  // magic, format, length of the header
    constexpr std::size_t alignment = 64;
    std::string header =
        fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}",
                    values.rows(), values.columns.size());
    const std::size_t used = preamble + header.size() + 1;
    header.append((alignment - used % alignment) % alignment, ' ');
    header += '\n';

    std::string out("\x93NUMPY\x01\x00", 8);
    out += static_cast<char>(header.size() & 0xff);
    out += static_cast<char>(header.size() >> 8);
    out += header;
    for (std::size_t row = 0; row < values.rows(); ++row)
        for (const auto& column : values.columns) {
            char bytes[sizeof(double)];
            std::memcpy(bytes, &column[row], sizeof bytes);
            out.append(bytes, sizeof bytes);
        }
    return out;
}

}  // namespace moebius
