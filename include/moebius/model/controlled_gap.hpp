// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <moebius/model/model.hpp>
#include <moebius/model/two_expert_equation.hpp>
#include <utility>

namespace moebius::models {

/// A model of two experts (gap_feedback with the gap m) under the integral load-balancing
/// controller, by the differences of the two experts' scores z and biases b:
///
///     z' = -decay z + feedback m(z + b) + bias
///     b' = -gain m(z + b) - leak b
///
/// Two cells of controlled_feedback obey it exactly in z_1 - z_2 and b_1 - b_2.
/// @source  docs/theory.md section 5
template <typename Model>
class controlled_gap {
public:
    static constexpr std::string_view name = Model::name;
    static constexpr std::string_view equation =
        "z' = -decay z + feedback m(z + b) + bias, b' = -gain m(z + b) - leak b, "
        "m(x) the mean load gap";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"z", "b"};
    static constexpr std::array<parameter_info, 6> parameters{{
        Model::parameters[0],
        Model::parameters[1],
        Model::parameters[2],
        Model::parameters[3],
        {"gain", "γ", "rate of the load-balancing controller", 0.02},
        {"leak", "μ_b", "rate at which the controller forgets", 0},
    }};
    enum parameter : std::size_t { feedback, decay, beta, bias, gain, leak };

    explicit controlled_gap(Model plain = {}) : plain_(std::move(plain)) {}

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 6>& p) const {
        const S m = gap<S>(x, p);
        return {p[feedback] * m + p[bias] - p[decay] * x[0], -(p[gain] * m) - p[leak] * x[1]};
    }

    bool closed_form() const { return plain_.closed_form(); }

    vec<double, 2> loads(const vec<double, 2>& x, const vec<double, 6>& p) const {
        return plain_.loads({x[0] + x[1]}, plain_part(p));
    }

    static double state_scale(const vec<double, 6>& p) { return 1 / p[beta]; }

    /// Since |m| <= 1; without a leak nothing bounds b.
    static std::pair<double, double> state_bounds(const vec<double, 6>& p) {
        if (!(p[leak] > 0)) return field::unbounded();
        const auto [low, high] = Model::state_bounds(plain_part(p));
        const double reach = std::abs(p[gain]) / p[leak];
        return {std::min(low, -reach), std::max(high, reach)};
    }

    /// Scores and biases that fixed loads hold.
    bool rest(const vec<double, 2>& loads, const vec<double, 6>& p, vec<double, 2>& x) const {
        if (p[leak] == 0 && p[gain] != 0) return false;
        const double m = loads[0] - loads[1];
        x = {(p[feedback] * m + p[bias]) / p[decay], p[gain] == 0 ? 0 : -p[gain] * m / p[leak]};
        return true;
    }

private:
    template <typename S>
    static vec<S, 4> plain_part(const vec<S, 6>& p) {
        return {p[feedback], p[decay], p[beta], p[bias]};
    }

    /// m at z + b: what the plain drift has of it with feedback 1 and nothing else.
    template <typename S>
    S gap(const vec<S, 2>& x, const vec<S, 6>& p) const {
        return plain_.template rhs<S>({x[0] + x[1]}, {S(1.0), S(0.0), p[beta], S(0.0)})[0];
    }

    Model plain_;
};

}  // namespace moebius::models
