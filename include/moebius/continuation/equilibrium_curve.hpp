// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/continuation/tracer.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// The unknowns of a curve: the states in units of field::state_scale, then the free parameters,
/// each from 0 to `whole` over its range.
///
/// So a model and its rescaled copy give the same steps, a narrow window is as precise as a wide
/// one, and both ends of a range are met exactly.
class scaling {
public:
    static constexpr double whole = 20;

    /// @throws invalid_argument for a bad range, an unknown name, or a bad parameter of the problem
    scaling(const problem& base, const std::vector<parameter_range>& ranges);

    /// Sets x (n) and p (all parameters) from u; parameters that are not free keep their values.
    void unscale(const Eigen::VectorXd& u, std::vector<double>& x, std::vector<double>& p) const;
    [[nodiscard]] Eigen::VectorXd scale(std::span<const double> x, std::span<const double> p) const;

    /// Distances are multiplied by this, coordinate by coordinate.
    [[nodiscard]] const Eigen::VectorXd& units() const noexcept { return units_; }
    [[nodiscard]] std::span<const std::size_t> free() const noexcept { return free_; }
    [[nodiscard]] std::size_t states() const noexcept { return states_; }

private:
    std::size_t states_ = 0;
    std::vector<parameter_range> ranges_;
    std::vector<std::size_t> free_;
    Eigen::VectorXd units_;
};

/// The equilibria f(x, p) = 0 of a problem as one parameter varies; m = n.
class equilibrium_curve final : public curve {
public:
    equilibrium_curve(const problem& base, const parameter_range& range);

    [[nodiscard]] Eigen::Index unknowns() const override { return scaling_.units().size(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override { return *derivative_; }
    [[nodiscard]] bounded_part bounded() const override { return {unknowns() - 1, 1}; }

    [[nodiscard]] const problem& base() const noexcept { return base_; }
    [[nodiscard]] const scaling& units() const noexcept { return scaling_; }

    // Where the curve was last linearized, in the model's own units:
    [[nodiscard]] const std::vector<double>& state() const noexcept { return x_; }
    [[nodiscard]] const std::vector<double>& parameters() const noexcept { return p_; }
    [[nodiscard]] const linear_terms& terms() const noexcept { return terms_; }
    /// @param leading  how many eigenvalues are wanted
    [[nodiscard]] stability stability_here(std::size_t leading = 1) const {
        return terms_.stability_here(leading);
    }

private:
    problem base_;
    scaling scaling_;
    linear_terms terms_;
    std::unique_ptr<linearization> derivative_;
    std::vector<double> x_, p_;
};

}  // namespace moebius
