// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace moebius {

/// Whether loads are rounded as bfloat16 does, by those from 512 on: its 8 significant bits hold
/// multiples of 4 and more alone there, and of others half at most are such by chance.
class rounded_loads {
public:
    void take(std::span<const double> loads);
    rounded_loads& operator+=(const rounded_loads& other);

    /// Whether enough loads came, all of them rounded, and not further, as counts padded to blocks.
    [[nodiscard]] bool rounded() const noexcept;
    [[nodiscard]] std::size_t above_512() const noexcept { return above_512_; }

private:
    std::size_t above_512_ = 0, not_rounded_ = 0;
    std::size_t last_bits_ = 0;  ///< loads with the last of bfloat16's bits set
};

}  // namespace moebius
