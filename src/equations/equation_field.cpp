// SPDX-License-Identifier: MIT
#include "equation_field.hpp"

#include <algorithm>
#include <moebius/model/jet.hpp>
#include <utility>

namespace moebius::detail {
namespace {

class equation_field final : public field {
public:
    explicit equation_field(field_parts parts) : parts_(std::move(parts)) {
        for (const auto& state : parts_.states) states_.emplace_back(state.name);
        for (const auto& [name, value, above] : parts_.parameters)
            parameters_.push_back({name, name, "parameter of the text", value, above});
    }

    std::string_view name() const override { return parts_.name; }
    std::string_view equation() const override { return parts_.equation; }
    std::size_t dimension() const override { return states_.size(); }
    std::span<const std::string_view> state_names() const override { return states_; }
    std::span<const parameter_info> parameters() const override { return parameters_; }

    void rhs(std::span<const double> x, std::span<const double> p,
             std::span<double> out) const override {
        parts_.rates.evaluate<double>(x, p, out);
    }

    void linear(std::span<const double> x, std::span<const double> p, std::span<double> f,
                std::span<double> fx, std::span<double> fp) const override {
        std::vector<std::size_t> all(p.size());
        for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
        linear_in(x, p, all, f, fx, fp);
    }

    void linear_in(std::span<const double> x, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                   std::span<double> fp) const override {
        const std::size_t n = x.size(), all = n + free.size();
        std::vector<dual> xs(x.begin(), x.end()), ps(p.begin(), p.end()), g(n);
        const auto variable = [&](std::size_t j) -> dual& {
            return j < n ? xs[j] : ps[free[j - n]];
        };
        for (std::size_t first = 0; first < all; first += dual::width) {
            const std::size_t count = std::min(dual::width, all - first);
            for (std::size_t k = 0; k < count; ++k) {
                dual& v = variable(first + k);
                v = dual::along(v.value(), k);
            }
            parts_.rates.evaluate<dual>(xs, ps, g);
            for (std::size_t k = 0; k < count; ++k) {
                const std::size_t j = first + k;
                const auto column = j < n ? fx.subspan(n * j, n) : fp.subspan(n * (j - n), n);
                for (std::size_t i = 0; i < n; ++i) column[i] = g[i].slope(k);
                variable(j) = variable(j).value();
            }
        }
        for (std::size_t i = 0; i < n; ++i) f[i] = g[i].value();
    }

    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        const std::size_t n = x.size();
        std::vector<jet> xs(n), ps(p.size()), f(n);
        for (std::size_t i = 0; i < n; ++i) xs[i] = line(x[i], v[i]);
        for (std::size_t i = 0; i < p.size(); ++i) ps[i] = line(p[i], q[i]);
        parts_.rates.evaluate<jet>(xs, ps, f);
        for (std::size_t k = 0; k < 4; ++k)
            for (std::size_t i = 0; i < n; ++i) out[k * n + i] = coefficient(f[i], k);
    }

    bool enclose(std::span<const enclosed> x, std::span<const enclosed> p,
                 std::span<enclosed> out) const override {
        if (!parts_.rates.closed_form()) return false;
        parts_.rates.evaluate<enclosed>(x, p, out);
        return true;
    }

    std::size_t experts() const override { return parts_.loads.outputs(); }
    void loads(std::span<const double> x, std::span<const double> p,
               std::span<double> out) const override {
        if (experts() > 0) parts_.loads.evaluate<double>(x, p, out);
    }

    double state_scale(std::span<const double> p) const override {
        double scale = 1;
        if (knows_scale()) of_parameters(parts_.scale, p, {&scale, 1});
        return scale;
    }
    bool knows_scale() const override { return parts_.scale.outputs() > 0; }

    std::pair<double, double> state_bounds(std::span<const double> p) const override {
        if (parts_.bounds.outputs() == 0) return unbounded();
        double ends[2];
        of_parameters(parts_.bounds, p, ends);
        return {ends[0], ends[1]};
    }

    bool initial(std::span<double> out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = parts_.states[i].value;
        return true;
    }

private:
    void of_parameters(const tape& what, std::span<const double> p, std::span<double> out) const {
        const std::vector<double> nowhere(states_.size());
        what.evaluate<double>(nowhere, p, out);
    }

    field_parts parts_;
    std::vector<std::string_view> states_;
    std::vector<parameter_info> parameters_;
};

}  // namespace

std::shared_ptr<const field> field_of_parts(field_parts parts) {
    return std::make_shared<equation_field>(std::move(parts));
}

}  // namespace moebius::detail
