// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/bifurcation/flip_curve.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/bifurcation/torus_curve.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

#include "eigenpair.hpp"
#include "map_tests.hpp"

namespace moebius {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double one_eigenvector = 1e-6;  // w^T v of unit vectors, below which -1 is double

/// The root of a curve's equations with one range, from what is near (x, p).
std::optional<newton_result> solved(bifurcation_curve& of, const std::vector<double>& x,
                                    const std::vector<double>& p) {
    special_point near;
    near.type = of.type();
    near.state = x;
    near.parameters = p;
    const VectorXd start = of.start(near);
    if (start.size() == 0) return std::nullopt;
    auto found =
        newton([&](const VectorXd& u, VectorXd& f, MatrixXd& df) { of.evaluate(u, f, df); }, start);
    if (!found) return std::nullopt;
    return found;
}

}  // namespace

std::optional<special_point> find_flip(const problem& base, double step,
                                       const parameter_range& range, const std::vector<double>& x,
                                       const std::vector<double>& p) {
    require("find_flip").positive_and_finite("step", step);
    problem here = base;
    here.parameters = p;
    flip_curve flips(here, step, {range});
    const auto found = solved(flips, x, p);
    if (!found) return std::nullopt;
    auto at_x = x, at_p = p;
    flips.units().unscale(found->u, at_x, at_p);
    const MatrixXd fx = detail::jacobian_at(*base.model, at_x, at_p);
    const auto null = null_vectors(step * fx + 2 * MatrixXd::Identity(fx.rows(), fx.cols()));
    const auto type = null.left.dot(null.right) < one_eigenvector ? point_type::R2 : point_type::PD;
    auto point = map_point_at(*base.model, step, type, at_x, at_p);
    point.residual = std::max(point.residual, found->residual);
    return point;
}

std::optional<special_point> find_torus(const problem& base, double step,
                                        const parameter_range& range, const std::vector<double>& x,
                                        const std::vector<double>& p) {
    require("find_torus").positive_and_finite("step", step);
    problem here = base;
    here.parameters = p;
    torus_curve tori(here, step, {range});
    const auto found = solved(tori, x, p);
    if (!found) return std::nullopt;
    const double theta = tori.theta(found->u), cosine = tori.cosine(found->u);
    const bool pair = std::sin(theta) > no_pair;
    if (!pair && std::abs(cosine) > 1 + no_pair * no_pair) return std::nullopt;  // neutral saddle
    auto at_x = x, at_p = p;
    tori.units().unscale(found->u, at_x, at_p);
    const auto together = cosine > 0 ? point_type::R1 : point_type::R2;
    auto point =
        map_point_at(*base.model, step, pair ? point_type::NS : together, at_x, at_p, theta);
    point.residual = std::max(point.residual, found->residual);
    return point;
}

}  // namespace moebius
