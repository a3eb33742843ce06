// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/rotation.hpp>
#include <moebius/continuation/diagram.hpp>
#include <vector>

namespace moebius {

/// The points of an interval at which a polynomial solves the equations. Gauss's are the most
/// accurate, and decay of any rate takes at most the sign of what decays: over a step of z time
/// constants exp(-z) comes out as near 1 as z is large. Radau's have the interval's end among them
/// (or its beginning): what decays (or grows) faster than steps resolve vanishes (or diverges).
/// @source  Hairer & Wanner, Solving Ordinary Differential Equations II, sections IV.3 and IV.5
enum class node_rule : unsigned char { gauss, radau, mirrored_radau };

/// Polynomials of one interval [0, 1], given by their values at degree + 1 even base points, seen
/// at the points of a rule.
struct collocation_basis {
    Eigen::Index degree = 0;
    Eigen::VectorXd weights;  ///< of quadrature at the points. Shape (degree)
    Eigen::MatrixXd values;   ///< of the base polynomials there. Shape (degree, degree + 1)
    Eigen::MatrixXd slopes;   ///< their derivatives

    /// @throws invalid_argument unless 2 <= degree <= 7
    explicit collocation_basis(std::size_t degree, node_rule rule = node_rule::gauss);
};

/// Those of all rules.
class collocation_bases {
public:
    explicit collocation_bases(std::size_t degree)
        : gauss_(degree),
          radau_(degree, node_rule::radau),
          mirrored_(degree, node_rule::mirrored_radau) {}
    [[nodiscard]] const collocation_basis& of(node_rule rule) const {
        return rule == node_rule::gauss ? gauss_ : rule == node_rule::radau ? radau_ : mirrored_;
    }
    [[nodiscard]] Eigen::Index degree() const noexcept { return gauss_.degree; }

private:
    collocation_basis gauss_, radau_, mirrored_;
};

/// How a function on [0, 1] goes on beyond it: x(t + 1) = P x(t), where P takes the coordinate i to
/// image[i]; a function of period 1 if there is no P.
struct twist {
    std::vector<Eigen::Index> image = {};
    Eigen::Index order = 1;  ///< P^order = 1

    twist() = default;
    /// Of states in groups, each kind of all groups after the other (see cell_field).
    twist(const rotation& of_groups, std::size_t states);

    [[nodiscard]] Eigen::MatrixXd applied(const Eigen::MatrixXd& x) const;  ///< P x
    [[nodiscard]] Eigen::MatrixXd undone(const Eigen::MatrixXd& x) const;   ///< P^-1 x
};

/// Piecewise polynomials on a mesh of [0, 1], periodic or not.
struct piecewise {
    Eigen::VectorXd breaks;  ///< ends of the intervals, 0 = first < ... < last = 1
    Eigen::Index degree = 4;
    Eigen::MatrixXd values;             ///< at the base points. Shape (n, intervals * degree + 1)
    twist beyond = {};                  ///< if it is periodic but for that
    std::vector<node_rule> rules = {};  ///< by which each interval was solved; none: Gauss's

    [[nodiscard]] Eigen::Index intervals() const noexcept { return breaks.size() - 1; }
    /// Of an interval, the last one at -1 and the first one at intervals().
    [[nodiscard]] node_rule rule(Eigen::Index interval) const {
        if (rules.empty()) return node_rule::gauss;
        return rules[static_cast<std::size_t>((interval + intervals()) % intervals())];
    }
    [[nodiscard]] Eigen::VectorXd at(double t) const;
};

[[nodiscard]] piecewise piecewise_of(const orbit& cycle);
/// @throws invalid_argument if the orbit's sizes do not belong together
void check_orbit(const orbit& cycle, std::size_t states);
[[nodiscard]] orbit orbit_of(const piecewise& values, double period);

/// The periodic function that goes on from a part as the part says, of its `order` parts; and the
/// first part of one that does.
[[nodiscard]] piecewise unfolded(const piecewise& part);
[[nodiscard]] piecewise folded(const piecewise& periodic, const twist& beyond);

/// The error of collocation within each interval, h^(m+1) |u^(m+1)| but for a constant of order
/// 1e-3: the (m+1)-st derivative from the jumps of the m-th between intervals. Shape (intervals).
/// @param damped_counts  times that where fast modes are damped, since no point is better there
/// @source  Ascher, Christiansen & Russell, ACM TOMS 7 (1981) 209 (COLSYS), section 3
[[nodiscard]] Eigen::VectorXd interval_errors(const piecewise& periodic, double damped_counts = 1);

/// A mesh of as many intervals as asked on which these errors are alike.
[[nodiscard]] Eigen::VectorXd equidistributed(const piecewise& periodic, Eigen::Index intervals,
                                              double damped_counts = 1);

/// How much a cycle's halves differ, at even times. Shape (n, times)
[[nodiscard]] Eigen::MatrixXd halves_apart(const piecewise& cycle);
/// Whether they do by less than a tenth of how far the cycle is from its mean.
[[nodiscard]] bool has_alike_halves(const piecewise& cycle);
/// A mesh like that one, of an even number of intervals, whose halves are the same.
[[nodiscard]] Eigen::VectorXd with_alike_halves(const Eigen::VectorXd& breaks);

/// The same function by its values on another mesh.
[[nodiscard]] piecewise resampled(const piecewise& from, const Eigen::VectorXd& breaks);

}  // namespace moebius
