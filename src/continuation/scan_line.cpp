// SPDX-License-Identifier: MIT
#include "scan_line.hpp"

#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <optional>
#include <utility>

namespace moebius {

using Eigen::VectorXd;

namespace {

constexpr double scan_spacing = 0.1;       // of the state scale
constexpr std::size_t fewest_cells = 64;   // of a scan
constexpr std::size_t most_cells = 20000;  // beyond it the spacing widens

/// f and the slope f' of a scalar problem.
struct scalar_field {
    const problem& base;
    mutable std::vector<double> fp = std::vector<double>(base.parameters.size());

    std::pair<double, double> operator()(double x) const {
        double f = 0, fx = 0;
        base.model->linear(view(x), base.parameters, view(f), view(fx), fp);
        return {f, fx};
    }
    double value(double x) const {
        double f = 0;
        base.model->rhs(view(x), base.parameters, view(f));
        return f;
    }
};

/// The root between two points of opposite sign, to rounding.
double root_between(const scalar_field& f, double a, double b, double fa, double fb) {
    std::uintmax_t evaluations = 100;
    const auto [low, high] = boost::math::tools::toms748_solve(
        [&](double x) { return f.value(x); }, a, b, fa, fb,
        boost::math::tools::eps_tolerance<double>(52), evaluations);
    return std::abs(f.value(low)) <= std::abs(f.value(high)) ? low : high;
}

/// Where |f| is smallest between a and b, if it looks like touching or crossing zero there.
std::optional<double> dip_between(const scalar_field& f, double a, double b, double sign) {
    const auto [x, low] = boost::math::tools::brent_find_minima(
        [&](double at) { return sign * f.value(at); }, a, b, 40);
    if (low > 0) return std::nullopt;
    return x;
}

/// A value and the slope of f at a place.
struct sample {
    double x, f, slope;
    [[nodiscard]] bool is_number() const { return std::isfinite(f) && !std::isnan(slope); }
};

/// The roots between two neighbouring samples: one where f changes sign, two where |f| dips to 0.
void add_roots(const scalar_field& f, const sample& a, const sample& b, std::vector<double>& to) {
    if (!a.is_number() || !b.is_number()) return;
    if (b.f == 0) {
        to.push_back(b.x);
    } else if (a.f * b.f < 0) {
        to.push_back(root_between(f, a.x, b.x, a.f, b.f));
    } else if (a.f * b.f > 0 && a.f * a.slope < 0 && b.f * b.slope > 0) {  // |f| falls, then rises
        const auto dip = dip_between(f, a.x, b.x, a.f > 0 ? 1.0 : -1.0);
        if (!dip) return;
        const double fd = f.value(*dip);
        if (fd == 0) {
            to.push_back(*dip);
        } else {
            to.push_back(root_between(f, a.x, *dip, a.f, fd));
            to.push_back(root_between(f, *dip, b.x, fd, b.f));
        }
    }
}

/// The farthest from `from` on the way to a place at which f is no number, by halving.
template <typename At>
sample last_number(const At& sample_at, sample from, double beyond) {
    constexpr int most = 50;
    for (int k = 0; k < most; ++k) {
        const sample middle = sample_at((from.x + beyond) / 2);
        if (middle.is_number())
            from = middle;
        else
            beyond = middle.x;
    }
    return from;
}

}  // namespace

std::vector<VectorXd> scan_line(const problem& base, search_record& record, const watch& watched) {
    const scalar_field f{base};
    const double unit = base.model->state_scale(base.parameters);
    auto [low, high] = base.model->state_bounds(base.parameters);
    double named = 0;
    (void)base.model->initial({&named, 1});
    if (!std::isfinite(low)) low = std::min(named, 0.0) - unbounded_reach * unit;
    if (!std::isfinite(high)) high = std::max(named, 0.0) + unbounded_reach * unit;
    const double margin = unit + 1e-3 * (high - low);  // an equilibrium may sit on the bound
    low -= margin;
    high += margin;
    const auto cells = static_cast<std::size_t>(std::clamp((high - low) / (scan_spacing * unit),
                                                           static_cast<double>(fewest_cells),
                                                           static_cast<double>(most_cells)));
    std::vector<double> roots;
    const auto sample_at = [&](double x) {
        const auto [value, slope] = f(x);
        return sample{x, value, slope};
    };
    auto last = sample_at(low);
    bool all = last.is_number();
    for (std::size_t i = 1; i <= cells; ++i) {
        if (watched.stopping()) throw interrupted("find_equilibria");
        const auto next =
            sample_at(low + (high - low) * static_cast<double>(i) / static_cast<double>(cells));
        if (last.is_number() == next.is_number())
            add_roots(f, last, next, roots);
        else if (last.is_number())
            add_roots(f, last, last_number(sample_at, last, next.x), roots);
        else
            add_roots(f, last_number(sample_at, next, last.x), next, roots);
        last = next;
        all = all && next.is_number();
    }
    if (!all) ++record.not_finite;
    std::vector<VectorXd> result;
    result.reserve(roots.size());
    for (const double x : roots) result.push_back(VectorXd::Constant(1, x));
    return result;
}

}  // namespace moebius
