// SPDX-License-Identifier: MIT
// A model without a name is refused by the concept; with one (the control) the same text compiles.
#include <moebius/model/model.hpp>

struct decay_only {
#if WITH_NAME
    static constexpr std::string_view name = "decay-only";
#endif
    static constexpr std::string_view equation = "x' = -decay x";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<moebius::parameter_info, 1> parameters{{
        {"decay", "λ", "rate", 1, 0},
    }};

    template <typename S>
    moebius::vec<S, 1> rhs(const moebius::vec<S, 1>& x, const moebius::vec<S, 1>& p) const {
        return {-p[0] * x[0]};
    }
};

const auto problem = moebius::problem_of<decay_only>();
