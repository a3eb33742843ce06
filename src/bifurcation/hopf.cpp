// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>
#include <numbers>

#include "eigenpair.hpp"
#include "spectral_tests.hpp"

namespace moebius {
namespace {

using detail::singular_pair;
using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

using detail::i_unit;
constexpr double same_pair = 1e-6;  // eigenvalues this near to i omega, against |f_x|, are one

/// Linear terms at a point.
struct local_terms {
    VectorXd f;
    MatrixXd fx, fp;

    local_terms(const field& model, const std::vector<double>& x, const std::vector<double>& p)
        : f(static_cast<Index>(x.size())),
          fx(f.size(), f.size()),
          fp(f.size(), static_cast<Index>(p.size())) {
        model.linear(view(x), p, view(f), view(fx), view(fp));
    }
};

/// Columns f_xx(q, e_j) over the states and the free parameters. Shape (n, n + free)
MatrixXcd second_columns(const multilinear& forms, const VectorXcd& q, Index directions) {
    VectorXd re = VectorXd::Zero(directions), im = re;
    re.head(q.size()) = q.real();
    im.head(q.size()) = q.imag();
    MatrixXcd columns(q.size(), directions);
    for (Index j = 0; j < directions; ++j) {
        const VectorXd unit = VectorXd::Unit(directions, j);
        columns.col(j) = forms.second(re, unit) + i_unit * forms.second(im, unit);
    }
    return columns;
}

/// The square system (f, Re h, Im h) = 0 in the scaled unknowns (x, p) and omega / unit.
class hopf_system {
public:
    hopf_system(const problem& base, const parameter_range& range, double omega)
        : model_(*base.model),
          scaling_(base, {range}),
          x_(base.model->dimension()),
          p_(base.parameters),
          unit_(omega) {}

    [[nodiscard]] VectorXd start(const std::vector<double>& x) {
        VectorXd u(scaling_.units().size() + 1);
        u << scaling_.scale(x, p_), 1;
        const singular_pair near(detail::jacobian_at(model_, x, p_), i_unit * unit_);
        b_ = near.left;
        c_ = near.right;
        return u;
    }

    void evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
        const auto n = static_cast<Index>(x_.size());
        unscale(u);
        const local_terms at(model_, x_, p_);
        MatrixXcd bordered(n + 1, n + 1);
        bordered << detail::shifted(at.fx, i_unit * omega_), b_, c_.adjoint(), 0;
        const partial_lu<complex> lu(bordered);
        const VectorXcd right = lu.solve(VectorXcd::Unit(n + 1, n));
        const VectorXcd left = lu.solve_adjoint(VectorXcd::Unit(n + 1, n));
        const VectorXcd q = right.head(n), w = left.head(n);
        f << at.f, right[n].real(), right[n].imag();

        // dh = -w^H (d f_x - i d omega) q
        const multilinear forms(model_, x_, p_, scaling_.free());
        VectorXcd dh(n + 2);
        dh << -(w.adjoint() * second_columns(forms, q, n + 1)).transpose(), i_unit * w.dot(q);
        df.setZero();
        df.topLeftCorner(n, n) = at.fx;
        df.col(n).head(n) = at.fp.col(static_cast<Index>(scaling_.free()[0]));
        df.row(n) = dh.real().transpose();
        df.row(n + 1) = dh.imag().transpose();
        df.leftCols(n + 1) *= scaling_.units().asDiagonal();
        df.col(n + 1) *= unit_;
    }

    void unscale(const VectorXd& u) {
        scaling_.unscale(u, x_, p_);
        omega_ = u[u.size() - 1] * unit_;
    }

