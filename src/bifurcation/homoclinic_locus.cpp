// SPDX-License-Identifier: MIT
#include "homoclinic_locus.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/solve/spectrum.hpp>
#include <optional>
#include <utility>

#include "cycle_locus.hpp"
#include "homoclinic_adjoint.hpp"
#include "homoclinic_curve.hpp"
#include "homoclinic_end.hpp"
#include "homoclinic_predictor.hpp"
#include "leading_direction.hpp"
#include "leading_eigenvalues.hpp"
#include "truncated_orbit.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double rounding_of_ways = 1e-9;          // of vectors: a product that is always zero
constexpr double errors_of_ways = 1000;            // in tolerances: the error of that product
constexpr double loose_end = 1e-3, loosening = 4;  // of an orbit's ends within a step
constexpr double jumps = 1e-3;   // of a test's values at the ends of a step: it does not vanish
constexpr double shrunk = 1e-3;  // of the largest orbit: the curve ends in a Bogdanov-Takens point
constexpr int most_passes = 12;  // over an orbit whose ends are too far from the saddle
constexpr double largest_predicted = 0.05;  // of the states' unit: beside a point
constexpr double smallest_predicted = 1e-6;

class homoclinics final : public cycle_locus<homoclinic_curve> {
public:
    /// @param start  with the truncated orbit as its cycle and the saddle as its state
    homoclinics(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
                const special_point& start, std::size_t unstable,
                const continuation_options& options, const watch& progress)
        : cycle_locus(to, homoclinic_curve(base, ranges, *start.cycle, start.turn, unstable),
                      "homoclinic", start, options, progress,
                      {"distance", "stable_re", "stable_im", "unstable_re", "unstable_im",
                       "saddle_quantity", "saddle_foci"}) {
        first_period_ = std::numeric_limits<double>::infinity();  // its time says little
    }

