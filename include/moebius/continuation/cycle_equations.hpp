// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <cstddef>
#include <moebius/continuation/collocation.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <moebius/solve/condensed_block.hpp>
#include <moebius/solve/cyclic_chain.hpp>
#include <vector>

namespace moebius {

/// The cycles x' = T f(x, p), x(0) = x(1) of a problem as some parameters vary, by collocation with
/// polynomials at the Gauss points of a mesh, and an integral phase condition.
///
/// Unknowns are the values at the base points, the period T and the free parameters, scaled so that
/// Euclid's norm is that of the function in L2, in units of field::state_scale; T is in units of
/// the period at the last rebase and each parameter runs from 0 to scaling::whole over its range.
/// There are as many equations as unknowns but for the free parameters: borders make up for them.
///
/// Of a cycle with a rotation P of order k the unknowns are those of its first part, x' = T/k f and
/// x(1) = P x(0): the work is that of a k-th of its mesh.
///
/// Orbits whose ends need not meet go with the same equations: x(1) = P (x(0) - d) with the gap d
/// unknown, for which a derived class has as many more equations.
///
/// @cost   a linear solve takes O(L (n m)^3) for L intervals of degree m: the points within an
///         interval are eliminated by themselves, then the intervals one by one
/// @source de Boor & Swartz, SIAM J. Numer. Anal. 10 (1973) 582; Doedel, Keller & Kernevez, Int. J.
///         Bifurcation and Chaos 1 (1991) 745
class cycle_equations {
public:
    /// What is unknown besides values, period and parameters; it comes last.
    enum class further {
        nothing,
        imperfection,  ///< a force that the equations lack, of the shape that set_imperfection
                       ///< takes, so that they stay regular at branch points
        ends,          ///< the gap d (n) between the ends, and a state (n) at which they rest
    };

    /// @param ranges  of the free parameters, one at least
    /// @param start   a cycle or a guess of one; its mesh is taken
    /// @param turn    of the model's groups of cells, by which it goes on
    /// @throws invalid_argument for a bad range, an unknown name, or an orbit of other sizes
    cycle_equations(const problem& base, const std::vector<parameter_range>& ranges,
                    const orbit& start, const rotation& turn = {}, further more = further::nothing);

    [[nodiscard]] Eigen::Index size() const noexcept { return units_.size(); }  ///< unknowns

    /// Sets the residuals, collocation first, and prepares the derivative at u.
    /// Shapes: u (size), f (size - free parameters).
    /// @return false if a number is not finite
    [[nodiscard]] bool evaluate(const Eigen::VectorXd& u, Eigen::Ref<Eigen::VectorXd> f);
    /// Where it was last evaluated; of no size before.
    [[nodiscard]] const Eigen::VectorXd& evaluated_at() const noexcept { return evaluated_at_; }

    /// Factors [DF; rows] where it was last evaluated. Shape: rows (free parameters, size)
    void border(const Eigen::MatrixXd& rows);
    /// Overwrites b (size) with the solution for it; not finite if the matrix is singular.
    void solve_bordered(Eigen::VectorXd& b) const;
    /// The same for the transposed matrix.
    void solve_bordered_transposed(Eigen::VectorXd& b) const;
    /// Of the bordered matrix, as linearization::regularity.
    [[nodiscard]] double border_regularity() const noexcept { return chain_.regularity(); }

