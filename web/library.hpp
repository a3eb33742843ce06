// SPDX-License-Identifier: MIT
// Included before each source: what libc++ 13 of Emscripten 3.1.6 lacks of C++20.
#pragma once

#include <version>
#ifndef __cpp_lib_bit_cast
#include <cstring>
#include <type_traits>

namespace std {
template <typename To, typename From>
constexpr To bit_cast(const From& from) noexcept {
    static_assert(sizeof(To) == sizeof(From) && is_trivially_copyable_v<From>);
    return __builtin_bit_cast(To, from);
}
}  // namespace std
#endif

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>

namespace std {
/// Of the C library, which rounds as correctly; of a copy, as that reads on to a zero.
inline from_chars_result from_chars(const char* first, const char* last, double& value) {
    if (first == last || *first == '+' || *first == ' ' || (*first >= '\t' && *first <= '\r'))
        return {first, errc::invalid_argument};
    const string text(first, last);
    char* end = nullptr;
    errno = 0;
    const double read = strtod(text.c_str(), &end);
    if (end == text.c_str()) return {first, errc::invalid_argument};
    const auto stop = first + (end - text.c_str());
    if (errno == ERANGE) return {stop, errc::result_out_of_range};
    value = read;
    return {stop, errc()};
}
}  // namespace std
