// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/model/in_units.hpp>
#include <utility>

namespace moebius {
namespace {

class field_in_units final : public field {
public:
    field_in_units(std::shared_ptr<const field> model, std::vector<double> units)
        : model_(std::move(model)), units_(std::move(units)) {}

    std::string_view name() const override { return model_->name(); }
    std::string_view equation() const override { return model_->equation(); }
    std::size_t dimension() const override { return units_.size(); }
    std::span<const std::string_view> state_names() const override { return model_->state_names(); }
    std::span<const parameter_info> parameters() const override { return model_->parameters(); }
    std::size_t experts() const override { return model_->experts(); }

    void rhs(std::span<const double> y, std::span<const double> p,
             std::span<double> out) const override {
        model_->rhs(outside(y), p, out);
        divide(out);
    }

    void linear(std::span<const double> y, std::span<const double> p, std::span<double> f,
                std::span<double> fy, std::span<double> fp) const override {
        model_->linear(outside(y), p, f, fy, fp);
        leave(f, fy, fp);
    }

    void linear_in(std::span<const double> y, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<double> f, std::span<double> fy,
                   std::span<double> fp) const override {
        model_->linear_in(outside(y), p, free, f, fy, fp);
        leave(f, fy, fp);
    }

    void along(std::span<const double> y, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        model_->along(outside(y), p, outside(v), q, out);
        divide(out);
    }

    bool enclose(std::span<const enclosed> y, std::span<const enclosed> p,
                 std::span<enclosed> out) const override {
        std::vector<enclosed> x(y.begin(), y.end());
        for (std::size_t i = 0; i < x.size(); ++i) x[i] *= units_[i];
        if (!model_->enclose(x, p, out)) return false;
        for (std::size_t i = 0; i < x.size(); ++i) out[i] /= units_[i];
        return true;
    }

    void loads(std::span<const double> y, std::span<const double> p,
               std::span<double> out) const override {
        model_->loads(outside(y), p, out);
    }

    double most_load() const override { return model_->most_load(); }

    double state_scale(std::span<const double> /*p*/) const override { return 1; }

    std::pair<double, double> state_bounds(std::span<const double> p) const override {
        const auto [low, high] = model_->state_bounds(p);
        const double least = *std::min_element(units_.begin(), units_.end());
        if (!std::isfinite(low) || !std::isfinite(high)) return unbounded();
        return {std::min(low, 0.0) / least, std::max(high, 0.0) / least};
    }

    bool rest(std::span<const double> loads, std::span<const double> p,
              std::span<double> out) const override {
        if (!model_->rest(loads, p, out)) return false;
        divide(out);
        return true;
    }

    bool initial(std::span<double> out) const override {
        if (!model_->initial(out)) return false;
        divide(out);
        return true;
    }

private:
    /// Directions may be longer: what they say of parameters is given apart.
    [[nodiscard]] std::vector<double> outside(std::span<const double> y) const {
        std::vector<double> x(units_.size());
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = y[i] * units_[i];
        return x;
    }

    void leave(std::span<double> f, std::span<double> fy, std::span<double> fp) const {
        divide(f);
        divide(fp);
        divide(fy);
        for (std::size_t k = 0; k < fy.size(); ++k) fy[k] *= units_[k / units_.size()];
    }

    /// Column by column.
    void divide(std::span<double> columns) const {
        for (std::size_t start = 0; start < columns.size(); start += units_.size())
            for (std::size_t i = 0; i < units_.size(); ++i) columns[start + i] /= units_[i];
    }

    std::shared_ptr<const field> model_;
    std::vector<double> units_;
};

}  // namespace

problem in_units(const problem& at, std::vector<double> units) {
    return {std::make_shared<field_in_units>(at.model, std::move(units)), at.parameters};
}

}  // namespace moebius
