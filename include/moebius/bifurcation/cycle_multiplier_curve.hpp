// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/multiplier_system.hpp>
#include <moebius/continuation/tracer.hpp>

namespace moebius {

/// Cycles with a multiplier -1 (period doublings), with a pair on the unit circle (tori), or with a
/// second multiplier 1 that a symmetry keeps (branch points), as two parameters vary: the equations
/// F of a cycle, and g = 0 of a multiplier_system. For a pair one more unknown comes last in u: the
/// cosine of its angle.
///
/// At a branch point F is singular. There the last unknown is d, and the equations
///
///     F + d W = 0,  g = 0,  (W, x - x_0) = 0
///
/// with W the left null vector and x_0 the cycle of the last rebase. While a symmetry that W breaks
/// forces the branch point, cycles on the curve have no part along W, and d stays zero.
///
/// The curve of a pair is smooth where the cosine passes 1 or -1, and goes on as one of saddles
/// with two real multipliers whose product is 1. Of a cycle with a rotation, multipliers are those
/// of one of its parts.
/// @source Doedel, Govaerts & Kuznetsov, SIAM J. Numer. Anal. 41 (2003) 401
class cycle_multiplier_curve final : public curve, public cycle_equations, private linearization {
public:
    enum class kind { doubling, torus, crossing };

    /// @param ranges  two of them
    /// @throws as cycle_equations
    cycle_multiplier_curve(kind of, const problem& base, const std::vector<parameter_range>& ranges,
                           const orbit& start, const rotation& turn = {});

    [[nodiscard]] Eigen::Index unknowns() const override { return size() + pair_ - 1; }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override { return *this; }

    /// As cycle_equations::scale, with the cosine of the multiplier that is nearest to the unit
    /// circle there; empty if a number is not finite.
    [[nodiscard]] Eigen::VectorXd guess(const orbit& cycle, const std::vector<double>& parameters);
    /// As cycle_equations::rebase.
    void rebase(Eigen::VectorXd& u, Eigen::VectorXd& direction, Eigen::Index intervals);
    /// As cycle_fold_curve::adapt.
    [[nodiscard]] bool adapt(const Eigen::VectorXd& u);

    [[nodiscard]] kind of() const noexcept { return kind_; }
    [[nodiscard]] double cosine(const Eigen::VectorXd& u) const {
        return kind_ == kind::doubling ? -1 : kind_ == kind::crossing ? 1 : u[u.size() - 1];
    }
    /// d; zero but at branch points.
    [[nodiscard]] double imperfection(const Eigen::VectorXd& u) const {
        return kind_ == kind::crossing ? u[u.size() - 1] : 0;
    }

private:
    [[nodiscard]] bool evaluate_at(const Eigen::VectorXd& u, Eigen::Ref<Eigen::VectorXd> f);
    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override;
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override;

    kind kind_;
    Eigen::Index pair_;  // equations g: 1, or 2 for a pair
    multiplier_system system_;
    bool across_flow_ = false;
    Eigen::MatrixXd change_;   // derivative of g along u but for the cosine. Shape (pair, size)
    Eigen::Vector2d turning_;  // derivative of g along the cosine
    Eigen::VectorXd across_;   // the row (W, x), of unit length
    Eigen::VectorXd centre_;   // u at x_0
    Eigen::VectorXd row_;      // the border last factored
};

}  // namespace moebius
