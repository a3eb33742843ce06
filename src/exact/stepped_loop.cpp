// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/exact/stepped_loop.hpp>
#include <utility>

namespace moebius::exact {
namespace {

void check(const stepped_loop& loop) {
    require("stepped loop")
        .positive("forget", loop.forget)
        .positive("1 - forget", 1 - loop.forget)
        .not_negative("answer", loop.answer);
}

}  // namespace

std::array<std::complex<double>, 2> multipliers(const stepped_loop& loop, double gain) {
    check(loop);
    const double e = loop.forget, a = e * gain, c = loop.answer;
    const double half = (2 - e + a - c) / 2, determinant = 1 - e + a - c * (1 - e);
    const auto apart = std::sqrt(std::complex<double>(half * half - determinant));
    std::array out{half + apart, half - apart};
    if (std::abs(out[0]) < std::abs(out[1])) std::swap(out[0], out[1]);
    return out;
}

stable_gains stable_between(const stepped_loop& loop) {
    check(loop);
    const double e = loop.forget, c = loop.answer;
    return {(c - 2) * (2 - e) / (2 * e), 1 + c * (1 / e - 1)};
}

}  // namespace moebius::exact
