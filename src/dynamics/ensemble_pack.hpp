// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <moebius/router/noise.hpp>
#include <type_traits>

namespace moebius::detail {

/// Everything here must be part of the function that the instruction set was chosen for.
#define MOEBIUS_LANES [[gnu::always_inline]] inline

/// Numbers of several instances side by side, for ensemble_stepper: `chains` vectors of `bytes`,
/// so that one computes while the other waits. Vectors are those of the compiler (GCC and Clang),
/// which breaks them up where the processor's are shorter.
///
/// Handed on by reference: how vectors are passed depends on the instruction set.
template <typename R, int bytes>
struct pack {
    using value_type = R;
    using whole_type = std::conditional_t<sizeof(R) == 4, std::int32_t, std::int64_t>;
    typedef R numbers __attribute__((vector_size(bytes)));
    typedef whole_type wholes __attribute__((vector_size(bytes)));
    static constexpr int chains = 2;
    static constexpr int width = chains * bytes / static_cast<int>(sizeof(R));

    struct mask {
        wholes v[chains];  // all bits set, or none

        MOEBIUS_LANES friend mask operator&(const mask& a, const mask& b) {
            mask r;
            for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] & b.v[c];
            return r;
        }
        MOEBIUS_LANES friend bool any(const mask& a) {
            wholes all = a.v[0];
            for (int c = 1; c < chains; ++c) all |= a.v[c];
            whole_type one = 0;
            for (std::size_t k = 0; k < bytes / sizeof(R); ++k) one |= all[k];
            return one != 0;
        }
    };

    numbers v[chains];

    pack() = default;
    MOEBIUS_LANES pack(R value) {  // NOLINT: numbers mix with R
        for (auto& part : v) part = numbers{} + value;
    }

    MOEBIUS_LANES R get(std::size_t k) const { return v[k / per_chain][k % per_chain]; }
    MOEBIUS_LANES void set(std::size_t k, R value) { v[k / per_chain][k % per_chain] = value; }

