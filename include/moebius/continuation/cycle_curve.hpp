// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/continuation/collocation.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/continuation/tracer.hpp>
#include <moebius/model/field.hpp>
#include <moebius/solve/cyclic_chain.hpp>
#include <vector>

namespace moebius {

/// The cycles x' = T f(x, p), x(0) = x(1) of a problem as one parameter varies, by collocation with
/// polynomials at the Gauss points of a mesh, and an integral phase condition.
///
/// Unknowns are the values at the base points, the period T and the parameter p, scaled so that
/// Euclid's norm is that of the function in L2, in units of field::state_scale; T is in units of
/// the period at the last rebase and p runs from 0 to scaling::whole over its range.
///
/// @cost   a linear solve takes O(L (n m)^3) for L intervals of degree m
/// @source de Boor & Swartz, SIAM J. Numer. Anal. 10 (1973) 582; Doedel, Keller & Kernevez, Int. J.
///         Bifurcation and Chaos 1 (1991) 745
class cycle_curve final : public curve, private linearization {
public:
    /// @param start  a cycle or a guess of one; its mesh is taken
    /// @throws invalid_argument for a bad range, an unknown name, or an orbit of other sizes
    cycle_curve(const problem& base, const parameter_range& range, const orbit& start);

    [[nodiscard]] Eigen::Index unknowns() const override;
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override { return *this; }

    /// u for values on the present mesh, a period and the value of the parameter.
    [[nodiscard]] Eigen::VectorXd scale(const piecewise& values, double period, double p) const;
    /// The direction that belongs to changes of these.
    [[nodiscard]] Eigen::VectorXd scale_change(const piecewise& values, double period,
                                               double p) const;
    [[nodiscard]] piecewise values(const Eigen::VectorXd& u) const;
    [[nodiscard]] double period(const Eigen::VectorXd& u) const;
    [[nodiscard]] double parameter(const Eigen::VectorXd& u) const;

    /// Makes u the cycle from which phases are measured, on a mesh of so many intervals that suits
    /// it; u and the direction are carried over to the new unknowns.
    void rebase(Eigen::VectorXd& u, Eigen::VectorXd& direction, Eigen::Index intervals);

    /// Floquet multipliers at the last solve: by falling modulus, the trivial one among them.
    [[nodiscard]] std::vector<std::complex<double>> multipliers() const {
        return chain_.multipliers();
    }

    [[nodiscard]] const problem& base() const noexcept { return base_; }
    [[nodiscard]] std::size_t varied() const noexcept { return varied_; }

private:
    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override;
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override;

    void set_mesh(const piecewise& reference, double period);
    bool condense(Eigen::Index interval, const piecewise& at, double period,
                  Eigen::Ref<Eigen::VectorXd> residual);

    problem base_;
    parameter_range range_;
    std::size_t varied_;
    gauss_basis basis_;
    Eigen::VectorXd breaks_;
    Eigen::VectorXd units_;  // of all unknowns
    Eigen::MatrixXd phase_;  // of the phase condition. Shape (n, intervals * degree)

    struct condensed {
        Eigen::PartialPivLU<Eigen::MatrixXd> inner;  // of the later points of the interval
        Eigen::MatrixXd outer;                       // these by (x_j, T, p)
    };
    std::vector<condensed> intervals_;
    Eigen::VectorXd row_;   // the border last factored,
    Eigen::MatrixXd rows_;  // and with it the phase condition, units taken away
    cyclic_chain chain_;
};

}  // namespace moebius
