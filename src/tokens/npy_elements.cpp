// SPDX-License-Identifier: MIT
#include "npy_elements.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/constants.hpp>
#include <type_traits>

namespace moebius::npy {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are taken as they stand");

/// Doubles of `count` elements; false at one that no double holds.
template <typename T>
bool load(const char* bytes, std::size_t count, double* to) {
    constexpr double exact = 9007199254740992;  // 2^53: whole numbers beyond it merge
    for (std::size_t i = 0; i < count; ++i) {
        T value;
        std::memcpy(&value, bytes + i * sizeof value, sizeof value);
        to[i] = static_cast<double>(value);
        if constexpr (std::is_integral_v<T> && sizeof value == 8)
            if (!(std::abs(to[i]) < exact)) return false;
    }
    return true;
}

/// load() of whole numbers of 64 bits, in vectors where all are below 2^51 in size. Many processors
/// turn such numbers into doubles one by one, but added to the bits of 1.5 x 2^52, whose unit of
/// the last place is 1, they are its distance from that.
template <typename T>
bool load_64_bits(const char* bytes, std::size_t count, double* to) {
    constexpr double offset = 0x1.8p52;
    constexpr std::uint64_t below_zero = std::is_signed_v<T> ? std::uint64_t{1} << 51 : 0;
    constexpr int bits = std::is_signed_v<T> ? 52 : 51;
    std::uint64_t beyond = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes + i * sizeof value, sizeof value);
        beyond |= (value + below_zero) >> bits;
        to[i] = std::bit_cast<double>(value + std::bit_cast<std::uint64_t>(offset)) - offset;
    }
    return beyond == 0 || load<T>(bytes, count, to);
}

/// IEEE 754's binary16.
double from_half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double sign = bits >> 15 != 0 ? -1 : 1;
    if (exponent == 31) return fraction != 0 ? not_a_number : sign * infinite;
    return sign *
           (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

template <double (*Value)(std::uint16_t)>
bool load_16_bits(const char* bytes, std::size_t count, double* to) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t value = 0;
        std::memcpy(&value, bytes + 2 * i, 2);
        to[i] = Value(value);
    }
    return true;
}

double from_brain(std::uint16_t bits) { return static_cast<double>(from_bf16(bits)); }

template <typename T>
constexpr element element_of(std::string_view code) {
    if constexpr (std::is_integral_v<T> && sizeof(T) == 8) return {code, 8, load_64_bits<T>};
    return {code, sizeof(T), load<T>};
}

constexpr element elements[] = {
    element_of<float>("f4"),
    element_of<double>("f8"),
    element_of<std::int8_t>("i1"),
    element_of<std::int16_t>("i2"),
    element_of<std::int32_t>("i4"),
    element_of<std::int64_t>("i8"),
    element_of<std::uint8_t>("u1"),
    element_of<std::uint16_t>("u2"),
    element_of<std::uint32_t>("u4"),
    element_of<std::uint64_t>("u8"),
    element_of<std::uint8_t>("b1"),
    {"f2", 2, load_16_bits<from_half>},
    {"V2", 2, load_16_bits<from_brain>},  // as numpy writes ml_dtypes' bfloat16, which it has not
};

}  // namespace

std::span<const element> known_elements() noexcept { return elements; }

}  // namespace moebius::npy
