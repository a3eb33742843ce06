// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <moebius/base/host_device.hpp>
#include <moebius/router/noise.hpp>

namespace moebius::detail {

/// One instance's number for ensemble_stepper. On the host its functions are those of the standard
/// library; on a device they are built from the special function unit's approximations, with the
/// accuracy that each names.
template <typename R>
struct lane {
    using value_type = R;

    lane() = default;
    MOEBIUS_HOST_DEVICE constexpr lane(R value) : v(value) {}  // NOLINT: numbers mix with R

    R v;

    friend MOEBIUS_HOST_DEVICE lane operator+(lane a, lane b) { return a.v + b.v; }
    friend MOEBIUS_HOST_DEVICE lane operator-(lane a, lane b) { return a.v - b.v; }
    friend MOEBIUS_HOST_DEVICE lane operator*(lane a, lane b) { return a.v * b.v; }
    friend MOEBIUS_HOST_DEVICE lane operator/(lane a, lane b) { return a.v / b.v; }
    friend MOEBIUS_HOST_DEVICE lane operator-(lane a) { return -a.v; }
    friend MOEBIUS_HOST_DEVICE bool operator<(lane a, lane b) { return a.v < b.v; }
    friend MOEBIUS_HOST_DEVICE bool operator>(lane a, lane b) { return a.v > b.v; }
    friend MOEBIUS_HOST_DEVICE bool operator<=(lane a, lane b) { return a.v <= b.v; }
    friend MOEBIUS_HOST_DEVICE bool operator>=(lane a, lane b) { return a.v >= b.v; }
    friend MOEBIUS_HOST_DEVICE lane select(bool which, lane a, lane b) { return which ? a : b; }
    friend MOEBIUS_HOST_DEVICE lane magnitude(lane a) {
#ifdef __CUDA_ARCH__
        if constexpr (sizeof(R) == 4)
            return fabsf(a.v);
        else
            return fabs(a.v);
#else
        return std::abs(a.v);
#endif
    }
};

#ifdef __CUDACC__
/// Coefficients of 2^f, |f| <= 1/2, error 3e-18 (Chebyshev fit); in constant memory, because an
/// instruction takes one operand from there without loading it first.
static __constant__ double exp2_terms[12] = {
    0.99999999999999999693,    0.69314718055994530925,   0.24022650695910159567,
    0.055504108664821627039,   0.0096181291075872566681, 0.0013333558146406470697,
    0.00015403530463724354209, 1.5252733841556772589e-5, 1.3215432535912376166e-6,
    1.0178057087733941105e-7,  7.0741942972885210056e-9, 4.455817908336064493e-10};
#endif

#ifdef __CUDA_ARCH__
/// Relative error 2^-22; results below the smallest normal number are 0.
__device__ inline float exp2_approx(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
/// Relative error 2^-23.
__device__ inline float reciprocal_approx(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/// 1/x for a normal x, within 2 units in the last place: 20 bits from the unit, then one step of
/// third order.
__device__ inline double reciprocal_approx(double x) {
    double r;
    asm("rcp.approx.ftz.f64 %0, %1;" : "=d"(r) : "d"(x));
    const double e = fma(-x, r, 1.0);
    return fma(r, fma(e, e, e), r);
}
#endif

/// The bits of a number >= 0 as a whole number are, up to scale and offset, its logarithm within
/// 0.09, and in the same order: all that a step size control needs, for two integer operations.
/// A double's upper half serves alike.
/// @source J. N. Mitchell, IRE Trans. Electronic Computers EC-11 (1962)
MOEBIUS_HOST_DEVICE inline std::int32_t log_bits(float x) {
#ifdef __CUDA_ARCH__
    return __float_as_int(x);
#else
    return std::bit_cast<std::int32_t>(x);
#endif
}
MOEBIUS_HOST_DEVICE inline std::int32_t log_bits(double x) {
#ifdef __CUDA_ARCH__
    return __double2hiint(x);
#else
    return static_cast<std::int32_t>(std::bit_cast<std::int64_t>(x) >> 32);
#endif
}
MOEBIUS_HOST_DEVICE inline float with_log_bits(float, std::uint32_t bits) {
#ifdef __CUDA_ARCH__
    return __uint_as_float(bits);
#else
    return std::bit_cast<float>(bits);
#endif
}
MOEBIUS_HOST_DEVICE inline double with_log_bits(double x, std::uint32_t bits) {
#ifdef __CUDA_ARCH__
    return __hiloint2double(static_cast<int>(bits), __double2loint(x));
#else
    const auto low = std::bit_cast<std::uint64_t>(x) & 0xffffffffU;
    return std::bit_cast<double>(std::uint64_t{bits} << 32 | low);
#endif
}

/// Added to a whole number of up to 22 bits as a float, it leaves that number in the lowest bits.
inline constexpr float whole = 0x1.8p23f;

template <typename R>
MOEBIUS_HOST_DEVICE lane<float> log2_ratio(lane<R> a, lane<R> b) {
    constexpr float unit = sizeof(R) == 4 ? 0x1p-14f : 0x1p-11f;  // 9 bits of log_bits
    const auto difference = static_cast<std::uint32_t>((log_bits(a.v) - log_bits(b.v)) >> 9);
    return with_log_bits(0.0f, 0x4b400000U + difference) * unit - whole * unit;
}

template <typename R>
MOEBIUS_HOST_DEVICE lane<R> times_exp2(lane<R> a, lane<float> e) {
    constexpr float units = sizeof(R) == 4 ? 0x1p13f : 0x1p10f;  // of 10 bits of log_bits
    const auto added = static_cast<std::uint32_t>(log_bits(e.v * units + whole)) << 10;
    return with_log_bits(a.v, static_cast<std::uint32_t>(log_bits(a.v)) + added);
}

/// tanh(z/2) = 1 - 2/(1 + e^z), absolute error below 2e-7.
MOEBIUS_HOST_DEVICE inline lane<float> tanh_half(lane<float> z) {
#ifdef __CUDA_ARCH__
    return fmaf(-2.0f, reciprocal_approx(1.0f + exp2_approx(z.v * 1.44269504f)), 1.0f);
#else
    return std::tanh(z.v / 2);
#endif
}

/// tanh(z/2), absolute error below 1e-15.
MOEBIUS_HOST_DEVICE inline lane<double> tanh_half(lane<double> z) {
#ifdef __CUDA_ARCH__
    double y = z.v * 1.4426950408889634;
    y = y > 64 ? 64 : y;  // beyond, the answer is 1 to the last bit; NaN stays
    y = y < -64 ? -64 : y;
    constexpr double shift = 0x1.8p52;  // y + shift holds round(y) in its low bits
    const double shifted = y + shift;
    const double f = y - (shifted - shift);
    double e = exp2_terms[11];
#pragma unroll
    for (int k = 10; k >= 0; --k) e = fma(e, f, exp2_terms[k]);
    e = __hiloint2double(__double2hiint(e) + (__double2loint(shifted) << 20), __double2loint(e));
    return fma(-2.0, reciprocal_approx(1.0 + e), 1.0);
#else
    return std::tanh(z.v / 2);
#endif
}

/// The expected load gap (router/noise.hpp) for a law with derivatives.
template <typename R>
MOEBIUS_HOST_DEVICE lane<R> load_gap(noise_law law, lane<R> z) {
    if (law == noise_law::gaussian) {
#ifdef __CUDA_ARCH__
        if constexpr (sizeof(R) == 4)
            return erff(z.v / 2);
        else
            return erf(z.v / 2);
#else
        return std::erf(z.v / 2);
#endif
    }
    return tanh_half(z);
}

}  // namespace moebius::detail
