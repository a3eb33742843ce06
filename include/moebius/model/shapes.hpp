// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

namespace moebius {

/// A point of n coordinates over the scalar S.
template <typename S, std::size_t n>
using vec = std::array<S, n>;

template <typename M>
inline constexpr std::size_t parameter_count = M::parameters.size();

/// Value and first derivatives; matrices column-major.
template <std::size_t n, std::size_t m>
struct first_order {
    vec<double, n> f;
    vec<double, n * n> fx;
    vec<double, n * m> fp;
};

}  // namespace moebius
