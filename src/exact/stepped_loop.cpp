// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/require.hpp>
#include <moebius/exact/stepped_loop.hpp>
#include <utility>

namespace moebius::exact {
namespace {

void check(const stepped_loop& loop) {
    require("stepped loop")
        .positive("forget", loop.forget)
        .positive("1 - forget", 1 - loop.forget)
        .not_negative("answer", loop.answer)
        .not_negative("leak", loop.leak)
        .not_negative("1 - leak", 1 - loop.leak);
}

}  // namespace

std::array<std::complex<double>, 2> multipliers(const stepped_loop& loop, double gain) {
    check(loop);
    const double e = loop.forget, a = e * gain, c = loop.answer, l = loop.leak;
    const double half = (2 - e + a - l - c) / 2;
    const double determinant = (1 - e) * (1 - l - c) + a * (1 - l);
    const auto apart = std::sqrt(std::complex<double>(half * half - determinant));
    std::array out{half + apart, half - apart};
    if (std::abs(out[0]) < std::abs(out[1])) std::swap(out[0], out[1]);
    return out;
}

stable_gains stable_between(const stepped_loop& loop) {
    check(loop);
    const double e = loop.forget, c = loop.answer, l = loop.leak;
    const double swing = (1 - (1 - e) * (1 - l - c)) / (e * (1 - l));  // infinite for l = 1
    const double grow = l > 0 ? 1 + c / l : c > 0 ? std::numeric_limits<double>::infinity() : 1;
    return {(c / (2 - l) - 1) * (2 - e) / e, std::min(swing, grow), c > 0 && swing < grow};
}

stable_answers answers_between(const stepped_loop& loop, double gain) {
    check(loop);
    const double e = loop.forget, l = loop.leak;
    const double swing = (e * (gain * (1 - l) - 1 + l) - l) / (1 - e);
    return {std::max(swing, l * (gain - 1)), (2 - l) * (1 + gain * e / (2 - e))};
}

}  // namespace moebius::exact
