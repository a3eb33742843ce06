// SPDX-License-Identifier: MIT
#include "cycle_switch.hpp"

#include <cmath>
#include <moebius/solve/linearization.hpp>
#include <utility>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int inverse_steps = 3;        // the matrix is singular up to the error of the point
constexpr double singular = 1e-4;       // of a unit vector's image that counts as none
constexpr double standstill = 1e-6;     // of the parameter along a tangent; less is rounding
constexpr double most_aligned = 0.999;  // two tangents' product beyond which they are one

/// The last singular vector of the bordered matrix, right or left, by inverse iteration.
VectorXd least_vector(cycle_curve& curve, const VectorXd& row, bool left) {
    curve.border(row.transpose());
    VectorXd v = generic_vector(curve.size()).normalized();
    for (int k = 0; k < inverse_steps; ++k)
        for (const bool transposed : {!left, left}) {
            VectorXd next = v;
            if (transposed)
                curve.solve_bordered_transposed(next);
            else
                curve.solve_bordered(next);
            if (!next.allFinite()) return v;  // exactly singular: v is as good as can be
            v = next.normalized();
        }
    return v;
}

struct null_space {
    VectorXd a, b, left;
};

/// Two null vectors of DF and its left one, where u was evaluated.
null_space null_space_of(cycle_curve& curve) {
    null_space found;
    found.a = least_vector(curve, generic_vector(curve.size()), false);
    found.b = least_vector(curve, found.a, false);
    found.left = least_vector(curve, found.a, true);
    found.left[curve.size() - 1] = 0;  // of the border
    return found;
}

/// Without the rounding of a parameter or a period that stand still.
VectorXd cleaned(VectorXd tangent) {
    if (std::abs(tangent[tangent.size() - 1]) < standstill) tangent[tangent.size() - 1] = 0;
    return tangent.normalized();
}

/// Whether DF has a second null vector: the cycle and its parameter, moved along it, stay cycles to
/// first order.
bool is_singular(cycle_curve& curve, const VectorXd& u, const VectorXd& along) {
    VectorXd here(curve.size() - 1), there(curve.size() - 1);
    constexpr double step = 1e-6;  // its square is below what is told apart
    const bool finite = curve.evaluate(u, here) && curve.evaluate(u + step * along, there);
    const bool nothing = finite && (there - here).norm() < singular * step;
    return curve.evaluate(u, here) && nothing;
}

}  // namespace

std::optional<crossing_tangents> tangents_at_crossing(cycle_curve& curve, const VectorXd& u) {
    VectorXd f(curve.size() - 1);
    if (!curve.evaluate(u, f)) return std::nullopt;
    const auto [a, b, left] = null_space_of(curve);
    if (!is_singular(curve, u, a) || !is_singular(curve, u, b)) return std::nullopt;
    // q(alpha a + beta b) = 0 for q = left . F''
    const double aa = curve.bent_along(u, left, a), bb = curve.bent_along(u, left, b);
    const double ab = (curve.bent_along(u, left, a + b) - aa - bb) / 2;
    const double discriminant = ab * ab - aa * bb;
    if (!(discriminant > 0)) return std::nullopt;
    // the larger of the two factors first: roots alpha : beta = -s : aa and bb : -s
    const double s = ab + std::copysign(std::sqrt(discriminant), ab);
    crossing_tangents found{cleaned(-s * a + aa * b), cleaned(bb * a - s * b)};
    if (std::abs(found.first.dot(found.second)) > most_aligned) return std::nullopt;
    return found;
}

orbit doubled(const orbit& cycle) {
    orbit twice = cycle;
    twice.period = 2 * cycle.period;
    const std::size_t points = cycle.times.size(), n = cycle.states.size() / points;
    for (double& t : twice.times) t /= 2;
    for (std::size_t k = 1; k < points; ++k) twice.times.push_back((1 + cycle.times[k]) / 2);
    twice.states.insert(twice.states.end(), cycle.states.begin() + static_cast<std::ptrdiff_t>(n),
                        cycle.states.end());
    return twice;
}

std::optional<VectorXd> doubling_tangent(cycle_curve& curve, const VectorXd& u) {
    VectorXd f(curve.size() - 1);
    if (!curve.evaluate(u, f)) return std::nullopt;
    const auto [a, b, left] = null_space_of(curve);
    const auto odd = [&](const VectorXd& v) {  // halves that differ, and nothing else
        piecewise whole = unfolded(curve.values(v));
        const Index half = (whole.values.cols() - 1) / 2;
        const MatrixXd apart =
            (whole.values.leftCols(half) - whole.values.middleCols(half, half)) / 2;
        whole.values << apart, -apart, apart.leftCols(1);
        return curve.scale_change(folded(whole, curve.beyond()), 0, VectorXd::Zero(1));
    };
    const VectorXd of_a = odd(a), of_b = odd(b);
    const VectorXd tangent = (of_a.norm() > of_b.norm() ? of_a : of_b).normalized();
    if (!tangent.allFinite() || !is_singular(curve, u, tangent)) return std::nullopt;
    return tangent;
}

}  // namespace moebius::detail
