// SPDX-License-Identifier: MIT
#include "multiple_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/bifurcation/bifurcation_curve.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>
#include <numbers>
#include <optional>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using values = std::vector<std::complex<double>>;

constexpr double together = 1e-7;  // real parts, against |f_x|, that vanish together
constexpr double one_crossing_rate =
    1e-6;  // relative difference of frequencies that symmetry makes one

/// By falling real part.
values spectrum_at(equilibrium_curve& curve, const VectorXd& u) {
    VectorXd f(u.size() - 1);
    static_cast<void>(curve.linearize(u, f));
    auto all = curve.terms().spectrum();
    std::sort(all.begin(), all.end(), [](auto l, auto r) { return l.real() > r.real(); });
    return all;
}

std::size_t unstable(const values& all) {
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](auto value) { return value.real() > 0; }));
}

/// The mean real part of some of the eigenvalues: smooth where they cross together.
double mean_real(const values& all, std::size_t first, std::size_t count) {
    double sum = 0;
    for (std::size_t i = first; i < first + count; ++i) sum += all[i].real();
    return sum / static_cast<double>(count);
}

/// What is between two neighbours on a branch, where Newton's method must leave the directions
/// alone in which the branch is singular: symmetry keeps it on the branch along them.
class stretch {
public:
    stretch(equilibrium_curve& curve, const curve_point& a, const curve_point& b)
        : curve_(curve), a_(a), b_(b), length_((b.u - a.u).norm()) {
        for (const auto* end : {&a, &b}) {
            spectrum_at(curve, end->u);
            size_ = std::max(size_, curve.terms().jacobian_norm());
        }
    }

    [[nodiscard]] double size() const { return size_; }  ///< of f_x at the ends

    /// At a share of the way, with the tangent of the interpolant.
    [[nodiscard]] curve_point at(double t) const {
        const VectorXd chord = b_.u - a_.u;
        curve_point point;
        point.u = a_.u + (3 - 2 * t) * t * t * chord +
                  length_ * ((1 - t) * (1 - t) * t * a_.tangent - (1 - t) * t * t * b_.tangent);
        point.tangent = (6 * t * (1 - t) * chord + length_ * ((3 * t - 1) * (t - 1) * a_.tangent +
                                                              (3 * t - 2) * t * b_.tangent))
                            .normalized();
        const Index n = point.u.size() - 1;
        const VectorXd& units = curve_.units().units();
        MatrixXd bordered(n + 1, n + 1);
        VectorXd f(n), right(n + 1);
        for (int step = 0; step < corrections; ++step) {
            static_cast<void>(curve_.linearize(point.u, f));
            bordered << curve_.terms().jacobian(), curve_.terms().by_parameters(),
                point.tangent.transpose();
            bordered.topRows(n) = bordered.topRows(n) * units.asDiagonal();
            right << f, 0;
            if (!bordered.allFinite()) break;
            point.u -= least_squares(bordered, right, singular);
        }
        return point;
    }

    /// Where the mean of some real parts vanishes, if it has opposite signs at the ends.
    [[nodiscard]] std::optional<curve_point> zero_of(std::size_t first, std::size_t count) const {
        const auto value = [&](double t) {
            return mean_real(spectrum_at(curve_, t == 0   ? a_.u
                                                 : t == 1 ? b_.u
                                                          : at(t).u),
                             first, count);
        };
        const double low = value(0), high = value(1);
        if (low == 0 || high == 0 || (low > 0) == (high > 0)) return std::nullopt;
        std::uintmax_t evaluations = 60;
        const auto [left, right] = boost::math::tools::toms748_solve(
            value, 0.0, 1.0, low, high, boost::math::tools::eps_tolerance<double>(52), evaluations);
        return at(std::abs(value(left)) <= std::abs(value(right)) ? left : right);
    }

private:
    static constexpr int corrections = 4;
    static constexpr double singular = 1e-5;  // pivots below this share belong to the crossing

    equilibrium_curve& curve_;
    const curve_point &a_, &b_;
    double length_, size_ = 0;
};

/// Those of [first, first + count) that vanish at a point; none if some turn and others do not: a
/// pair that passes a mode so slow that it seems to vanish all the time.
joint_crossing those_at_zero(equilibrium_curve& curve, const curve_point& at, std::size_t first,
                             std::size_t count, double zero) {
    const values all = spectrum_at(curve, at.u);
    joint_crossing found{at, first, 0, false};
    std::size_t turning = 0;
    for (std::size_t i = first; i < first + count; ++i) {
        if (std::abs(all[i].real()) > zero) {
            if (found.count == 0) ++found.first;
            continue;
        }
        ++found.count;
        if (std::abs(all[i].imag()) > zero) ++turning;
    }
    found.oscillates = turning > 0;
    if (found.oscillates && turning < found.count) found.count = 0;
    return found;
}

}  // namespace

std::vector<joint_crossing> find_joint_crossings(equilibrium_curve& curve, const curve_point& a,
                                                 const curve_point& b) {
    const std::size_t before = unstable(spectrum_at(curve, a.u));
    const std::size_t after = unstable(spectrum_at(curve, b.u));
    const std::size_t first = std::min(before, after), end = std::max(before, after);
    std::vector<joint_crossing> found;
    if (end < first + 2) return found;
    const stretch between(curve, a, b);
    const double zero = together * between.size();
    for (std::size_t i = first; i < end; ++i) {
        const auto one = between.zero_of(i, 1);
        if (!one) continue;
        const auto near = those_at_zero(curve, *one, first, end - first, zero);
        if (near.count < (near.oscillates ? 4U : 2U)) continue;
        const auto all = between.zero_of(near.first, near.count);
        const auto exact = those_at_zero(curve, all ? *all : *one, near.first, near.count, zero);
        if (exact.count != near.count) continue;
        found.push_back(exact);
        i = std::max(i, exact.first + exact.count - 1);
    }
    return found;
}

special_point described(equilibrium_curve& curve, const joint_crossing& crossing) {
    const values all = spectrum_at(curve, crossing.at.u);
    auto point =
        point_at(*curve.base().model, crossing.oscillates ? point_type::HB : point_type::BP,
                 curve.state(), curve.parameters());
    double omega = 0, slower = std::numeric_limits<double>::infinity();
    for (std::size_t i = crossing.first; i < crossing.first + crossing.count; ++i) {
        point.residual = std::max(point.residual, std::abs(all[i].real()));
        omega = std::max(omega, std::abs(all[i].imag()));
        slower = std::min(slower, std::abs(all[i].imag()));
    }
    const std::size_t pairs = crossing.count / 2;
    point.multiplicity = static_cast<int>(crossing.oscillates ? pairs : crossing.count);
    if (crossing.count == 4 && crossing.oscillates && slower < (1 - one_crossing_rate) * omega) {
        point.type = point_type::HH;
        point.multiplicity = 1;
        point.normal_form = {{"omega", omega}, {"omega_2", slower}};
        return point;
    }
    if (crossing.oscillates) {
        point.normal_form = {{"omega", omega}, {"period", 2 * std::numbers::pi / omega}};
        return point;
    }
    const auto k = static_cast<Index>(crossing.count);
    const MatrixXd kernel = svd(curve.terms().jacobian()).v.rightCols(k);
    for (Index j = 0; j < k; ++j)
        for (Index i = 0; i < kernel.rows(); ++i)
            point.normal_form.emplace_back(fmt::format("kernel_{}_{}", j + 1, i + 1), kernel(i, j));
    return point;
}

}  // namespace moebius