    MOEBIUS_LANES friend pack operator+(const pack& a, const pack& b) {
        pack r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] + b.v[c];
        return r;
    }
    MOEBIUS_LANES friend pack operator-(const pack& a, const pack& b) {
        pack r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] - b.v[c];
        return r;
    }
    MOEBIUS_LANES friend pack operator*(const pack& a, const pack& b) {
        pack r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] * b.v[c];
        return r;
    }
    MOEBIUS_LANES friend pack operator/(const pack& a, const pack& b) {
        pack r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] / b.v[c];
        return r;
    }
    MOEBIUS_LANES friend mask operator<(const pack& a, const pack& b) {
        mask r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] < b.v[c];
        return r;
    }
    MOEBIUS_LANES friend mask operator>(const pack& a, const pack& b) {
        mask r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] > b.v[c];
        return r;
    }
    MOEBIUS_LANES friend mask operator<=(const pack& a, const pack& b) {
        mask r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] <= b.v[c];
        return r;
    }
    MOEBIUS_LANES friend mask operator>=(const pack& a, const pack& b) {
        mask r;
        for (int c = 0; c < chains; ++c) r.v[c] = a.v[c] >= b.v[c];
        return r;
    }
    MOEBIUS_LANES friend pack select(const mask& which, const pack& a, const pack& b) {
        pack r;
        for (int c = 0; c < chains; ++c) r.v[c] = which.v[c] ? a.v[c] : b.v[c];
        return r;
    }
    MOEBIUS_LANES friend pack magnitude(const pack& a) {
        constexpr auto all_but_sign = std::numeric_limits<whole_type>::max();
        pack r;
        for (int c = 0; c < chains; ++c)
            r.v[c] = __builtin_bit_cast(numbers, __builtin_bit_cast(wholes, a.v[c]) & all_but_sign);
        return r;
    }

    /// As for lane<R> (ensemble_lane.hpp), in the same 9 or, for double, 11 + 32 bits less.
    MOEBIUS_LANES friend pack log2_ratio(const pack& a, const pack& b) {
        constexpr int dropped = single ? 9 : 13;
        constexpr R unit = single ? R(0x1p-14) : R(0x1p-39);
        pack r;
        for (int c = 0; c < chains; ++c) {
            const wholes difference = (__builtin_bit_cast(wholes, a.v[c]) >> dropped) -
                                      (__builtin_bit_cast(wholes, b.v[c]) >> dropped);
            r.v[c] = __builtin_bit_cast(numbers, difference + whole_bits) * unit - whole * unit;
        }
        return r;
    }
    MOEBIUS_LANES friend pack times_exp2(const pack& a, const pack& e) {
        constexpr int dropped = single ? 10 : 13;
        constexpr R units = single ? R(0x1p13) : R(0x1p39);
        pack r;
        for (int c = 0; c < chains; ++c) {
            const wholes added = __builtin_bit_cast(wholes, e.v[c] * units + whole) << dropped;
            r.v[c] = __builtin_bit_cast(numbers, __builtin_bit_cast(wholes, a.v[c]) + added);
        }
        return r;
    }

    /// tanh(z/2) = 1 - 2/(1 + e^z), absolute error below 2e-7 or 1e-15.
    MOEBIUS_LANES friend pack tanh_half(const pack& z) {
        constexpr R far = single ? R(30) : R(64);  // beyond, the answer is 1 to the last bit
        const pack scaled = z * pack(R(1.4426950408889634));
        const pack below = select(scaled > pack(far), pack(far), scaled);  // NaN stays
        const pack y = select(below < pack(-far), pack(-far), below);
        pack r;
        for (int c = 0; c < chains; ++c) {
            const numbers shifted = y.v[c] + whole;  // round(y) in its low bits
            const numbers f = y.v[c] - (shifted - whole);
            numbers e = numbers{} + terms[degree];
            for (std::size_t k = degree; k-- > 0;) e = e * f + terms[k];
            e = __builtin_bit_cast(numbers,
                                   __builtin_bit_cast(wholes, e) +
                                       (__builtin_bit_cast(wholes, shifted) << (single ? 23 : 52)));
            r.v[c] = R(1) - R(2) / (R(1) + e);
        }
        return r;
    }

    /// The expected load gap (router/noise.hpp) for a law with derivatives.
    MOEBIUS_LANES friend pack load_gap(noise_law law, const pack& z) {
        if (law != noise_law::gaussian) return tanh_half(z);
        pack r;
        for (std::size_t k = 0; k < width; ++k) r.set(k, std::erf(z.get(k) / 2));
        return r;
    }

private:
    static constexpr bool single = sizeof(R) == 4;
    static constexpr std::size_t per_chain = bytes / sizeof(R);
    /// Added to a whole number, it leaves that number in the lowest bits.
    static constexpr R whole = single ? R(0x1.8p23) : R(0x1.8p52);
    static constexpr auto whole_bits = std::bit_cast<whole_type>(whole);

    /// Coefficients of 2^f, |f| <= 1/2, error 2e-9 or 3e-18 (Chebyshev fits).
    static constexpr std::size_t degree = single ? 6 : 11;
    static constexpr double fits[2][12] = {
        {1.0, 0.69314720670283259577, 0.24022650922288758071, 0.055503272266703020589,
         0.0096180566785246380754, 0.001340042817761583794, 0.00015461444698569129083},
        {0.99999999999999999693, 0.69314718055994530925, 0.24022650695910159567,
         0.055504108664821627039, 0.0096181291075872566681, 0.0013333558146406470697,
         0.00015403530463724354209, 1.5252733841556772589e-5, 1.3215432535912376166e-6,
         1.0178057087733941105e-7, 7.0741942972885210056e-9, 4.455817908336064493e-10}};
    static constexpr auto terms = [] {
        std::array<R, degree + 1> rounded{};
        for (std::size_t k = 0; k <= degree; ++k)
            rounded[k] = static_cast<R>(fits[single ? 0 : 1][k]);
        return rounded;
    }();
};

#undef MOEBIUS_LANES

}  // namespace moebius::detail
