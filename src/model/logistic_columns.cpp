// SPDX-License-Identifier: MIT
//
// With a = |z| and e = exp(-a) - 1: t = e / (2 + e), t' = 2 (1 + e) / (2 + e)^2 up to the sign of
// z. exp(-a) - 1 = 2^n p + (2^n - 1), p = exp(r) - 1, -a = n ln 2 + r, |r| <= ln 2 / 2: accurate
// near zero, and so is 1 + e = 2^n p + 2^n in the tails.
// The reduction: W. J. Cody, W. Waite, Software Manual for the Elementary Functions, ch. 6.
#include <moebius/model/logistic_columns.hpp>

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "logistic_columns.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::models::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t together =
    8;  ///< terms that are summed side by side, whatever the vectors' length
using lanes = hn::CappedTag<double, together>;
using whole = hn::RebindToSigned<lanes>;
using vd = hn::Vec<lanes>;

/// A sum of a product, rounded twice everywhere: not every processor fuses the two.
HWY_INLINE vd add_product(vd a, vd b, vd c) { return hn::Add(hn::Mul(a, b), c); }

/// exp(r) - 1 for |r| <= ln 2 / 2, to the last bit or the one before: Taylor's series to r^13 /
/// 13!.
HWY_INLINE vd small_exponential(vd r) {
    const lanes d;
    double factorial = 6227020800;  // 13!
    vd sum = hn::Set(d, 1 / factorial);
    for (int k = 13; k > 2; --k) {
        factorial /= k;
        sum = add_product(sum, r, hn::Set(d, 1 / factorial));
    }
    return add_product(hn::Mul(r, r), sum, r);
}

/// @param centers, weights  (n), n a multiple of `together`
void add_sums(const double* centers, const double* weights, std::size_t n, double x, double beta,
              double* out) {
    const lanes d;
    const whole i;
    constexpr std::size_t wide = hn::MaxLanes(d), parts = together / wide;
    const vd one = hn::Set(d, 1.0), two = hn::Set(d, 2.0), most = hn::Set(d, 700.0);
    const vd rounder =
        hn::Set(d, 0x1.8p52);  // a number added to it is rounded into its lowest bits
    vd total[5][parts];
    for (auto& row : total)
        for (auto& v : row) v = hn::Zero(d);
    for (std::size_t at = 0; at < n; at += together)
        for (std::size_t part = 0; part < parts; ++part) {
            const std::size_t k = at + part * wide;
            const vd weight = hn::LoadU(d, weights + k);
            const vd place = hn::Add(hn::LoadU(d, centers + k), hn::Set(d, x));
            const vd z = hn::Mul(hn::Set(d, beta), place);
            const vd a = hn::Neg(hn::Min(hn::Abs(z), most));
            const vd lowest = add_product(a, hn::Set(d, 0x1.71547652b82fep0), rounder);  // 1 / ln 2
            const vd times = hn::Sub(lowest, rounder);
            const vd r =
                hn::Sub(hn::Sub(a, hn::Mul(times, hn::Set(d, 0x1.62e42feep-1))),
                        hn::Mul(times, hn::Set(d, 0x1.a39ef35793c76p-33)));  // ln 2, in two
            const vd p = small_exponential(r);
            const auto exponent = hn::Add(hn::BitCast(i, lowest), hn::Set(i, 1023));
            const vd power = hn::BitCast(d, hn::ShiftLeft<52>(exponent));
            const vd scaled = hn::Mul(power, p);
            const vd e = hn::Add(scaled, hn::Sub(power, one));
            const vd below = hn::Div(one, hn::Add(two, e));
            const vd t = hn::CopySign(hn::Mul(e, below), z);
            const vd t1 = hn::Mul(hn::Mul(two, hn::Add(scaled, power)), hn::Mul(below, below));
            const vd t2 = hn::Neg(hn::Mul(t, t1));
            const vd t3 = hn::Neg(hn::Add(hn::Mul(t1, t1), hn::Mul(t, t2)));
            const vd terms[5] = {t, t1, t2, t3, hn::Mul(place, t1)};
            for (std::size_t q = 0; q < 5; ++q)
                total[q][part] = add_product(weight, terms[q], total[q][part]);
        }
    for (std::size_t q = 0; q < 5; ++q)
        for (std::size_t part = 0; part < parts; ++part)
            hn::StoreU(total[q][part], d, out + q * together + part * wide);
}

}  // namespace moebius::models::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius::models {
namespace {

HWY_EXPORT(add_sums);

}  // namespace

logistic_columns::logistic_columns(std::span<const double> centers, std::span<const double> weights)
    : centers_(centers.begin(), centers.end()), weights_(weights.begin(), weights.end()) {
    const std::size_t filled = (centers.size() + 7) / 8 * 8;
    centers_.resize(filled);
    weights_.resize(filled);
}

std::array<double, 5> logistic_columns::sums(double x, double beta) const {
    std::array<double, 5> result{};
    if (std::isnan(x * beta)) {
        result.fill(std::numeric_limits<double>::quiet_NaN());
        return result;
    }
    std::array<double, 40> parts{};
    HWY_DYNAMIC_DISPATCH(add_sums)
    (centers_.data(), weights_.data(), centers_.size(), x, beta, parts.data());
    for (std::size_t q = 0; q < 5; ++q)
        for (std::size_t i = 0; i < 8; ++i) result[q] += parts[8 * q + i];
    return result;
}

}  // namespace moebius::models
#endif