    /// Floquet multipliers where it was last evaluated; of the map P^-1 over one part of a cycle
    /// with a rotation, whose powers of its order are those of the whole cycle.
    struct floquet_multipliers {
        std::vector<std::complex<double>> others;  ///< by falling modulus; empty if not known
        double trivial = 1;                        ///< that of the flow, to be 1; NaN then
        double divergence = 0;  ///< log of the modulus of their product, by Liouville's formula
        /// Of the logarithm: far from the unit circle, 1e6 or 1e-6.
        static constexpr double far = 14;
        struct far_ones {
            std::ptrdiff_t within = 0, outside = 0;
            bool negative = false;  ///< one of them is
        };
        /// How many are so.
        [[nodiscard]] far_ones far_off() const;
        bool resolved = true;  ///< false if the mesh is too coarse for a mode (see node_rule)
    };
    /// The flow's direction is known at every mesh point, so that the maps between them are taken
    /// across it, and their product has the other multipliers alone (see product_eigenvalues): that
    /// of the flow cannot be mixed up with another one that passes 1 or changes by orders. Beside
    /// modes that intervals do not resolve the one farthest from 1 is told by Liouville's formula.
    [[nodiscard]] floquet_multipliers multipliers() const;

    /// u for values on the present mesh (of the first part), a period and parameters (all of the
    /// model's); the state at which ends rest is left at zero.
    [[nodiscard]] Eigen::VectorXd scale(const piecewise& values, double period,
                                        const std::vector<double>& parameters) const;
    /// The direction that belongs to changes of these; p (free parameters).
    [[nodiscard]] Eigen::VectorXd scale_change(const piecewise& values, double period,
                                               const Eigen::VectorXd& p) const;
    [[nodiscard]] piecewise values(const Eigen::VectorXd& u) const;
    [[nodiscard]] double period(const Eigen::VectorXd& u) const;  ///< of the whole cycle
    /// The problem with the parameters of u.
    [[nodiscard]] problem problem_at(const Eigen::VectorXd& u) const;
    /// Where in u the k-th free parameter stands.
    [[nodiscard]] Eigen::Index coordinate(std::size_t k) const noexcept {
        return phase_.size() + 1 + static_cast<Eigen::Index>(k);
    }
    /// Where the gap between the ends stands in u; behind it, the state at which they rest.
    [[nodiscard]] Eigen::Index gap_at() const noexcept { return coordinate(free_.size()); }
    /// What the coordinates of u are multiplied with. Shape (size)
    [[nodiscard]] const Eigen::VectorXd& units() const noexcept { return units_; }

    /// How the next meshes treat modes that decay or grow fast.
    struct fast_modes {
        double from =
            15;  ///< time constants in an interval, from which on Radau's points are taken
        double counts = 1;  ///< of an interval's error there: its mesh is finer
    };
    void treat(const fast_modes& as) { fast_ = as; }
    /// The points of collocation that suit u on the present mesh.
    void take_points_for(const Eigen::VectorXd& u);

    /// Makes u the cycle from which phases are measured, on a mesh of so many intervals that suits
    /// it; u and the direction are carried over to the new unknowns.
    void rebase(Eigen::VectorXd& u, Eigen::VectorXd& direction, Eigen::Index intervals);

    /// y . F''(z, z) of the second derivative at u, z along all unknowns. Shapes: u, z (size), y
    /// (size or more: what comes after collocation is not used).
    [[nodiscard]] double bent_along(const Eigen::VectorXd& u, const Eigen::VectorXd& y,
                                    const Eigen::VectorXd& z) const;

    [[nodiscard]] const problem& base() const noexcept { return base_; }
    [[nodiscard]] Eigen::Index degree() const noexcept { return bases_.degree(); }
    [[nodiscard]] const rotation& turn() const noexcept { return turn_; }
    [[nodiscard]] const twist& beyond() const noexcept { return beyond_; }
    /// Positions of the free parameters among the model's.
    [[nodiscard]] const std::vector<std::size_t>& free() const noexcept { return free_; }

protected:
    /// Of the values and the time of a part.
    struct timed {
        piecewise values;
        double period;
    };
    /// The same where the orbit and the direction's were changed first.
    void rebase(Eigen::VectorXd& u, Eigen::VectorXd& direction, const timed& now,
                const timed& change, Eigen::Index intervals);

