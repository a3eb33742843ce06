// SPDX-License-Identifier: MIT
#include "equation_field.hpp"

#include <algorithm>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/jet.hpp>
#include <utility>

#include "alike_text.hpp"
#include "complex_step.hpp"
#include "symmetry.hpp"
#include "tape.hpp"

namespace moebius::detail {
namespace {

/// What a field evaluates.
struct field_parts {
    std::string name, equation;
    std::vector<text_model::named> states, parameters;  ///< with their first values
    tape rates;                                         ///< (n)
    tape loads;                                         ///< (N), or nothing
    tape bounds;  ///< low and high of the parameters, or nothing
    tape scale;   ///< one of the parameters, or nothing
};

/// @tparam Base  field or cell_field
template <typename Base>
class equation_field : public Base {
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
        if (parts_.scale.outputs() > 0) of_parameters(parts_.scale, p, {&scale, 1});
        return scale;
    }
    bool knows_scale() const override { return parts_.scale.outputs() > 0; }

    std::pair<double, double> state_bounds(std::span<const double> p) const override {
        if (parts_.bounds.outputs() == 0) return field::unbounded();
        double ends[2];
        of_parameters(parts_.bounds, p, ends);
        return {ends[0], ends[1]};
    }

    bool initial(std::span<double> out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = parts_.states[i].value;
        return true;
    }

protected:
    [[nodiscard]] const field_parts& parts() const { return parts_; }

private:
    void of_parameters(const tape& what, std::span<const double> p, std::span<double> out) const {
        const std::vector<double> nowhere(states_.size());
        what.evaluate<double>(nowhere, p, out);
    }

    field_parts parts_;
    std::vector<std::string_view> states_;
    std::vector<parameter_info> parameters_;
};

/// A text on groups of alike cells, an equation for each group.
class alike_field final : public equation_field<cell_field> {
public:
    alike_field(std::shared_ptr<const alike_text> text, const grouping& groups)
        : alike_field(text, text->on(groups), groups) {}

    const grouping& groups() const override { return groups_; }
    std::size_t cell_states() const override {
        return text_->layout().states.size() / text_->layout().cells;
    }
    std::size_t shared_parameters() const override { return text_->layout().shared.size(); }

    std::shared_ptr<const cell_field> regrouped(grouping groups) const override {
        return std::make_shared<alike_field>(text_, groups);
    }

    /// The first member's rates as it moves one way and the second the other.
    void within(std::span<const double> x, std::span<const double> p, std::size_t g,
                std::span<double> out) const override {
        const std::size_t kinds = cell_states(), n = x.size();
        std::vector<dual> xs(x.begin(), x.end()), ps(p.begin(), p.end()), rates(kinds);
        for (std::size_t twin = 0; twin < 2; ++twin)
            for (std::size_t c = 0; c < kinds; ++c) xs.emplace_back(x[c * groups_.size() + g]);
        for (std::size_t first = 0; first < kinds; first += dual::width) {
            const std::size_t count = std::min(dual::width, kinds - first);
            for (std::size_t k = 0; k < count; ++k) {
                const double value = xs[n + first + k].value();
                xs[n + first + k] = dual::along(value, k);
                xs[n + kinds + first + k] = 2 * value - dual::along(value, k);
            }
            steps_->within[g].evaluate<dual>(xs, ps, rates);
            for (std::size_t k = 0; k < count; ++k) {
                for (std::size_t c = 0; c < kinds; ++c)
                    out[(first + k) * kinds + c] = rates[c].slope(k);
                xs[n + first + k] = xs[n + first + k].value();
                xs[n + kinds + first + k] = xs[n + kinds + first + k].value();
            }
        }
    }

private:
    alike_field(std::shared_ptr<const alike_text> text, std::shared_ptr<const group_steps> steps,
                const grouping& groups)
        : equation_field(parts_on(*text, *steps, groups)),
          text_(std::move(text)),
          steps_(std::move(steps)),
          groups_(groups) {}

    /// Of values of all cells, kind by kind, those of the first member of each group.
    template <typename Value>
    static void first_members(const std::vector<Value>& all, const std::vector<std::size_t>& places,
                              const grouping& groups, std::vector<Value>& out) {
        for (std::size_t kind = 0; kind < places.size(); kind += groups.members())
            for (const auto& group : groups.groups)
                out.push_back(all[places[kind + group.front()]]);
    }

    static field_parts parts_on(const alike_text& of, const group_steps& steps,
                                const grouping& groups) {
        const text_model& text = of.text();
        const cell_layout& layout = of.layout();
        field_parts parts{text.name,   text.equation, {},           {},
                          steps.rates, steps.loads,   steps.bounds, steps.scale};
        first_members(text.states, layout.states, groups, parts.states);
        for (const std::size_t i : layout.shared) parts.parameters.push_back(text.parameters[i]);
        first_members(text.parameters, layout.owned, groups, parts.parameters);
        return parts;
    }

    std::shared_ptr<const alike_text> text_;
    std::shared_ptr<const group_steps> steps_;
    grouping groups_;
};

/// A text whose rates of change are a host's.
class host_field final : public equation_field<field> {
public:
    host_field(field_parts parts, std::shared_ptr<const host_function> rates)
        : equation_field(std::move(parts)), rates_(std::move(rates)) {}

    void rhs(std::span<const double> x, std::span<const double> p,
             std::span<double> out) const override {
        rates_.value(x, p, out);
    }
    void linear_in(std::span<const double> x, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                   std::span<double> fp) const override {
        rates_.linear(x, p, free, f, fx, fp);
    }
    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        rates_.along(x, p, v, q, this->state_scale(p), out);
    }
    bool enclose(std::span<const enclosed> /*x*/, std::span<const enclosed> /*p*/,
                 std::span<enclosed> /*out*/) const override {
        return false;
    }
    /// That of the text, or 1: its derivatives are differences over that length.
    bool knows_scale() const override { return true; }

private:
    complex_step rates_;
};

field_parts parts_of(text_model model) {
    const auto of = [&](const std::vector<node_id>& outputs) {
        return tape(model.graph, outputs, model.states.size(), model.parameters.size());
    };
    const tape rates = of(model.rates), loads = of(model.loads), bounds = of(model.bounds),
               scale = of(model.scale);
    return {std::move(model.name),
            std::move(model.equation),
            std::move(model.states),
            std::move(model.parameters),
            rates,
            loads,
            bounds,
            scale};
}

}  // namespace

std::shared_ptr<const field> field_of_text(text_model model) {
    if (model.host) {
        auto rates = std::exchange(model.host, nullptr);
        return std::make_shared<host_field>(parts_of(std::move(model)), std::move(rates));
    }
    if (auto layout = cells_of(model)) {
        const std::size_t cells = layout->cells;
        const auto text = std::make_shared<alike_text>(std::move(model), std::move(*layout));
        return std::make_shared<alike_field>(text, singletons(cells));
    }
    return std::make_shared<equation_field<field>>(parts_of(std::move(model)));
}

}  // namespace moebius::detail
