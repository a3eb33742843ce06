// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/tracer.hpp>

namespace moebius::detail {

/// The cycles of one period as two parameters vary. A period much longer than the times in which
/// states leave a saddle makes them stand for its homoclinic orbit: they differ by exp(-T lambda),
/// lambda the smallest rate there.
/// @source Doedel & Kernevez 1986, section 3.6; Kuznetsov (3rd ed.), section 10.3.3
class fixed_period_curve final : public curve, public cycle_equations, private linearization {
public:
    /// @throws as cycle_equations
    fixed_period_curve(const problem& base, const std::vector<parameter_range>& ranges,
                       const orbit& start, const rotation& turn)
        : cycle_equations(base, ranges, start, turn), period_(start.period) {}

    [[nodiscard]] Eigen::Index unknowns() const override { return size(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override {
        if (!evaluate(u, f.head(size() - 2))) return false;
        f[size() - 2] = period(u) / period_ - 1;
        return true;
    }
    [[nodiscard]] linearization& derivative() override { return *this; }
    [[nodiscard]] bool adapt(const Eigen::VectorXd& /*u*/) const { return true; }

private:
    void factor(const Eigen::VectorXd& row) override {
        row_ = row;
        const Eigen::Index at = coordinate(0) - 1;
        Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(2, size());
        rows(0, at) = period(Eigen::VectorXd::Unit(size(), at)) / period_;
        rows.row(1) = row.transpose();
        border(rows);
    }
    void solve_in_place(Eigen::VectorXd& b) const override { solve_bordered(b); }
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override {
        return border_regularity() / row_.dot(tangent);
    }

    double period_;
    Eigen::VectorXd row_;  // the border last factored
};

}  // namespace moebius::detail
