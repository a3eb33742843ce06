// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/model/logistic_columns.hpp>
#include <moebius/model/two_expert.hpp>
#include <moebius/router/margin_law.hpp>

namespace moebius::models {

/// Two experts on real tokens: m(x) = sum_i w_i gap(beta (a_i + x)), the mean over the margins a_i.
///
/// A node of width sigma has a closed form for gaussian noise (slope beta / sqrt(1 + beta^2
/// sigma^2 / 2)) and for none (slope sqrt(2)/sigma, beta drops out).
/// @source docs/theory.md section 4
class token_response : public gap_feedback {
public:
    static constexpr std::string_view name = "token-response";
    static constexpr std::string_view equation =
        "x' = -decay x + feedback mean_t gap(beta (a_t + x)) + bias";

    /// @throws invalid_argument if the response has no derivative in closed form: no noise on a
    ///         node without width, or gumbel or logistic noise on a node with one
    explicit token_response(margin_law law);

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 4>& p) const {
        return drift(x, p, mean_gap(x[0], p[beta]));
    }
    [[nodiscard]] first_order<1, 4> linear(const vec<double, 1>& x, const vec<double, 4>& p) const;
    [[nodiscard]] vec<double, 2> loads(const vec<double, 1>& x, const vec<double, 4>& p) const {
        return shares(mean_gap(x[0], p[beta]));
    }

    /// m at x and beta (of any node: its slope follows from beta, docs/theory.md section 4).
    [[nodiscard]] double mean_gap(double x, double inverse_temperature) const;
    [[nodiscard]] dual mean_gap(const dual& x, const dual& inverse_temperature) const;
    [[nodiscard]] jet mean_gap(const jet& x, const jet& inverse_temperature) const;
    [[nodiscard]] enclosed mean_gap(const enclosed& x, const enclosed& inverse_temperature) const;

    /// Of one margin: the gap function itself. Else the response is a table of tokens.
    [[nodiscard]] bool closed_form() const { return law_.nodes.size() == 1; }

    /// m, m', m'', m''' at x.
    [[nodiscard]] std::array<double, 4> response(double x, double inverse_temperature) const;

private:
    margin_law law_;
    logistic_columns columns_;  // where the noise allows them
};
static_assert(ode_model<token_response>);

}  // namespace moebius::models
