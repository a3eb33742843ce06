// SPDX-License-Identifier: MIT
// Hopf points on a branch.
#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

#include "fixed_space.hpp"
#include "spectral_tests.hpp"

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr int most_halvings = 6;   // of a step in which pairs cross both ways
constexpr double one_rate = 1e-6;  // relative difference of frequencies that symmetry makes one

/// Whether pairs cross the imaginary axis both ways, each taken to become what is nearest to it.
bool exchange_sides(const spectrum_values& from, const spectrum_values& to) {
    bool up = false, down = false;
    for (const auto& value : from) {
        if (!(value.imag() > 0)) continue;
        const auto next = *std::min_element(to.begin(), to.end(), [&](auto l, auto r) {
            return std::norm(l - value) < std::norm(r - value);
        });
        up |= value.real() < 0 && next.real() > 0;
        down |= value.real() > 0 && next.real() < 0;
    }
    return up && down;
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
/// @param omega  its frequency; 0: a neutral saddle, which is none
void fixed_space::handle_oscillation(const bracket& seen, const curve_point& at, double omega,
                                     std::optional<std::size_t> group, recorder& rows) {
    if (omega == 0) return;
    curve_.units().unscale(at.u, x_, p_);
    problem here = base();
    here.parameters = p_;
    std::vector<double> x = x_;
    if (group) {  // one member against the rest: there the pair is simple
        const cell_field& coarse = *base().model->cells();
        here = regrouped(here, moebius::split(coarse.groups(), *group, 1));
        x = regrouped_state(coarse, *here.model->cells(), x_);
    }
    const auto hopf = find_hopf(here, range_, x, here.parameters, omega);
    if (!hopf) return;
    const std::size_t free = curve_.units().free()[0];
    p_[free] = hopf->parameters[free];
    VectorXd u = at.u;
    u[n_] = curve_.units().scale(x_, p_)[n_];
    if (!group) {  // what a step lost may be seen one step late, in a dip
        const double rate = coefficient_of(*hopf, "omega").value_or(omega);
        note_passed({u, at.tangent, at.regularity}, {{0, rate}, {0, -rate}});
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

/// By how many the counts differ at least.
std::size_t fixed_space::counted::from(const counted& other) const {
    return least > other.most ? least - other.most : other.least - std::min(most, other.least);
}

/// Where the curve was linearized last.
fixed_space::counted fixed_space::counted_here(const curve_point& at) {
    counted here;
    count_here(at, here);
    return here;
}

/// The same into what has the room already.
void fixed_space::count_here(const curve_point& at, counted& to) {
    to.at = at;
    to.values = curve_.terms().spectrum();
    to.least = to.most = static_cast<std::size_t>(std::count_if(
        to.values.begin(), to.values.end(), [](const auto& value) { return value.real() > 0; }));
}

/// @param critical  eigenvalues at this special point that are zero or +-i omega up to rounding
void fixed_space::note_passed(const curve_point& at, const spectrum_values& critical) {
    if (is_real()) return;
    evaluate(at.u);
    auto others = curve_.terms().spectrum();
    for (const auto& value : critical) others = without(others, value);
    const auto unstable = static_cast<std::size_t>(std::count_if(
        others.begin(), others.end(), [](const auto& value) { return value.real() > 0; }));
    passed_.push_back({at, unstable, unstable + critical.size()});
}

/// Finds what else changed the number of unstable eigenvalues within the last step: from each point
/// that it met to the next they must be as many.
void fixed_space::explain_step(walk& along) {
    if (!before_) return;
    const counted &a = *before_, &b = here_;
    const auto way = [&](const counted& each) { return (each.at.u - a.at.u).dot(b.at.u - a.at.u); };
    const auto met = [&] {
        std::erase_if(passed_, [&](const counted& each) { return way(each) <= 0; });  // seen late
        std::stable_sort(passed_.begin(), passed_.end(),
                         [&](const counted& l, const counted& r) { return way(l) < way(r); });
        std::vector<counted> points{a};
        points.insert(points.end(), passed_.begin(), passed_.end());
        points.push_back(b);
        return points;
    };
    if (passed_.empty() && a.from(b) == 0) return find_exchanged(along, a, b, most_halvings);
    auto points = met();
    const auto is_explained = [&] {
        return std::adjacent_find(points.begin(), points.end(),
                                  [](auto& l, auto& r) { return l.from(r) > 0; }) == points.end();
    };
    if (is_explained()) return find_exchanged(along, a, b, most_halvings);
    for (const auto& found : find_joint(a.at, b.at)) handle_joint(found, along);
    points = met();
    for (std::size_t k = 1; k < points.size(); ++k)
        find_lost_pairs(along, points[k - 1], points[k]);
    points = met();
    if (!is_explained()) ++result_.search.not_located;
}

/// Hopf points between two neighbours that no test saw: where a neutral saddle lies beside one, no
/// sign changes. The k-th largest real part is continuous, whatever pairs part or meet.
void fixed_space::find_lost_pairs(walk& along, const counted& a, const counted& b) {
    const auto [first, last] =
        a.most < b.least ? std::pair(a.most, b.least) : std::pair(b.most, a.least);
    const double arc = along.arc() - (along.trace().current().u - a.at.u).norm();
    for (std::size_t k = first; k < last; ++k) {
        const auto kth = [&](const curve_point& at) {
            evaluate(at.u);
            return curve_.terms().spectrum()[k];
        };
        const auto at = along.trace().locate(
            a.at, b.at, [&](const curve_point& point) { return kth(point).real(); });
        if (!at) continue;
        const double omega = std::abs(kth(*at).imag());
        handle_oscillation({point_type::HB, 0, a.at, b.at, arc}, *at, omega, {}, along.rows());
    }
}

/// Pairs that cross opposite ways leave as many unstable ones: the step is halved until a point
/// between them has another number.
void fixed_space::find_exchanged(walk& along, const counted& a, const counted& b, int halvings) {
    if (halvings == 0 || !exchange_sides(a.values, b.values)) return;
    const auto at = along.trace().between(a.at, b.at, 0.5);
    if (!at) return;
    evaluate(at->u);
    const counted middle = counted_here(*at);
    for (const auto& [from, to] : {std::pair(&a, &middle), std::pair(&middle, &b)})
        if (from->from(*to) > 0)
            find_lost_pairs(along, *from, *to);
        else
            find_exchanged(along, *from, *to, halvings - 1);
}

}  // namespace moebius