    /// Away from a Bogdanov-Takens point. @return false if there is none near the start
    bool leave(const VectorXd& way) {
        VectorXd towards = VectorXd::Zero(curve_.size());
        auto p = towards.segment(curve_.coordinate(0), way.size());
        p = way.cwiseQuotient(curve_.units().segment(curve_.coordinate(0), way.size()));
        if (!begin(towards)) return false;
        go_one_way();
        made_.first = stop_reason::branch_point;
        finish();
        return true;
    }

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
        const auto flips = [this](bool comes) {
            return [this, comes](const curve_point& at) { return along_leading(at.u, comes); };
        };
        const auto inclines = [this](bool stable) {
            return [this, stable](const curve_point& at) { return across_leading(at, stable); };
        };
        return {{point_type::OFS, flips(true)},
                {point_type::OFU, flips(false)},
                {point_type::IFS, inclines(true)},
                {point_type::IFU, inclines(false)},
                {point_type::NSS, of([](const leading& at) { return at.quantity_test(); })},
                {point_type::DRS, of([](const leading& at) { return at.stable_split; })},
                {point_type::DRU, of([](const leading& at) { return at.unstable_split; })}};
    }

    /// How far along the leading direction the orbit's end is from the saddle, or its start, one
    /// way or the other. Where that direction is a plane, or the only one, as it was before.
    /// @source  Champneys, Kuznetsov & Sandstede (1996), psi_11 and psi_12
    [[nodiscard]] double along_leading(const VectorXd& u, bool comes) {
        const saddle_point rest = curve_.saddle(u);
        const std::size_t up = curve_.unstable(), all = rest.eigenvalues.size();
        const auto value = rest.eigenvalues[comes ? up : up - 1];
        auto& seen = leading_[comes ? 0 : 1];
        if (is_pair(value) || (comes ? all - up : up) < 2) {
            seen.known.resize(0);
            return seen.last;
        }
        const VectorXd left = eigenvectors(rest, value.real()).left;
        seen.take(left,
                  left.dot(ways_of(rest, curve_.values(u))[comes ? 1 : 0]) / curve_.units()[0]);
        return seen.last;
    }

    /// How much the adjoint solution has of the leading direction where the orbit begins (stable)
    /// or ends, against how fast the manifolds part across the curve: where none is left, what the
    /// one manifold comes to along the orbit turns over.
    /// @source  Champneys, Kuznetsov & Sandstede (1996), psi_13 and psi_14
    [[nodiscard]] double across_leading(const curve_point& at, bool stable) {
        const saddle_point rest = curve_.saddle(at.u);
        const std::size_t up = curve_.unstable(), all = rest.eigenvalues.size();
        auto& seen = inclined_[stable ? 0 : 1];
        const bool none = (stable ? all - up : up) < 2 ||
                          is_pair(rest.eigenvalues[stable ? up : up - 1]) ||
                          !(leading(rest, up).margin() > 0);
        if (none) {
            seen.known.resize(0);
            return seen.last;
        }
        const piecewise values = curve_.values(at.u);
        const double time = curve_.period(at.u) / static_cast<double>(values.beyond.order);
        const auto [end, splitting] =
            adjoint_along(curve_.problem_at(at.u), values, time, rest, up, curve_.free(), stable);
        const VectorXd way =
            eigenvectors(rest, rest.eigenvalues[stable ? up : up - 1].real()).right;
        const Index p = curve_.coordinate(0);
        const Eigen::Vector2d t = at.tangent.segment(p, 2),
                              g = splitting.cwiseProduct(curve_.units().segment(p, 2));
        const double share = way.dot(end);
        seen.size = std::abs(share) / (way.norm() * end.norm());
        const bool rounded = seen.size < rounding_of_ways;
        seen.take(way, rounded ? 0 : share / (t[0] * g[1] - t[1] * g[0]));
        return seen.last;
    }

    static null_pair eigenvectors(const saddle_point& of, double value) {
        const Index n = of.x.size();
        return null_vectors(of.fx - value * Eigen::MatrixXd::Identity(n, n));
    }

    /// What has the letters of several kinds of saddles.
    static point_type told(point_type type, const leading& at) {
        using enum point_type;
        if (type == NSS) return at.pairs() == 0 ? NSS : at.pairs() == 1 ? NSF : NFF;
        const bool stable = -at.stable.real() < at.unstable.real();
        if (type == NCH && is_pair(stable ? at.stable : at.unstable)) return SH;
        return type;
    }

    void add_point(point_type type, const curve_point& at, double arc, double missed) {
        if (!look_at(at)) return;
        const saddle_point rest = curve_.saddle(at.u);
        auto point = described(told(type, {rest, curve_.unstable()}), at.u, missed);
        point.state.assign(rest.x.begin(), rest.x.end());
        point.eigenvalues = rest.eigenvalues;
        rows_.add_row(arc, row_at(at.u), std::move(point));
    }

    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        const auto at = along.locate(seen);
        if (!at) return std::nullopt;
        const auto& value = along.test(seen).value;
        double ends = 0, size = std::numeric_limits<double>::infinity();
        for (const curve_point* end : {&seen.a, &seen.b}) {
            ends = std::max(ends, std::abs(value(*end)));
            size = std::min(size, inclined_[seen.type == point_type::IFS ? 0 : 1].size);
        }
        const bool inclines = seen.type == point_type::IFS || seen.type == point_type::IFU;
        if (inclines && size < errors_of_ways * options_.tolerance) return std::nullopt;
        const double missed = std::abs(value(*at));
        if (missed > jumps * ends) return std::nullopt;
        add_point(seen.type, *at, seen.arc + (at->u - seen.a.u).norm(), missed);
        return std::nullopt;
    }

    /// A step is too long after which the ends leave the saddle, or that crosses a saddle-node from
    /// afar: the orbit there is a longer one.
    [[nodiscard]] bool trusts(walk& /*along*/) override {
        const VectorXd &u = trace_.current().u, &before = trace_.previous().u;
        const saddle_point then = curve_.saddle(before);
        if (!(leading_at(u).margin() > 0) && !near_saddle_node(then, curve_.unstable()))
            return false;
        const auto ends = [this](const VectorXd& at) {
            return ends_of(curve_.saddle(at), curve_.values(at)).maxCoeff();
        };
        return ends(u) < std::max(loose_end, loosening * ends(before));
    }

    /// Beyond a saddle-node there is no saddle of this kind to come home to; and in a
    /// Bogdanov-Takens point the orbit has no size.
    std::optional<stop_reason> overruns(walk& along) override {
        const curve_point before = trace_.previous();
        const VectorXd& u = trace_.current().u;
        if (!(leading_at(u).margin() > 0)) {
            const auto margin = [this](const curve_point& at) { return leading_at(at.u).margin(); };
            const auto at = trace_.locate(before, trace_.current(), margin);
            if (!at) return stop_reason::singular;
            add_point(point_type::NCH, *at, along.arc() + (at->u - before.u).norm(),
                      std::abs(margin(*at)));
            return stop_reason::branch_point;
        }
        const double size = size_around(curve_.saddle(u).x, curve_.values(u));
        largest_ = std::max(largest_, size);
        if (!(size > shrunk * largest_)) return stop_reason::branch_point;
        return std::nullopt;
    }

    /// As long as the ends are too far from the saddle the orbit goes on there, and its row is told
    /// again.
    std::optional<stop_reason> kept(walk& along, bool goes_on) override {
        if (!goes_on) return std::nullopt;
        if (snakes()) return stop_reason::homoclinic_to_cycle;
        const auto values = [this] { return curve_.values(trace_.current().u); };
        bool again = too_coarse(values(), scale(), options_.tolerance);
        for (int pass = 0; pass < most_passes; ++pass) {
            const saddle_point rest = curve_.saddle(trace_.current().u);
            if (!again && !(ends_of(rest, values()).maxCoeff() > farthest_end)) break;
            if (!rebase()) break;
            rows_.replace_row(row_at(trace_.current().u));
            along.rebased();
            again = false;
        }
        return cycle_locus::kept(along, goes_on);
    }

    void turned() override { snakes_ = {}; }

    /// Notes where one of the parameters turned in the last step.
    /// @return whether it does that over and over
    [[nodiscard]] bool snakes() {
        const curve_point &a = trace_.previous(), &b = trace_.current();
        for (std::size_t k = 0; k < snakes_.size(); ++k) {
            const Index p = curve_.coordinate(k);
            const double from = a.tangent[p], to = b.tangent[p];
            if (!(from * to < 0)) continue;
            snakes_[k].add(a.u[p] + trace_.step() * from * from / (from - to) / 2);
            if (snakes_[k].repeat()) return true;
        }
        return false;
    }

    void mark(const curve_point& at, VectorXd& to) override {
        const auto extremes = extremes_at(at.u);
        to.resize(std::ssize(extremes) + std::ssize(curve_.free()));
        to << Eigen::Map<const VectorXd>(extremes.data(), std::ssize(extremes)),
            at.u.segment(curve_.coordinate(0), std::ssize(curve_.free()));
    }

    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) override {
        const piecewise values = whole(u);
        const problem here = curve_.problem_at(u);
        auto row = facts(here, values, curve_.period(u));
        const saddle_point rest = curve_.saddle(u);
        piecewise still = values;  // which is what the whole orbit comes to
        still.values.colwise() = rest.x;
        const auto at_rest = cycle_extremes(here, still, curve_.period(u));
        for (std::size_t k = 0; k < at_rest.size(); ++k) {
            double& value = row[row.size() - at_rest.size() + k];
            value = k % 2 == 0 ? std::min(value, at_rest[k]) : std::max(value, at_rest[k]);
        }
        const leading at(rest, curve_.unstable());
        for (const double value :
             {ends_of(rest, curve_.values(u)).maxCoeff(), at.stable.real(),
              std::abs(at.stable.imag()), at.unstable.real(), std::abs(at.unstable.imag()),
              at.quantity(), static_cast<double>(at.pairs())})
            row.push_back(value);
        return row;
    }

    double largest_ = 0;
    std::array<repeated_turns, 2> snakes_;       // by each parameter
    std::array<leading_direction, 2> leading_;   // stable and unstable
    std::array<leading_direction, 2> inclined_;  // the same of the adjoint solution
};

