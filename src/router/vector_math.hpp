// SPDX-License-Identifier: MIT
//
// Functions of float vectors, once for each instruction set: included by what Highway compiles so.
#if defined(MOEBIUS_ROUTER_VECTOR_MATH) == defined(HWY_TARGET_TOGGLE)
#ifdef MOEBIUS_ROUTER_VECTOR_MATH
#undef MOEBIUS_ROUTER_VECTOR_MATH
#else
#define MOEBIUS_ROUTER_VECTOR_MATH
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using lanes_f = hn::CappedTag<float, 16>;
using lanes_i = hn::RebindToSigned<lanes_f>;
using lanes_u = hn::RebindToUnsigned<lanes_f>;
using vf = hn::Vec<lanes_f>;
using vu = hn::Vec<lanes_u>;

/// Horner's rule, the highest coefficient first.
template <typename... More>
HWY_INLINE vf polynomial(vf x, float first, More... more) {
    const lanes_f d;
    vf sum = hn::Set(d, first);
    ((sum = hn::MulAdd(sum, x, hn::Set(d, more))), ...);
    return sum;
}

/// exp(a) for |a| <= 87, within 2e-7 (1 + |a|) of it, relative; NaN for NaN.
HWY_INLINE vf exponential_of(vf a) {
    const lanes_f d;
    const lanes_i di;
    const vf y = hn::Mul(a, hn::Set(d, 1.442695F));
    const auto n = hn::NearestInt(y);
    const vf f = hn::Sub(y, hn::ConvertTo(d, n));
    const vf p = polynomial(f, 0.0013276472F, 0.009675541F, 0.05550713F, 0.2402212F, 0.69314694F,
                            1.0000001F);
    return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127)))));
}

/// A word as a number, to the nearest.
HWY_INLINE vf number_of(vu word) {
    const lanes_f d;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3  // Highway 1.0 converts signed numbers alone
    return vf{_mm512_cvtepu32_ps(word.raw)};
#else
    const lanes_i di;
    const auto low = hn::And(word, hn::Set(lanes_u{}, 0xffffU));
    return hn::MulAdd(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<16>(word))),
                      hn::Set(d, 65536.0F), hn::ConvertTo(d, hn::BitCast(di, low)));
#endif
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
