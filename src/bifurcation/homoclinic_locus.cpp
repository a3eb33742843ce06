// SPDX-License-Identifier: MIT
#include "homoclinic_locus.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <optional>
#include <utility>

#include "cycle_locus.hpp"
#include "homoclinic_curve.hpp"
#include "truncated_orbit.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double jumps = 1e-3;   // of a test's values at the ends of a step: it does not vanish
constexpr double shrunk = 1e-3;  // of the largest orbit: the curve ends in a Bogdanov-Takens point
constexpr double axis = 1e-12;   // of an eigenvalue: a real one

bool is_pair(complex a) { return std::abs(a.imag()) > axis * std::abs(a); }

/// The leading eigenvalues, those nearest to the imaginary axis, on one side of it or the other.
struct leading {
    complex stable, unstable;
    /// Of the two nearest: positive if the nearest is real, negative if they are a pair.
    double stable_split = 1, unstable_split = 1;

    leading(const saddle_point& at, std::size_t up) {
        const auto& all = at.eigenvalues;
        unstable = all[up - 1];
        stable = all[up];
        if (up > 1) unstable_split = split(all[up - 1], all[up - 2]);
        if (up + 1 < all.size()) stable_split = split(all[up], all[up + 1]);
    }
    [[nodiscard]] double quantity() const { return stable.real() + unstable.real(); }
    [[nodiscard]] int pairs() const {
        return static_cast<int>(is_pair(stable)) + static_cast<int>(is_pair(unstable));
    }

private:
    static double split(complex a, complex b) {
        return is_pair(a) ? -4 * a.imag() * a.imag() : std::norm(a - b);
    }
};

class homoclinics final : public cycle_locus<homoclinic_curve> {
public:
    /// @param start  with the truncated orbit as its cycle and the saddle as its state
    homoclinics(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
                const special_point& start, std::size_t unstable,
                const continuation_options& options, const watch& progress)
        : cycle_locus(to, homoclinic_curve(base, ranges, *start.cycle, start.turn, unstable),
                      "homoclinic", start, options, progress,
                      {"distance", "stable_re", "stable_im", "unstable_re", "unstable_im",
                       "saddle_quantity", "saddle_foci"}) {}

private:
    [[nodiscard]] VectorXd guess() override {
        const auto& cycle = *start_.cycle;
        const VectorXd rest = Eigen::Map<const VectorXd>(start_.state.data(),
                                                         static_cast<Index>(start_.state.size()));
        return curve_.scale_orbit(folded(piecewise_of(cycle), curve_.beyond()), cycle.period,
                                  start_.parameters, rest);
    }

    [[nodiscard]] leading leading_at(const VectorXd& u) const {
        return {curve_.saddle(u), curve_.unstable()};
    }

    [[nodiscard]] std::vector<test_function> tests() override {
        const auto of = [this](auto value) {
            return [this, value](const curve_point& at) { return value(leading_at(at.u)); };
        };
        return {{point_type::NSS, of([](const leading& at) { return at.quantity(); })},
                {point_type::DRS, of([](const leading& at) { return at.stable_split; })},
                {point_type::DRU, of([](const leading& at) { return at.unstable_split; })},
                {point_type::NCH, of([](const leading& at) {
                     return std::min(-at.stable.real(), at.unstable.real());
                 })}};
    }

    /// What has the letters of several kinds of saddles.
    static point_type told(point_type type, const leading& at) {
        using enum point_type;
        if (type == NSS) return at.pairs() == 0 ? NSS : at.pairs() == 1 ? NSF : NFF;
        const bool stable = -at.stable.real() < at.unstable.real();
        if (type == NCH && is_pair(stable ? at.stable : at.unstable)) return SH;
        return type;
    }

    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        const auto at = along.locate(seen);
        if (!at) return std::nullopt;
        const auto& value = along.test(seen).value;
        const double ends = std::max(std::abs(value(seen.a)), std::abs(value(seen.b)));
        const double missed = std::abs(value(*at));
        if (missed > jumps * ends || !look_at(*at)) return std::nullopt;
        const saddle_point rest = curve_.saddle(at->u);
        auto point = described(told(seen.type, {rest, curve_.unstable()}), at->u, missed);
        point.state.assign(rest.x.begin(), rest.x.end());
        point.eigenvalues = rest.eigenvalues;
        rows_.add_row(seen.arc + (at->u - seen.a.u).norm(), row_at(at->u), std::move(point));
        // beyond it there is no saddle of this kind to come home to
        if (seen.type == point_type::NCH) return stop_reason::branch_point;
        return std::nullopt;
    }

    /// The curve comes to a Bogdanov-Takens point, where the orbit has no size.
    std::optional<stop_reason> overruns(walk& /*along*/) override {
        const VectorXd& u = trace_.current().u;
        const double size = size_around(curve_.saddle(u).x, curve_.values(u));
        largest_ = std::max(largest_, size);
        if (!(size > shrunk * largest_)) return stop_reason::branch_point;
        return std::nullopt;
    }

    void mark(const curve_point& at, VectorXd& to) override {
        const auto extremes = extremes_at(at.u);
        to.resize(std::ssize(extremes) + std::ssize(curve_.free()));
        to << Eigen::Map<const VectorXd>(extremes.data(), std::ssize(extremes)),
            at.u.segment(curve_.coordinate(0), std::ssize(curve_.free()));
    }

    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) override {
        const piecewise values = whole(u);
        auto row = facts(curve_.problem_at(u), values, curve_.period(u));
        const saddle_point rest = curve_.saddle(u);
        const leading at(rest, curve_.unstable());
        for (const double value :
             {ends_of(rest, curve_.values(u)).maxCoeff(), at.stable.real(),
              std::abs(at.stable.imag()), at.unstable.real(), std::abs(at.unstable.imag()),
              at.quantity(), static_cast<double>(at.pairs())})
            row.push_back(value);
        return row;
    }

    double largest_ = 0;
};

/// Truncated, as the special point from which `homoclinics` start.
void set_orbit(special_point& start, const piecewise& values, double period,
               const saddle_point& saddle) {
    const auto parts = static_cast<double>(values.beyond.order);
    carried_orbit orbit{values, Eigen::MatrixXd::Zero(1, values.values.cols()), period / parts};
    for (int pass = 0; pass < 4; ++pass) truncate(orbit, saddle, saddle.unstable());
    start.cycle = orbit_of(unfolded(orbit.values), orbit.time * parts);
    start.state.assign(saddle.x.begin(), saddle.x.end());
}

}  // namespace

void add_homoclinic_branch(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, special_point start,
                           const continuation_options& options, const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    const twist beyond(start.turn, at.model->dimension());
    const auto cut = cut_at_saddle(at, piecewise_of(*start.cycle), beyond);
    if (!cut)
        throw invalid_argument("locus", fmt::format("{} came as a start", start.label),
                               "no homoclinic is near it");
    set_orbit(start, cut->values, start.cycle->period, cut->saddle);
    homoclinics(to, at, ranges, start, cut->saddle.unstable(), options, progress).both_ways();
}

}  // namespace moebius::detail
