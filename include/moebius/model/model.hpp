// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <memory>
#include <moebius/model/field.hpp>
#include <moebius/model/jet.hpp>
#include <moebius/model/shapes.hpp>
#include <type_traits>
#include <utility>

namespace moebius {

/// M's right-hand side works over the scalar S. Shapes: x (n), p (m) -> (n).
template <typename M, typename S>
concept evaluates_over = requires(const M& model, vec<S, M::dimension> x,
                                  vec<S, parameter_count<M>> p) {
    { model.rhs(x, p) } -> std::same_as<vec<S, M::dimension>>;
};

/// A model has a name, its equation, named states and parameters, and one right-hand side that
/// serves numbers (simulation), duals and jets (derivatives) alike: autonomous, smooth,
/// deterministic.
///
/// It may add
///   linear(x, p) -> first_order<n, m>   its own first derivatives (else duals give them)
///   loads(x, p) -> vec<double, N>       the loads of N experts
///   state_scale(p) -> double            see field::state_scale (else chosen for each state)
///   state_scales(p) -> vec<double, n>   one for each state
///   state_bounds(p) -> pair             see field::state_bounds (else infinite)
///   closed_form() -> bool               whether rhs takes `enclosed` (base/enclosed.hpp), too:
///                                       + - * / and the functions there, without branches
template <typename M>
concept ode_model = requires {
    { M::name } -> std::convertible_to<std::string_view>;
    { M::equation } -> std::convertible_to<std::string_view>;
    requires(M::dimension > 0);
    requires(M::states.size() == M::dimension);
    requires std::same_as<typename decltype(M::parameters)::value_type, parameter_info>;
    requires evaluates_over<M, double>;
    requires evaluates_over<M, dual>;
    requires evaluates_over<M, jet>;
};

namespace detail {

template <ode_model M>
class erased final : public field {
public:
    static constexpr std::size_t n = M::dimension;
    static constexpr std::size_t m = parameter_count<M>;

    explicit erased(M model) : model_(std::move(model)) {}

    std::string_view name() const override { return M::name; }
    std::string_view equation() const override { return M::equation; }
    std::size_t dimension() const override { return n; }
    std::span<const std::string_view> state_names() const override { return M::states; }
    std::span<const parameter_info> parameters() const override { return M::parameters; }

    void rhs(std::span<const double> x, std::span<const double> p,
             std::span<double> out) const override {
        put(model_.rhs(get<n>(x), get<m>(p)), out);
    }

    void linear(std::span<const double> x, std::span<const double> p, std::span<double> f,
                std::span<double> fx, std::span<double> fp) const override {
        if constexpr (requires { model_.linear(get<n>(x), get<m>(p)); }) {
            const auto first = model_.linear(get<n>(x), get<m>(p));
            put(first.f, f);
            put(first.fx, fx);
            put(first.fp, fp);
        } else {
            rhs(x, p, f);
            for (std::size_t j = 0; j < n + m; ++j)
                slope(x, p, j, j < n ? fx.subspan(n * j, n) : fp.subspan(n * (j - n), n));
        }
    }

    void linear_in(std::span<const double> x, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                   std::span<double> fp) const override {
        if constexpr (requires { model_.linear(get<n>(x), get<m>(p)); }) {
            field::linear_in(x, p, free, f, fx, fp);
        } else {
            rhs(x, p, f);
            for (std::size_t j = 0; j < n; ++j) slope(x, p, j, fx.subspan(n * j, n));
            for (std::size_t k = 0; k < free.size(); ++k)
                slope(x, p, n + free[k], fp.subspan(n * k, n));
        }
    }

    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        const auto f =
            on_line<jet>(x, p, [v, q](std::size_t i) { return i < n ? v[i] : q[i - n]; });
        for (std::size_t k = 0; k < 4; ++k)
            for (std::size_t i = 0; i < n; ++i) out[k * n + i] = coefficient(f[i], k);
    }

    bool enclose(std::span<const enclosed> x, std::span<const enclosed> p,
                 std::span<enclosed> out) const override {
        if constexpr (requires { model_.closed_form(); }) {
            if (!model_.closed_form()) return false;
            put(model_.rhs(get<n>(x), get<m>(p)), out);
            return true;
        } else {
            return false;
        }
    }

    std::size_t experts() const override {
        if constexpr (has_loads) {
            return std::tuple_size_v<decltype(model_.loads(get<n>({}), get<m>({})))>;
        } else {
            return 0;
        }
    }

    void loads(std::span<const double> x, std::span<const double> p,
               std::span<double> out) const override {
        if constexpr (has_loads) put(model_.loads(get<n>(x), get<m>(p)), out);
    }

    double state_scale(std::span<const double> p) const override {
        if constexpr (requires { model_.state_scale(get<m>(p)); }) {
            return model_.state_scale(get<m>(p));
        } else {
            return 1;
        }
    }

    bool knows_scale() const override {
        return requires { model_.state_scale(get<m>({})); };
    }

    bool state_scales(std::span<const double> p, std::span<double> out) const override {
        if constexpr (requires { model_.state_scales(get<m>(p)); }) {
            put(model_.state_scales(get<m>(p)), out);
            return true;
        } else {
            return false;
        }
    }

    std::pair<double, double> state_bounds(std::span<const double> p) const override {
        if constexpr (requires { model_.state_bounds(get<m>(p)); }) {
            return model_.state_bounds(get<m>(p));
        } else {
            return unbounded();
        }
    }

    bool rest(std::span<const double> loads, std::span<const double> p,
              std::span<double> out) const override {
        vec<double, n> x{};
        if constexpr (requires { model_.rest(get<2>(loads), get<m>(p), x); }) {
            if (!model_.rest(get<2>(loads), get<m>(p), x)) return false;
            put(x, out);
            return true;
        } else {
            return false;
        }
    }

private:
    static constexpr bool has_loads = requires(const M& model, vec<double, n> x, vec<double, m> p) {
        model.loads(x, p);
    };

    template <std::size_t size, typename S = double>
    static vec<S, size> get(std::span<const S> from) {
        vec<S, size> values;
        for (std::size_t i = 0; i < size; ++i) values[i] = from[i];
        return values;
    }

    template <typename S, std::size_t size>
    static void put(const vec<S, size>& values, std::span<S> to) {
        for (std::size_t i = 0; i < size; ++i) to[i] = values[i];
    }

    template <typename S, typename Slope>
    vec<S, n> on_line(std::span<const double> x, std::span<const double> p, Slope slope) const {
        vec<S, n> xs;
        vec<S, m> ps;
        for (std::size_t i = 0; i < n; ++i) xs[i] = line<S>(x[i], slope(i));
        for (std::size_t i = 0; i < m; ++i) ps[i] = line<S>(p[i], slope(n + i));
        return model_.rhs(xs, ps);
    }

    /// The derivative by the j-th of all states and parameters.
    void slope(std::span<const double> x, std::span<const double> p, std::size_t j,
               std::span<double> column) const {
        const auto f = on_line<dual>(x, p, [j](std::size_t i) { return i == j ? 1.0 : 0.0; });
        for (std::size_t i = 0; i < n; ++i) column[i] = f[i].at(1);
    }

    M model_;
};

}  // namespace detail

/// The model with its type forgotten.
template <ode_model M>
[[nodiscard]] std::shared_ptr<const field> field_of(M model = {}) {
    return std::make_shared<detail::erased<M>>(std::move(model));
}

/// The model with its type forgotten and its default parameters.
template <ode_model M>
[[nodiscard]] problem problem_of(M model = {}) {
    return with_defaults(field_of(std::move(model)));
}

}  // namespace moebius
