// SPDX-License-Identifier: MIT
// Hopf points on a branch.
#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

#include "fixed_space.hpp"

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr double one_rate = 1e-6;  // relative difference of frequencies that symmetry makes one

/// The real parts of the pairs, falling.
std::vector<double> heights_of_pairs(const std::vector<std::complex<double>>& values) {
    std::vector<double> heights;
    for (const auto& value : values)
        if (value.imag() > 0) heights.push_back(value.real());
    std::sort(heights.rbegin(), heights.rend());
    return heights;
}

std::size_t unstable_ones(const std::vector<std::complex<double>>& values) {
    return static_cast<std::size_t>(std::count_if(
        values.begin(), values.end(), [](const auto& value) { return value.real() > 0; }));
}

std::size_t unstable_pairs(const std::vector<std::complex<double>>& values) {
    return static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(),
                      [](const auto& value) { return value.real() > 0 && value.imag() > 0; }));
}

/// Two pairs cross at one point: one point of more pairs where a symmetry makes them so, which
/// gives them one frequency, else a double Hopf point.
/// @param apart  eigenvalues that the known point does not have yet
void join_pairs(special_point& known, const special_point& other,
                const std::vector<std::complex<double>>& apart) {
    const double first = coefficient_of(known, "omega").value_or(0);
    const double second = coefficient_of(other, "omega").value_or(0);
    known.eigenvalues.insert(known.eigenvalues.end(), apart.begin(), apart.end());
    known.residual = std::max(known.residual, other.residual);
    if (std::abs(first - second) <= one_rate * first) {
        known.multiplicity += other.multiplicity;
        return;
    }
    known.type = point_type::HH;
    known.criticality.clear();
    known.normal_form = {{"omega", std::max(first, second)}, {"omega_2", std::min(first, second)}};
}

}  // namespace

/// Adds a Hopf point, of the groups or of what differs within one of them.
void fixed_space::handle_oscillation(const bracket& seen, const curve_point& at,
                                     std::optional<std::size_t> group, recorder& rows) {
    extras_at(at.u);
    curve_.units().unscale(at.u, x_, p_);
    problem here = base();
    here.parameters = p_;
    std::vector<double> x = x_;
    if (group) {  // one member against the rest: there the pair is simple
        const cell_field& coarse = *base().model->cells();
        here = regrouped(here, moebius::split(coarse.groups(), *group, 1));
        x = regrouped_state(coarse, *here.model->cells(), x_);
    }
    const double omega = hopf_frequency(group ? within(at, *group) : curve_.terms().jacobian());
    if (omega == 0) return;  // a neutral saddle
    const auto hopf = find_hopf(here, range_, x, here.parameters, omega);
    if (!hopf) return;
    explained_ += 2;
    const std::size_t free = curve_.units().free()[0];
    p_[free] = hopf->parameters[free];
    VectorXd u = at.u;
    u[n_] = curve_.units().scale(x_, p_)[n_];
    if (!group) {  // what a step lost may be seen one step late, in a dip
        const double rate = coefficient_of(*hopf, "omega").value_or(omega);
        if (std::any_of(oscillations_.begin(), oscillations_.end(), [&](const auto& known) {
                return (known.first - u).norm() < same_point &&
                       std::abs(known.second - rate) <= one_rate * rate;
            }))
            return;
        oscillations_.emplace_back(u, rate);
    }
    add_oscillation(*hopf, u, group, seen.arc + (u - seen.a.u).norm(), rows);
}

void fixed_space::add_oscillation(const special_point& hopf, const VectorXd& u,
                                  std::optional<std::size_t> group, double arc, recorder& rows) {
    auto point = point_here(point_type::HB, u);
    point.normal_form = hopf.normal_form;
    point.criticality = hopf.criticality;
    point.residual = std::max(point.residual, hopf.residual);
    std::vector<std::complex<double>> apart;
    if (group) {
        const auto& members = base().model->cells()->groups().groups[*group];
        point.multiplicity = static_cast<int>(members.size()) - 1;
        apart = eigenvalues(within({u, {}, 0}, *group));
    }
    if (special_point* known = met_at(u, point_type::HB, rows))
        return join_pairs(*known, point, apart);
    point.eigenvalues.insert(point.eigenvalues.end(), apart.begin(), apart.end());
    rows.add(arc, u, extras_at(u), std::move(point));
}

/// Hopf points within the last step that its tests did not see: where a neutral saddle lies beside
/// one, no sign changes. A step in which pairs become real, too, is halved until one of them is
/// left.
void fixed_space::find_lost_pairs(walk& along, const curve_point& a, const curve_point& b,
                                  double arc, int halvings) {
    const auto spectrum_at = [&](const curve_point& at) {
        extras_at(at.u);
        return eigenvalues(curve_.terms().jacobian());
    };
    const auto at_a = spectrum_at(a), at_b = spectrum_at(b);
    const auto difference = [](std::size_t l, std::size_t r) {
        return std::max(l, r) - std::min(l, r);
    };
    const std::size_t pairs_a = unstable_pairs(at_a), pairs_b = unstable_pairs(at_b);
    const std::size_t change = difference(unstable_ones(at_a), unstable_ones(at_b));
    if (change < 2) return;
    if (change > 2 * difference(pairs_a, pairs_b) && halvings > 0) {
        const auto middle = along.trace().between(a, b, 0.5);
        if (!middle) return;
        find_lost_pairs(along, a, *middle, arc, halvings - 1);
        return find_lost_pairs(along, *middle, b, arc + (middle->u - a.u).norm(), halvings - 1);
    }
    for (std::size_t k = std::min(pairs_a, pairs_b); k < std::max(pairs_a, pairs_b); ++k) {
        const auto at = along.trace().locate(a, b, [&](const curve_point& point) {
            const auto all = heights_of_pairs(spectrum_at(point));
            return k < all.size() ? all[k] : -1.0;
        });
        if (at) handle_oscillation({point_type::HB, 0, a, b, arc}, *at, {}, along.rows());
    }
}

}  // namespace moebius
