// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/tracer.hpp>

namespace moebius {

/// The folds of cycles of a problem as two parameters vary: the equations F of a cycle, and g = 0
/// of the bordered system
///
///     [ F_y   F_p d ] [ v ]   [ 0 ]
///     [ c^T   0     ] [ g ] = [ 1 ]
///
/// where y is the cycle with its period, and d a direction of the two parameters. g vanishes
/// exactly where F_y is singular, and v spans its null space there. The border F_p d leaves the
/// range of F_y at every fold, cusps included, while d is near the normal of the curve in the
/// plane of parameters: `adapt` makes it that, and c the last v.
///
/// The derivative of g is -w^T F'' v, w from the transposed system, up to terms that vanish with g.
/// @source Govaerts, section 3.2 (minimally augmented systems); Doedel, Govaerts & Kuznetsov, SIAM
///         J. Numer. Anal. 41 (2003) 401 (for cycles by collocation)
class cycle_fold_curve final : public curve, public cycle_equations, private linearization {
public:
    /// @param ranges  two of them
    /// @throws as cycle_equations
    cycle_fold_curve(const problem& base, const std::vector<parameter_range>& ranges,
                     const orbit& start);

    [[nodiscard]] Eigen::Index unknowns() const override { return size(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override { return *this; }

    /// Takes the borders from the null vectors near u; to be called now and then, and after each
    /// rebase.
    /// @return false if a number is not finite
    [[nodiscard]] bool adapt(const Eigen::VectorXd& u);

    /// How g changes along the critical direction where the curve was last linearized: the
    /// coefficient of the fold but for a positive factor that depends on c. Zero at a cusp.
    [[nodiscard]] double quadratic() const noexcept { return quadratic_; }

private:
    /// Borders by c and across d, and solves for v, g and w.
    void solve();

    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override { solve_bordered(b); }
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override;

    Eigen::VectorXd c_;       // of unit length, zero along the parameters
    Eigen::Vector2d d_;       // of unit length
    Eigen::VectorXd v_, w_;   // v with g d in the parameters' places; w with the rows' parts last
    Eigen::VectorXd change_;  // derivative of g
    Eigen::VectorXd row_;     // the border last factored
    double quadratic_ = 0;
};

}  // namespace moebius
