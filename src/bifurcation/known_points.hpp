// SPDX-License-Identifier: MIT
// What a diagram has seen already, so that nothing is followed twice.
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/tracer.hpp>
#include <string>
#include <vector>

namespace moebius {

inline constexpr double same_point = 1e-6;  ///< scaled distance within which two points are one
inline constexpr double at_a_multiple_root = 1e-4;  ///< the same where f is of third order

/// Whether u belongs to the stretch of a branch from a to b: Newton's method may go elsewhere.
[[nodiscard]] bool lies_between(const curve_point& a, const curve_point& b,
                                const Eigen::VectorXd& u);

/// Ends, branch points and branches of one curve's space, in scaled unknowns.
class known_points {
public:
    /// A branch point; its label comes when the branch on which it was met is finished.
    struct crossing {
        std::string label;
        Eigen::VectorXd u;
        std::vector<Eigen::VectorXd> ways;  ///< tangents along which to leave it
        bool left = false;                  ///< branches on which groups part here were begun
        /// Signs of the difference of two groups that join here, by which branches came.
        std::vector<int> sides;
    };

    void add_end(const Eigen::VectorXd& u) { ends_.push_back(u); }
    [[nodiscard]] bool is_end(const Eigen::VectorXd& u) const;

    crossing& add_crossing(const Eigen::VectorXd& u);
    [[nodiscard]] std::vector<crossing>& crossings() noexcept { return crossings_; }
    /// The crossing at u; null if none is known there.
    [[nodiscard]] const crossing* crossing_at(const Eigen::VectorXd& u) const;
    /// The same, and a new one if none is known there.
    crossing& crossing_made(const Eigen::VectorXd& u);
    /// Whether a crossing lies within this scaled distance.
    [[nodiscard]] bool is_near_crossing(const Eigen::VectorXd& u, double distance) const;

    /// The points of a branch, in order.
    void add_branch(std::vector<Eigen::VectorXd> points);

    /// Whether a point of the curve lies on a known branch: in the plane through it across the
    /// chord of two neighbours, Newton's method from the chord must end in it, or shorter steps
    /// from one of them to the other must pass it.
    [[nodiscard]] bool is_on_branch(const Eigen::VectorXd& u, curve& followed) const;

    /// The point of each branch, as a polygon, that is nearest to u, if it is within reach.
    [[nodiscard]] std::vector<Eigen::VectorXd> nearest(const Eigen::VectorXd& u,
                                                       double reach) const;

    /// The smallest box that holds all branches, of which there are some.
    void span(Eigen::VectorXd& low, Eigen::VectorXd& high) const;
    [[nodiscard]] bool has_branches() const noexcept { return !branches_.empty(); }

private:
    std::vector<Eigen::VectorXd> ends_;
    std::vector<crossing> crossings_;
    struct polygon {
        std::vector<Eigen::VectorXd> points;
        std::vector<double> lengths;  ///< from each to the next
    };
    std::vector<polygon> branches_;
};

}  // namespace moebius