/// The point from which `homoclinics` start.
special_point start_of(special_point from, const problem& at, const piecewise& values,
                       double period, const saddle_point& saddle) {
    const auto parts = static_cast<double>(values.beyond.order);
    carried_orbit orbit{values, Eigen::MatrixXd::Zero(1, values.values.cols()), period / parts};
    for (int pass = 0; pass < most_passes; ++pass) truncate(orbit, at, saddle, saddle.unstable());
    from.cycle = orbit_of(unfolded(orbit.values), orbit.time * parts);
    from.state.assign(saddle.x.begin(), saddle.x.end());
    return from;
}

}  // namespace

void add_homoclinic_branch(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    const twist beyond(start.turn, at.model->dimension());
    const auto cut = cut_at_saddle(at, piecewise_of(*start.cycle), beyond);
    if (!cut)
        throw invalid_argument("locus", fmt::format("{} came as a start", start.label),
                               "no homoclinic is near it");
    homoclinics(to, at, ranges, start_of(start, at, cut->values, start.cycle->period, cut->saddle),
                cut->saddle.unstable(), options, progress)
        .both_ways();
}

bool add_homoclinic_beside(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    if (start.state.size() != at.model->dimension()) return false;
    std::vector<std::size_t> free;
    for (const auto& range : ranges) free.push_back(at.index_of(range.name));
    const double unit = at.model->state_scale(at.parameters);
    for (double size = largest_predicted; size > smallest_predicted; size /= 4) {
        const auto orbit = orbit_beside(at, start.state, free, size * unit);
        if (!orbit) return false;
        problem there = at;
        there.parameters = orbit->parameters;
        const auto rest = steady_state(there).newton(orbit->saddle);
        if (!rest) continue;
        const saddle_point saddle = saddle_at(there, *rest);
        if (saddle.unstable() == 0 || saddle.unstable() == start.state.size()) continue;
        special_point from = start_of(start, there, orbit->values, orbit->time, saddle);
        from.parameters = orbit->parameters;
        if (homoclinics(to, there, ranges, from, saddle.unstable(), options, progress)
                .leave(orbit->way))
            return true;
    }
    return false;
}

}  // namespace moebius::detail
