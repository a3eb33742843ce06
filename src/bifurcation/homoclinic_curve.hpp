// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <complex>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/tracer.hpp>
#include <vector>

#include "truncated_orbit.hpp"

namespace moebius::detail {

/// The homoclinic orbits of a saddle as two parameters vary, by projection boundary conditions:
///
///     x' = T f(x, p),  f(s, p) = 0,  P_- (x(0) - s) = 0,  P_+ (x(1) - s) = 0
///
/// with P_+ and P_- the projections onto the saddle's unstable and stable subspace, so that the
/// orbit leaves along the one and comes back along the other. The time T is held until the ends
/// come too near the saddle or leave it; then the orbit is cut, or goes on by the linear flow.
///
/// Where ends are e from the saddle they err by e^2 and the parameters by some e^3 of their size.
/// An orbit with a rotation P goes from s to P s.
/// @source  Beyn, IMA J. Numer. Anal. 10 (1990) 379; Doedel & Friedman, J. Comput. Appl. Math. 26
///          (1989) 155; Champneys, Kuznetsov & Sandstede, Int. J. Bifurcation and Chaos 6 (1996)
///          867 (HomCont). Their subspaces are told by vectors; projections need no alignment.
class homoclinic_curve final : public curve, public cycle_equations, private linearization {
public:
    /// @param unstable  eigenvalues of the saddle with positive real part
    /// @throws as cycle_equations
    homoclinic_curve(const problem& base, const std::vector<parameter_range>& ranges,
                     const orbit& start, const rotation& turn, std::size_t unstable)
        : cycle_equations(base, ranges, start, turn, further::ends),
          period_(start.period),
          unstable_(unstable) {}

    [[nodiscard]] Eigen::Index unknowns() const override { return size(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override { return *this; }

    /// Takes rows for the two projections that suit u. @return false if there are none
    [[nodiscard]] bool adapt(const Eigen::VectorXd& u);
    /// An orbit that does not close has none.
    [[nodiscard]] static floquet_multipliers multipliers() { return {}; }
    /// As that of cycles, and the ends are as near the saddle as they should be.
    void rebase(Eigen::VectorXd& u, Eigen::VectorXd& direction, Eigen::Index intervals);

    /// u of an orbit on the present mesh and of its saddle.
    [[nodiscard]] Eigen::VectorXd scale_orbit(const piecewise& values, double period,
                                              const std::vector<double>& parameters,
                                              const Eigen::VectorXd& saddle) const;
    [[nodiscard]] saddle_point saddle(const Eigen::VectorXd& u) const;
    /// Eigenvalues of the saddle whose real part counts as positive.
    [[nodiscard]] std::size_t unstable() const noexcept { return unstable_; }

private:
    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override { solve_bordered(b); }
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override {
        return border_regularity() / row_.dot(tangent);
    }
    void project(const Eigen::VectorXd& u, const saddle_point& at, Eigen::VectorXd& f);

    double period_;
    std::size_t unstable_;
    Eigen::MatrixXd leaves_, returns_;  // rows of P_- and P_+. Shapes (n - unstable, n), (unstable,
                                        // n)
    Eigen::MatrixXd rows_;              // of T, of f(s, p) and of the projections, by u
    Eigen::VectorXd row_;               // the border last factored
};

}  // namespace moebius::detail
