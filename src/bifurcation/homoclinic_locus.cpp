// SPDX-License-Identifier: MIT
#include "homoclinic_locus.hpp"

#include <cmath>
#include <complex>
#include <limits>
#include <moebius/base/view.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/solve/spectrum.hpp>
#include <optional>
#include <utility>

#include "cycle_locus.hpp"
#include "fixed_period_curve.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double passes_by = 0.02;  // distance from the saddle against the cycle's size, at most

/// The saddle that an orbit passes.
struct passed_saddle {
    double distance;           // of the orbit's slowest point, against its size
    complex stable, unstable;  // leading eigenvalues: those nearest to zero on either side
};

/// Nothing if there is no saddle where the orbit is slowest.
std::optional<passed_saddle> saddle_of(const problem& at, const MatrixXd& points) {
    const Index n = points.rows();
    VectorXd f(n), slowest(n);
    double least = std::numeric_limits<double>::infinity();
    for (Index k = 0; k < points.cols(); ++k) {
        const VectorXd x = points.col(k);
        at.model->rhs(view(x), at.parameters, view(f));
        if (!(f.norm() < least)) continue;
        least = f.norm();
        slowest = x;
    }
    const auto rest = steady_state(at).newton(slowest);
    if (!rest) return std::nullopt;
    MatrixXd fx(n, n), fp(n, static_cast<Index>(at.parameters.size()));
    at.model->linear(view(*rest), at.parameters, view(f), view(fx), view(fp));
    passed_saddle found{};
    const double size = (points.colwise() - points.rowwise().mean()).colwise().norm().maxCoeff();
    found.distance = (*rest - slowest).norm() / size;
    bool stable = false, unstable = false;
    for (const complex z : eigenvalues(fx)) {  // by falling real part
        if (z.real() > 0) found.unstable = z;
        if (z.real() < 0 && !stable) found.stable = z;
        unstable = unstable || z.real() > 0;
        stable = stable || z.real() < 0;
    }
    if (!stable || !unstable || !(found.distance < passes_by)) return std::nullopt;
    return found;
}

class homoclinics final : public cycle_locus<fixed_period_curve> {
public:
    homoclinics(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
                const special_point& start, const continuation_options& options,
                const watch& progress)
        : cycle_locus(to, fixed_period_curve(base, ranges, *start.cycle, start.turn), "homoclinic",
                      start, options, progress,
                      {"distance", "stable_re", "stable_im", "unstable_re", "unstable_im"}) {}

private:
    [[nodiscard]] VectorXd guess() override {
        const auto& cycle = *start_.cycle;
        const piecewise whole_cycle = piecewise_of(cycle);
        problem there = curve_.base();
        there.parameters = start_.parameters;
        if (!saddle_of(there, whole_cycle.values)) return {};
        return curve_.scale(folded(whole_cycle, curve_.beyond()), cycle.period, start_.parameters);
    }

    [[nodiscard]] std::vector<test_function> tests() override { return {}; }
    std::optional<stop_reason> meet(walk& /*along*/, const bracket& /*seen*/) override {
        return std::nullopt;
    }
    [[nodiscard]] bool holds(const curve_point& at) override {
        return saddle_of(curve_.problem_at(at.u), whole(at.u).values).has_value();
    }

    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) override {
        const problem at = curve_.problem_at(u);
        const piecewise values = whole(u);
        auto row = facts(at, values, curve_.period(u));
        constexpr double none = std::numeric_limits<double>::quiet_NaN();
        const auto saddle =
            saddle_of(at, values.values).value_or(passed_saddle{none, {none, none}, {none, none}});
        for (const double value :
             {saddle.distance, saddle.stable.real(), std::abs(saddle.stable.imag()),
              saddle.unstable.real(), std::abs(saddle.unstable.imag())})
            row.push_back(value);
        return row;
    }
};

}  // namespace

void add_homoclinic_branch(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    homoclinics(to, at, ranges, start, options, progress).both_ways();
}

}  // namespace moebius::detail
