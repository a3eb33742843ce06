// SPDX-License-Identifier: MIT
//
// Where cells begin and end is found for 64 bytes at once, a bit a byte. Each cell becomes a word
// of 8 digits with zeros before them, and words become numbers in vectors: by twos, fours and
// eights. The floor, in operations a cell: 8 to cut it out, 15 for the vectors, which have 2 to 8
// of them.
#include "digit_cells.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "digit_cells.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::csv::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

/// Without vectors take_numbers() is as fast by itself.
std::size_t take_digit_cells(const char*&, const char*, char, double*, std::size_t) { return 0; }

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t window = 64;  ///< bytes that are looked at together
using bytes = hn::CappedTag<std::uint8_t, window>;
using lanes = hn::CappedTag<double, window / 8>;
using words = hn::RebindToUnsigned<lanes>;
using halves = hn::Repartition<std::uint32_t, words>;
using quarters = hn::Repartition<std::uint16_t, words>;
using eighths = hn::Repartition<std::uint8_t, words>;

/// Of a window: a bit for each byte that is a separator, and for each that is one or a digit.
struct marks {
    std::uint64_t separators = 0, known = 0;
};

HWY_INLINE marks marks_of(const char* at, char separator) {
    const bytes d;
    constexpr std::size_t wide = hn::MaxLanes(d);
    const auto one = hn::Set(d, static_cast<std::uint8_t>(separator));
    const auto zero = hn::Set(d, std::uint8_t{'0'}), nine = hn::Set(d, std::uint8_t{9});
    std::uint8_t separators[window / 8], known[window / 8];
    for (std::size_t i = 0; i < window; i += wide) {
        const auto text = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(at) + i);
        const auto digit = hn::Sub(text, zero);
        const auto ends = hn::Eq(text, one);
        hn::StoreMaskBits(d, ends, separators + i / 8);
        hn::StoreMaskBits(d, hn::Or(ends, hn::Eq(hn::Min(digit, nine), digit)), known + i / 8);
    }
    marks out;
    std::memcpy(&out.separators, separators, sizeof separators);
    std::memcpy(&out.known, known, sizeof known);
    return out;
}

/// Whether a window that begins with a cell has nothing but cells of 1 to 8 digits.
HWY_INLINE bool are_short_numbers(const marks& of) {
    const std::uint64_t digits = ~of.separators;
    const std::uint64_t two = digits & digits >> 1, four = two & two >> 2, eight = four & four >> 4;
    const std::uint64_t too_long = eight & digits >> 8;
    const std::uint64_t empty = of.separators & (of.separators << 1 | 1);
    return ~of.known == 0 && (too_long | empty) == 0;
}

/// What words of 8 digits stand for, each in bytes, the first in the lowest.
HWY_INLINE hn::Vec<lanes> numbers_of(hn::Vec<words> text) {
    const words d;
    const halves d4;
    const quarters d2;
    const eighths d1;
    const auto digits =
        hn::BitCast(d2, hn::SaturatedSub(hn::BitCast(d1, text), hn::Set(d1, std::uint8_t{'0'})));
    const auto tens =
        hn::Mul(hn::And(digits, hn::Set(d2, std::uint16_t{0xff})), hn::Set(d2, std::uint16_t{10}));
    const auto pairs = hn::Add(tens, hn::ShiftRight<8>(digits));
    const auto scaled =
        hn::BitCast(d4, hn::Mul(pairs, hn::BitCast(d2, hn::Set(d4, std::uint32_t{1 << 16 | 100}))));
    const auto fours =
        hn::Add(hn::And(scaled, hn::Set(d4, std::uint32_t{0xffff})), hn::ShiftRight<16>(scaled));
    const auto eights = hn::Add(hn::MulEven(fours, hn::Set(d4, std::uint32_t{10000})),
                                hn::ShiftRight<32>(hn::BitCast(d, fours)));
    const auto two_to_52 = hn::Set(lanes(), 0x1p52);  // whose lowest bits a whole number fills
    return hn::Sub(hn::BitCast(lanes(), hn::Or(eights, hn::BitCast(d, two_to_52))), two_to_52);
}

/// @returns how many numbers were put
std::size_t take_digit_cells(const char*& at, const char* end, char separator, double* to,
                             std::size_t room) {
    constexpr std::size_t most = window / 2, wide = hn::MaxLanes(lanes());
    HWY_ALIGN std::uint64_t text[most] = {};
    std::size_t count = 0;
    while (end - at >= static_cast<std::ptrdiff_t>(window) && room - count >= most) {
        const marks found = marks_of(at, separator);
        if (!are_short_numbers(found)) break;
        const char *const from = at, *cell = at;
        std::size_t cells = 0;
        for (auto ends = found.separators; ends != 0; ends &= ends - 1) {
            const char* const stop = from + std::countr_zero(ends);
            std::uint64_t word = 0;
            std::memcpy(&word, cell, sizeof word);
            text[cells++] = word << (64 - 8 * (stop - cell));
            cell = stop + 1;
        }
        for (std::size_t i = 0; i < cells; i += wide)
            hn::StoreU(numbers_of(hn::Load(words(), text + i)), lanes(), to + count + i);
        count += cells;
        at = cell;
    }
    return count;
}

#endif

}  // namespace moebius::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius::csv {
namespace {

HWY_EXPORT(take_digit_cells);

}  // namespace

taken_cells take_digit_cells(const char* at, const char* end, char separator,
                             std::span<double> to) {
    const std::size_t count =
        HWY_DYNAMIC_DISPATCH(take_digit_cells)(at, end, separator, to.data(), to.size());
    return {count, at};
}

}  // namespace moebius::csv
#endif
