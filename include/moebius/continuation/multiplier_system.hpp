// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/collocation.hpp>
#include <moebius/solve/condensed_block.hpp>
#include <moebius/solve/cyclic_chain.hpp>
#include <vector>

namespace moebius {

/// Whether a cycle has the multipliers of a small matrix K (q, q): the bordered system
///
///     V' = T f_x V + f tau^T - sum_b g_b Phi_b,   V(1) = P V(0) K^T,   (Psi_b, V) = s_b
///
/// for V (n, q) along the cycle and g (q), with s a unit vector. g vanishes where the multipliers
/// of K are among those of the cycle, and V spans the perturbations that grow by them. K = (-1)
/// makes a period doubling, and K = (0 1; -1 2 cos a), whose multipliers are exp(+-i a), a torus:
/// its equations are real and regular at a = 0 and pi, too, where the pair comes together.
///
/// The flow has the multiplier 1. Where that is near those of K the system is taken across the
/// flow: tau (q) is unknown, and V has no part along f; else tau = 0.
///
/// @source Doedel, Govaerts & Kuznetsov, SIAM J. Numer. Anal. 41 (2003) 401 (bordered systems of
///         PD and NS by collocation); Govaerts, section 4.3 (the two equations of a pair)
/// @cost   that of a cycle_equations of q n states
class multiplier_system {
public:
    /// @param states  n
    /// @param pair    q, 1 or 2
    multiplier_system(Eigen::Index states, Eigen::Index pair, const twist& beyond);

    /// Borders without a pattern. @param equations  of collocation, and `intervals` of the mesh
    void start_borders(Eigen::Index equations, Eigen::Index intervals);
    /// Phi and Psi from the solutions of the system that was factored last.
    void adapt_borders(const std::vector<condensed_block>& intervals);

    /// @param intervals  solved for their later points by (x_j, T, ...)
    /// @param flow       f at the mesh points. Shape (n, intervals)
    /// @param inverse    of K
    void factor(const std::vector<condensed_block>& intervals, const Eigen::MatrixXd& flow,
                const Eigen::MatrixXd& inverse, bool across_flow);

    struct solution {
        std::vector<Eigen::MatrixXd> values;  ///< V at all base points, (n, points + 1) each of q
        Eigen::VectorXd tau, g;               ///< Shapes (q)
    };
    /// For s the unit vector b.
    [[nodiscard]] solution solve(const std::vector<condensed_block>& intervals,
                                 Eigen::Index b = 0) const;

    /// What g_b changes by: by -W . r for r added to the equations of collocation, by end . x for
    /// x added to V(0) = ... at the closure.
    struct adjoint {
        Eigen::MatrixXd w;    ///< Shape (equations of collocation, q)
        Eigen::MatrixXd end;  ///< Shape (n, q)
    };
    [[nodiscard]] adjoint solve_transposed(const std::vector<condensed_block>& intervals,
                                           Eigen::Index b) const;

private:
    void respond(const condensed_block& interval, Eigen::Index j);
    [[nodiscard]] Eigen::MatrixXd link_of(const condensed_block& interval, Eigen::Index j) const;
    [[nodiscard]] Eigen::MatrixXd rows_of(const Eigen::MatrixXd& directions, Eigen::Index j) const;
    [[nodiscard]] Eigen::MatrixXd closed(const Eigen::MatrixXd& link) const;
    [[nodiscard]] Eigen::Index more() const noexcept { return across_flow_ ? 2 * q_ : q_; }

    Eigen::Index n_, q_;
    twist beyond_;
    bool across_flow_ = false;
    Eigen::MatrixXd inverse_;
    std::vector<Eigen::MatrixXd> phi_;        // (equations, q) each of q
    std::vector<Eigen::MatrixXd> psi_;        // at mesh points, (q n, intervals) each of q
    std::vector<Eigen::MatrixXd> responses_;  // of an interval to Phi_b in part c: column b q + c
    cyclic_chain chain_;
};

}  // namespace moebius
