// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/tracer.hpp>

namespace moebius {

/// The cycles of a problem as one parameter varies.
class cycle_curve final : public curve, public cycle_equations, private linearization {
public:
    /// @throws as cycle_equations
    cycle_curve(const problem& base, const parameter_range& range, const orbit& start,
                const rotation& turn = {})
        : cycle_equations(base, {range}, start, turn) {}

    [[nodiscard]] Eigen::Index unknowns() const override { return size(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override {
        return evaluate(u, f);
    }
    [[nodiscard]] linearization& derivative() override { return *this; }
    [[nodiscard]] bounded_part bounded() const override { return {coordinate(0), 1}; }
    [[nodiscard]] bool is_weighted() const override { return true; }
    [[nodiscard]] bool is_costly() const override { return true; }

private:
    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override { solve_bordered(b); }
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override;

    Eigen::VectorXd row_;  // the border last factored
};

}  // namespace moebius
