// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/model/iterated_map.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

VectorXd vector_of(std::span<const double> values) {
    return Eigen::Map<const VectorXd>(values.data(), static_cast<Index>(values.size()));
}

/// What of a field stays as it is, and F^n(x) - x in place of f(x).
template <typename Base>
class iterate : public Base {
public:
    iterate(std::shared_ptr<const Base> model, double step, std::size_t count)
        : model_(std::move(model)), step_(step), count_(count) {}

    std::string_view name() const override { return model_->name(); }
    std::string_view equation() const override { return model_->equation(); }
    std::size_t dimension() const override { return model_->dimension(); }
    std::span<const std::string_view> state_names() const override { return model_->state_names(); }
    std::span<const parameter_info> parameters() const override { return model_->parameters(); }
    std::size_t experts() const override { return model_->experts(); }
    double state_scale(std::span<const double> p) const override { return model_->state_scale(p); }
    bool knows_scale() const override { return model_->knows_scale(); }
    bool state_scales(std::span<const double> p, std::span<double> out) const override {
        return model_->state_scales(p, out);
    }
    std::pair<double, double> state_bounds(std::span<const double> /*p*/) const override {
        return field::unbounded();
    }
    bool initial(std::span<double> out) const override { return model_->initial(out); }
    void loads(std::span<const double> x, std::span<const double> p,
               std::span<double> out) const override {
        model_->loads(x, p, out);
    }

    void rhs(std::span<const double> x, std::span<const double> p,
             std::span<double> out) const override {
        VectorXd y = vector_of(x), f(y.size());
        for (std::size_t k = 0; k < count_; ++k) {
            model_->rhs(view(y), p, view(f));
            y += step_ * f;
        }
        y -= vector_of(x);
        std::copy(y.begin(), y.end(), out.begin());
    }

    void linear(std::span<const double> x, std::span<const double> p, std::span<double> f,
                std::span<double> fx, std::span<double> fp) const override {
        chain(x, p.size(), f, fx, fp,
              [&](const VectorXd& y, VectorXd& g, MatrixXd& gx, MatrixXd& gp) {
                  model_->linear(view(y), p, view(g), view(gx), view(gp));
              });
    }

    void linear_in(std::span<const double> x, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<double> f, std::span<double> fx,
                   std::span<double> fp) const override {
        chain(x, free.size(), f, fx, fp,
              [&](const VectorXd& y, VectorXd& g, MatrixXd& gx, MatrixXd& gp) {
                  model_->linear_in(view(y), p, free, view(g), view(gx), view(gp));
              });
    }

    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        MatrixXd y = MatrixXd::Zero(static_cast<Index>(x.size()), 4);
        y.col(0) = vector_of(x);
        y.col(1) = vector_of(v.first(x.size()));
        for (std::size_t k = 0; k < count_; ++k) y += step_ * composed(*model_, y, p, q);
        y.col(0) -= vector_of(x);
        y.col(1) -= vector_of(v.first(x.size()));
        std::copy(y.data(), y.data() + y.size(), out.begin());
    }

    bool enclose(std::span<const enclosed> x, std::span<const enclosed> p,
                 std::span<enclosed> out) const override {
        std::vector<enclosed> y(x.begin(), x.end());
        for (std::size_t k = 0; k < count_; ++k) {
            if (!model_->enclose(y, p, out)) return false;
            for (std::size_t i = 0; i < y.size(); ++i) y[i] += step_ * out[i];
        }
        for (std::size_t i = 0; i < y.size(); ++i) out[i] = y[i] - x[i];
        return true;
    }

protected:
    /// The chain rule, f and its first derivatives by `at`.
    template <typename First>
    void chain(std::span<const double> x, std::size_t columns, std::span<double> f,
               std::span<double> fx, std::span<double> fp, const First& at) const {
        const auto n = static_cast<Index>(x.size()), m = static_cast<Index>(columns);
        VectorXd y = vector_of(x), g(n);
        MatrixXd by_x = MatrixXd::Identity(n, n), by_p = MatrixXd::Zero(n, m), gx(n, n), gp(n, m);
        for (std::size_t k = 0; k < count_; ++k) {
            at(y, g, gx, gp);
            by_x += step_ * (gx * by_x).eval();
            by_p += step_ * (gx * by_p + gp).eval();
            y += step_ * g;
        }
        y -= vector_of(x);
        by_x -= MatrixXd::Identity(n, n);
        std::copy(y.begin(), y.end(), f.begin());
        std::copy(by_x.data(), by_x.data() + by_x.size(), fx.begin());
        std::copy(by_p.data(), by_p.data() + by_p.size(), fp.begin());
    }

    std::shared_ptr<const Base> model_;
    double step_;
    std::size_t count_;
};

/// Of interchangeable cells, which all take the same step.
class iterate_of_cells final : public iterate<cell_field> {
public:
    using iterate::iterate;

    const grouping& groups() const override { return model_->groups(); }
    std::size_t cell_states() const override { return model_->cell_states(); }
    std::size_t shared_parameters() const override { return model_->shared_parameters(); }
    std::shared_ptr<const cell_field> regrouped(grouping groups) const override {
        auto on = model_->regrouped(std::move(groups));
        return on ? std::make_shared<iterate_of_cells>(std::move(on), step_, count_) : nullptr;
    }

    void within(std::span<const double> x, std::span<const double> p, std::size_t g,
                std::span<double> out) const override {
        const auto k = static_cast<Index>(cell_states());
        MatrixXd product = MatrixXd::Identity(k, k), block(k, k);
        VectorXd y = vector_of(x), f(y.size());
        for (std::size_t i = 0; i < count_; ++i) {
            model_->within(view(y), p, g, view(block));
            product += step_ * (block * product).eval();
            model_->rhs(view(y), p, view(f));
            y += step_ * f;
        }
        product -= MatrixXd::Identity(k, k);
        std::copy(product.data(), product.data() + product.size(), out.begin());
    }
};

}  // namespace

problem iterated(const problem& at, double step, std::size_t count) {
    require("map").positive_and_finite("step", step);
    if (count < 1 || count > most_iterations)
        throw invalid_argument("map", fmt::format("period {} came", count),
                               fmt::format("it must be from 1 to {}", most_iterations));
    if (at.model->cells())
        return {std::make_shared<iterate_of_cells>(
                    std::dynamic_pointer_cast<const cell_field>(at.model), step, count),
                at.parameters};
    return {std::make_shared<iterate<field>>(at.model, step, count), at.parameters};
}

std::vector<std::vector<double>> orbit_of_map(const problem& at, double step,
                                              std::span<const double> x, std::size_t count) {
    std::vector<std::vector<double>> orbit;
    std::vector<double> y(x.begin(), x.end()), f(x.size());
    for (std::size_t k = 0; k < count; ++k) {
        orbit.push_back(y);
        at.model->rhs(y, at.parameters, f);
        for (std::size_t i = 0; i < y.size(); ++i) y[i] += step * f[i];
    }
    return orbit;
}

}  // namespace moebius
