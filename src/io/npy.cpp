// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/io/npy.hpp>
#include <vector>

namespace moebius {
namespace {

static_assert(std::endian::native == std::endian::little, "npy numbers are copied as they are");

std::string heading(std::size_t rows, std::size_t columns) {
    constexpr std::size_t preamble = 10;  // magic, format, length of the header
    constexpr std::size_t alignment = 64;
    std::string header = fmt::format(
        "{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
    const std::size_t used = preamble + header.size() + 1;
    header.append((alignment - used % alignment) % alignment, ' ');
    header += '\n';
    std::string out("\x93NUMPY\x01\x00", 8);
    out += static_cast<char>(header.size() & 0xff);
    out += static_cast<char>(header.size() >> 8);
    return out + header;
}

}  // namespace

std::string to_npy(std::span<const double> values, std::size_t rows, std::size_t columns) {
    if (values.size() != rows * columns)
        throw invalid_argument("to_npy", fmt::format("{} numbers came", values.size()),
                               fmt::format("{} rows of {} are needed", rows, columns));
    auto out = heading(rows, columns);
    const std::size_t from = out.size(), bytes = values.size_bytes();
    out.resize(from + bytes);
    if (bytes > 0) std::memcpy(out.data() + from, values.data(), bytes);
    return out;
}

std::string to_npy(const table& values) {
    std::vector<double> numbers;
    numbers.reserve(values.rows() * values.columns.size());
    for (std::size_t row = 0; row < values.rows(); ++row)
        for (const auto& column : values.columns) numbers.push_back(column[row]);
    return to_npy(numbers, values.rows(), values.columns.size());
}

}  // namespace moebius
