// SPDX-License-Identifier: MIT
#include <moebius/base/constants.hpp>
#include <moebius/bifurcation/bifurcation_curve.hpp>

namespace moebius {

using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr std::size_t whole_spectrum = 1024;  // states; beyond it O(n^2) would be felt
constexpr std::size_t leading_few = 16;       // eigenvalues that are told there

}  // namespace

bifurcation_curve::bifurcation_curve(const problem& base,
                                     const std::vector<parameter_range>& ranges)
    : base_(base),
      scaling_(base, ranges),
      terms_(*base_.model, {scaling_.free().begin(), scaling_.free().end()}),
      x_(base.model->dimension()),
      p_(base.parameters) {}

bool bifurcation_curve::linearize(const VectorXd& u, VectorXd& f) {
    MatrixXd df(unknowns() - 1, unknowns());
    evaluate(u, f, df);
    static_cast<dense_linearization&>(derivative()).matrix() = df;
    return f.allFinite() && df.allFinite();
}

linearization& bifurcation_curve::derivative() {
    if (!derivative_) derivative_ = std::make_unique<dense_linearization>(unknowns());
    return *derivative_;
}

VectorXd bifurcation_curve::crossing_tangent(const VectorXd& /*u*/) { return {}; }

std::optional<VectorXd> bifurcation_curve::refined_end(const VectorXd& /*u*/) {
    return std::nullopt;
}

bool bifurcation_curve::holds_at(const VectorXd& /*u*/) { return true; }

bool bifurcation_curve::terms_at(const VectorXd& u) {
    scaling_.unscale(u, x_, p_);
    return terms_.evaluate(x_, p_);
}

void bifurcation_curve::not_finite(VectorXd& f, MatrixXd& df) {
    f.setConstant(not_a_number);
    df.setConstant(not_a_number);
}

VectorXd bifurcation_curve::along_states(const VectorXd& v) const {
    VectorXd direction = VectorXd::Zero(scaling_.units().size());
    direction.head(v.size()) = v;
    return direction;
}

special_point point_at(const field& model, point_type type, const std::vector<double>& x,
                       const std::vector<double>& p) {
    linear_terms terms(model, {});
    terms.evaluate(x, p);
    special_point point;
    point.type = type;
    point.state = x;
    point.parameters = p;
    point.eigenvalues =
        terms.stability_here(x.size() <= whole_spectrum ? x.size() : leading_few).leading;
    point.residual = terms.f().lpNorm<Eigen::Infinity>();
    return point;
}

}  // namespace moebius