    /// Equations of collocation, before that of the phase.
    [[nodiscard]] Eigen::Index collocations() const noexcept { return phase_.size(); }
    /// What the last unknown is multiplied with in them: zero after a rebase.
    void set_imperfection(const Eigen::VectorXd& of) { imperfection_ = of; }
    /// The row of unknowns x that gives the integral of w . x over the cycle. Shape: w, by the
    /// equations of collocation at the Gauss points, their weights in it
    [[nodiscard]] Eigen::VectorXd projection_on(const Eigen::VectorXd& w) const;

    /// A change of a cycle's values at all base points (n, intervals * degree + 1), which need not
    /// come back to their first one, and of its period.
    struct variation {
        Eigen::MatrixXd values;
        double stretch = 0;
    };
    /// Of a direction along all unknowns. Shape: z (size)
    [[nodiscard]] variation variation_of(const Eigen::VectorXd& z) const;
    /// The row y . F''(z, .) of the second derivative at u. Shapes: u, result (size), y (the rows
    /// of collocation or more: what comes after them is not used).
    [[nodiscard]] Eigen::VectorXd bent(const Eigen::VectorXd& u, const Eigen::VectorXd& y,
                                       const variation& z) const;

    /// Where it was last evaluated: the intervals, solved for their later points, and the flow at
    /// the mesh points (n, intervals), of any length.
    [[nodiscard]] const std::vector<condensed_block>& intervals() const noexcept {
        return intervals_;
    }
    [[nodiscard]] const Eigen::MatrixXd& flow() const noexcept { return flow_; }

private:
    void set_mesh(const piecewise& reference, double period);
    void judge(floquet_multipliers& found) const;
    bool condense(Eigen::Index interval, const piecewise& at, double length, double force,
                  double* residual);
    [[nodiscard]] double duration(const Eigen::VectorXd& u) const;  // of a part
    [[nodiscard]] Eigen::Index extra() const noexcept {             // unknowns besides the values
        const Eigen::Index last = more_ == further::nothing        ? 0
                                  : more_ == further::imperfection ? 1
                                                                   : 2 * states();
        return 1 + static_cast<Eigen::Index>(free_.size()) + last;
    }
    [[nodiscard]] Eigen::Index states() const {
        return static_cast<Eigen::Index>(base_.model->dimension());
    }
    [[nodiscard]] bool has_ends() const noexcept { return more_ == further::ends; }
    [[nodiscard]] Eigen::VectorXd gap_of(const piecewise& values) const;

    problem base_;
    std::vector<parameter_range> ranges_;
    std::vector<std::size_t> free_;
    rotation turn_;
    twist beyond_;
    further more_;
    [[nodiscard]] const collocation_basis& basis(Eigen::Index interval) const {
        return bases_.of(rules_.empty() ? node_rule::gauss
                                        : rules_[static_cast<std::size_t>(interval)]);
    }

    collocation_bases bases_;
    fast_modes fast_;
    std::vector<node_rule> rules_;  // of the intervals; none: Gauss's, as beside a saddle at ends
    Eigen::VectorXd breaks_;
    Eigen::VectorXd units_;         // of all unknowns
    Eigen::MatrixXd phase_;         // of the phase condition. Shape (n, intervals * degree)
    Eigen::VectorXd phase_of_gap_;  // and of the gap; (0) if there is none
    double phase_value_ = 0;        // what it is to be

    Eigen::VectorXd evaluated_at_;
    Eigen::VectorXd imperfection_;            // of the equations of collocation, or empty
    std::vector<condensed_block> intervals_;  // the later points of each by (x_j, T, p)
    std::vector<Eigen::MatrixXd> growths_;    // integral of f_x over each. Shape (n, n)
    Eigen::MatrixXd flow_;                    // f at the mesh points. Shape (n, intervals)
    Eigen::MatrixXd rows_;    // the phase condition and the borders, units taken away
    Eigen::MatrixXd folded_;  // what an interval adds to them of (x_j, T, p)
    cyclic_chain chain_;
    struct node {  // a Gauss point
        Eigen::VectorXd x, slope, f;
        Eigen::MatrixXd fx, fp;
    };
    node node_;
};

}  // namespace moebius
