// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/continuation/equilibrium_curve.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

scaling::scaling(const problem& base, const std::vector<parameter_range>& ranges)
    : states_(base.model->dimension()), ranges_(ranges) {
    check_parameters(*base.model, base.parameters);
    const double state = base.model->state_scale(base.parameters);
    units_ = VectorXd::Constant(static_cast<Index>(states_ + ranges.size()), state);
    for (std::size_t k = 0; k < ranges.size(); ++k) {
        check_range(ranges[k]);
        free_.push_back(base.index_of(ranges[k].name));
        units_[static_cast<Index>(states_ + k)] = (ranges[k].to - ranges[k].from) / whole;
    }
}

void scaling::unscale(const VectorXd& u, std::vector<double>& x, std::vector<double>& p) const {
    for (std::size_t i = 0; i < states_; ++i) {
        const auto j = static_cast<Index>(i);
        x[i] = u[j] * units_[j];
    }
    for (std::size_t k = 0; k < free_.size(); ++k) {
        const double share = u[static_cast<Index>(states_ + k)] / whole;
        p[free_[k]] = std::lerp(ranges_[k].from, ranges_[k].to, share);
    }
}

VectorXd scaling::scale(std::span<const double> x, std::span<const double> p) const {
    VectorXd u(units_.size());
    for (std::size_t i = 0; i < states_; ++i) u[static_cast<Index>(i)] = x[i];
    for (std::size_t k = 0; k < free_.size(); ++k)
        u[static_cast<Index>(states_ + k)] = p[free_[k]] - ranges_[k].from;
    return u.cwiseQuotient(units_);
}

equilibrium_curve::equilibrium_curve(const problem& base, const parameter_range& range)
    : base_(base),
      scaling_(base, {range}),
      terms_(*base_.model, {scaling_.free()[0]}),
      derivative_(terms_.new_linearization()),
      x_(base.model->dimension()),
      p_(base.parameters) {}

bool equilibrium_curve::linearize(const VectorXd& u, VectorXd& f) {
    scaling_.unscale(u, x_, p_);
    const bool finite = terms_.evaluate(x_, p_);
    terms_.fill(*derivative_, scaling_.units(), {});
    f = terms_.f();
    return finite;
}

}  // namespace moebius