    [[nodiscard]] const std::vector<double>& state() const noexcept { return x_; }
    [[nodiscard]] const std::vector<double>& parameters() const noexcept { return p_; }
    [[nodiscard]] double omega() const noexcept { return omega_; }
    [[nodiscard]] std::span<const std::size_t> free() const noexcept { return scaling_.free(); }

private:
    const field& model_;
    scaling scaling_;
    std::vector<double> x_, p_;
    double unit_, omega_ = 0;
    VectorXcd b_, c_;
};

/// How fast the critical eigenvalue crosses as the parameter rises along the equilibria.
double crossing_speed(const hopf_system& at, const field& model) {
    const local_terms terms(model, at.state(), at.parameters());
    const singular_pair pair(terms.fx, i_unit * at.omega());
    const Index n = terms.f.size();
    VectorXd along(n + 1);
    along << -partial_lu<double>(terms.fx).solve(terms.fp.col(static_cast<Index>(at.free()[0]))), 1;
    const multilinear forms(model, at.state(), at.parameters(), at.free());
    const VectorXcd change = second_columns(forms, pair.right, n + 1) * along;
    return (pair.left.dot(change) / pair.left.dot(pair.right)).real();
}

/// Whether i omega is an eigenvalue of its own, away from zero and from others.
bool is_simple(const hopf_system& at, const field& model) {
    linear_terms terms(model, {});
    terms.evaluate(at.state(), at.parameters());
    const double size = terms.jacobian_norm(), omega = at.omega();
    if (!detail::is_pair(terms.jacobian(), omega, size)) return false;
    const double rate =
        oscillates(omega, size) ? size : omega;  // else a slow pair beside fast rates
    const auto& values = terms.spectrum();
    return std::count_if(values.begin(), values.end(), [&](complex value) {
               return std::abs(value - i_unit * omega) <= same_pair * rate;
           }) <= 1;
}

/// What rounding of the parameter changes l1 by: all of it where it is proportional to one that is
/// zero.
double change_by_rounding(double l1, const hopf_system& at, const field& model) {
    constexpr double lost = 1e-13;
    auto p = at.parameters();
    double& free = p[at.free()[0]];
    free += lost * std::max(1.0, std::abs(free));
    return std::abs(hopf_form_at(model, at.state(), p, at.omega()).l1 - l1);
}

special_point described(const field& model, const hopf_system& at) {
    auto point = point_at(model, point_type::HB, at.state(), at.parameters());
    const MatrixXd fx = detail::jacobian_at(model, at.state(), at.parameters());
    const singular_pair pair(fx, i_unit * at.omega());
    point.residual = std::max(point.residual, pair.value);
    auto form = hopf_form_at(model, at.state(), at.parameters(), at.omega());
    form.rounding += change_by_rounding(form.l1, at, model);
    point.normal_form = {{"omega", at.omega()},
                         {"period", 2 * std::numbers::pi / at.omega()},
                         {"l1", form.l1},
                         {"crossing", crossing_speed(at, model)}};
    point.criticality = form.criticality();
    return point;
}

}  // namespace

std::optional<special_point> find_hopf(const problem& base, const parameter_range& range,
                                       const std::vector<double>& x, const std::vector<double>& p,
                                       double omega_guess) {
    require("find_hopf").positive_and_finite("omega_guess", omega_guess);
    if (x.size() != base.model->dimension())
        throw invalid_argument(
            "find_hopf", fmt::format("the state has {} numbers", x.size()),
            fmt::format("{} has {} states", base.model->name(), base.model->dimension()));
    check_parameters(*base.model, p);
    problem here = base;
    here.parameters = p;
    hopf_system system(here, range, omega_guess);
    const auto found =
        newton([&](const VectorXd& u, VectorXd& f, MatrixXd& df) { system.evaluate(u, f, df); },
               system.start(x));
    if (!found) return std::nullopt;
    system.unscale(found.u);
    if (!is_simple(system, *here.model)) return std::nullopt;
    return described(*here.model, system);
}

VectorXcd critical_vector(const problem& at, const special_point& hopf) {
    check_start(*at.model, hopf, "critical_vector");
    const auto omega = coefficient_of(hopf, "omega");
    if (!omega)
        throw invalid_argument("critical_vector", fmt::format("{} came", hopf.label),
                               "a Hopf point with omega in its normal form is needed");
    const MatrixXd fx = detail::jacobian_at(*at.model, hopf.state, hopf.parameters);
    return singular_pair(fx, i_unit * *omega).right;
}

std::optional<double> coefficient_of(const special_point& point, std::string_view name) {
    for (const auto& [known, value] : point.normal_form)
        if (known == name) return value;
    return std::nullopt;
}

}  // namespace moebius
