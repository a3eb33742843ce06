// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>

namespace moebius {

/// The checks that most arguments need, in one wording:
///
///   require("top-1").positive_and_finite("beta", beta).at_least("experts", experts, 2);
///
/// throws invalid_argument "top-1: beta is -1, but it must be > 0 and finite". NaN passes none.
class require {
public:
    /// @param where  what every sentence begins with; it must outlive this
    explicit constexpr require(std::string_view where) noexcept : where_(where) {}

    const require& finite(std::string_view name, double value) const {
        return hold(std::isfinite(value), name, value, "it must be finite");
    }
    const require& positive(std::string_view name, double value) const {
        return hold(value > 0, name, value, "it must be > 0");
    }
    const require& positive_and_finite(std::string_view name, double value) const {
        return hold(value > 0 && std::isfinite(value), name, value, "it must be > 0 and finite");
    }
    const require& not_negative(std::string_view name, double value) const {
        return hold(value >= 0 && std::isfinite(value), name, value, "it must be >= 0 and finite");
    }
    const require& share(std::string_view name, double value) const {
        return hold(value >= 0 && value <= 1, name, value, "it must be in [0, 1]");
    }
    const require& at_least(std::string_view name, std::size_t value, std::size_t least) const {
        if (value < least) too_few(name, value, least);
        return *this;
    }

private:
    const require& hold(bool holds, std::string_view name, double value,
                        std::string_view needed) const {
        if (!holds) fail(name, value, needed);
        return *this;
    }
    [[noreturn]] void fail(std::string_view name, double value, std::string_view needed) const;
    [[noreturn]] void too_few(std::string_view name, std::size_t value, std::size_t least) const;

    std::string_view where_;
};

}  // namespace moebius
