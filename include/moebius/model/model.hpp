// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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
            vec<std::size_t, m> all;
            for (std::size_t k = 0; k < m; ++k) all[k] = k;
            slopes(x, p, all, f, fx, fp);
        }
    }

    void linear_in(std::span<const double> x, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                   std::span<double> fp) const override {
        if constexpr (requires { model_.linear(get<n>(x), get<m>(p)); }) {
            field::linear_in(x, p, free, f, fx, fp);
        } else {
            slopes(x, p, free, f, fx, fp);
        }
    }

    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        vec<jet, n> xs;
        vec<jet, m> ps;
        for (std::size_t i = 0; i < n; ++i) xs[i] = line(x[i], v[i]);
        for (std::size_t i = 0; i < m; ++i) ps[i] = line(p[i], q[i]);
        const auto f = model_.rhs(xs, ps);
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

    /// The value and the derivatives by all states and the parameters at `free`, dual::width of
    /// them at a time.
    void slopes(std::span<const double> x, std::span<const double> p,
                std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                std::span<double> fp) const {
        vec<dual, n> xs = constants<n>(x);
        vec<dual, m> ps = constants<m>(p);
        const std::size_t all = n + free.size();
        const auto variable = [&](std::size_t j) -> dual& {
            return j < n ? xs[j] : ps[free[j - n]];
        };
        for (std::size_t first = 0; first < all; first += dual::width) {
            const std::size_t count = std::min(dual::width, all - first);
            for (std::size_t k = 0; k < count; ++k) {
                dual& v = variable(first + k);
                v = dual::along(v.value(), k);
            }
            const auto g = model_.rhs(xs, ps);
            for (std::size_t k = 0; k < count; ++k) {
                const std::size_t j = first + k;
                const auto column = j < n ? fx.subspan(n * j, n) : fp.subspan(n * (j - n), n);
                for (std::size_t i = 0; i < n; ++i) column[i] = g[i].slope(k);
                variable(j) = variable(j).value();
            }
            for (std::size_t i = 0; i < n; ++i) f[i] = g[i].value();
        }
    }

    template <std::size_t size>
    static vec<dual, size> constants(std::span<const double> from) {
        vec<dual, size> values;
        for (std::size_t i = 0; i < size; ++i) values[i] = from[i];
        return values;
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
