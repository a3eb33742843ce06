// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/bfloat16.hpp>
#include <moebius/logs/rounded_loads.hpp>

namespace moebius {

void rounded_loads::take(std::span<const double> loads) {
    for (const double load : loads) {
        if (!(load >= 512)) continue;
        ++above_512_;
        not_rounded_ += is_bfloat16(load) ? 0U : 1U;
        last_bits_ += std::fmod(load, 2 * bfloat16_spacing(load)) != 0 ? 1U : 0U;
    }
}

rounded_loads& rounded_loads::operator+=(const rounded_loads& other) {
    above_512_ += other.above_512_;
    not_rounded_ += other.not_rounded_;
    last_bits_ += other.last_bits_;
    return *this;
}

bool rounded_loads::rounded() const noexcept {
    constexpr std::size_t enough = 40;
    return above_512_ >= enough && not_rounded_ == 0 && 8 * last_bits_ >= above_512_;
}

}  // namespace moebius
