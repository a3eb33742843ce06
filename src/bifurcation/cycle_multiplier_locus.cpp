// SPDX-License-Identifier: MIT
#include "cycle_multiplier_locus.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/base/constants.hpp>
#include <moebius/bifurcation/cycle_multiplier_curve.hpp>
#include <optional>
#include <utility>

#include "cycle_locus.hpp"
#include "map_tests.hpp"
#include "return_map.hpp"

namespace moebius::detail {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using curve_kind = cycle_multiplier_curve::kind;

constexpr double still_critical =
    1e-5;  // of a multiplier: a double one is known to half the digits

constexpr double vanished = 1e-3;            // of a cubic coefficient at the ends of a step
constexpr double rounding_of_cycles = 1e-8;  // of it against its terms, as a cycle is known
constexpr double forced = 1e-6;              // d beyond this is no symmetry's branch point

curve_kind kind_through(const special_point& start) {
    switch (start.type) {
        case point_type::PD:
            return curve_kind::doubling;
        case point_type::BP:
            return curve_kind::crossing;
        default:
            return curve_kind::torus;
    }
}

std::string name_of(curve_kind kind) {
    switch (kind) {
        case curve_kind::doubling:
            return "doubling of cycles";
        case curve_kind::crossing:
            return "branch point of cycles";
        default:
            return "torus of cycles";
    }
}

std::vector<std::string> columns_of(curve_kind kind) {
    if (kind != curve_kind::torus) return {"n_unstable"};
    return {"angle", "n_unstable"};
}

class cycle_multipliers final : public cycle_locus<cycle_multiplier_curve> {
public:
    cycle_multipliers(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
                      const special_point& start, const continuation_options& options,
                      const watch& progress)
        : cycle_locus(
              to,
              cycle_multiplier_curve(kind_through(start), base, ranges, *start.cycle, start.turn),
              name_of(kind_through(start)), start, options, progress,
              columns_of(kind_through(start))) {}

private:
    [[nodiscard]] bool doubles() const { return curve_.of() == curve_kind::doubling; }
    [[nodiscard]] bool pairs() const { return curve_.of() == curve_kind::torus; }

    /// A branch point that is there by chance turns into folds: the curve ends before.
    [[nodiscard]] bool holds(const curve_point& at) override {
        return std::abs(curve_.imperfection(at.u)) < forced;
    }

    [[nodiscard]] VectorXd guess() override {
        return curve_.guess(*start_.cycle, start_.parameters);
    }

    [[nodiscard]] std::vector<test_function> tests() override {
        const auto of = [this](double (floquet::*value)() const) {
            return [this, value](const curve_point& at) {
                return (facts_at(at).multipliers.*value)();
            };
        };
        if (curve_.of() == curve_kind::crossing) return {};
        const auto cubic = [this](const curve_point& at) { return cubic_test(at); };
        if (doubles())
            return {{point_type::GPD, cubic},
                    {point_type::R2, of(&floquet::second_doubling)},
                    {point_type::LPPD, of(&floquet::unity)},
                    {point_type::PDNS, of(&floquet::torus)}};
        return {
            {point_type::CH, cubic},
            {point_type::R3, [this](const curve_point& at) { return curve_.cosine(at.u) + 0.5; }},
            {point_type::R4, [this](const curve_point& at) { return curve_.cosine(at.u); }},
            {point_type::LPNS, of(&floquet::unity)},
            {point_type::PDNS, of(&floquet::doubling)},
            {point_type::NSNS, of(&floquet::second_torus)}};
    }

    /// That a part takes.
    [[nodiscard]] double time(const VectorXd& u) const {
        return curve_.period(u) / static_cast<double>(curve_.beyond().order);
    }

    /// The cubic coefficient; no number where nothing can be told.
    [[nodiscard]] cycle_coefficient cubic(const curve_point& at) {
        const floquet all = facts_at(at).multipliers;
        const double theta = angle(at.u);
        if (!all.resolved() || !has_coefficients(curve_.base(), all) ||
            (pairs() && !(std::sin(theta) > no_pair)))
            return {not_a_number, not_a_number};
        const return_map map(curve_.problem_at(at.u), curve_.values(at.u), time(at.u));
        return doubles() ? flip_coefficient(map) : torus_coefficient(map, theta);
    }

    /// The same, times what keeps its sign where another multiplier passes 1; 0 where it is
    /// rounding.
    [[nodiscard]] double cubic_test(const curve_point& at) {
        const auto [value, share] = cubic(at);
        if (!(std::abs(share) > rounding_of_cycles)) return 0;
        return value * rest_of(facts_at(at).multipliers, at.u).unity();
    }

    /// Whether what vanished is what the label says: not a pair of real multipliers.
    [[nodiscard]] bool confirms(point_type type) const {
        const bool pair = type == point_type::NSNS || (type == point_type::PDNS && doubles());
        return !pair || rest().has_critical_pair();
    }

    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        const auto at = along.locate(seen);
        if (!at) return std::nullopt;
        const bool of_cubic = seen.type == point_type::GPD || seen.type == point_type::CH;
        // it jumps where the eigenvector becomes one of two, as at an R2
        if (of_cubic && !(std::abs(cubic(*at).share) < vanished)) return std::nullopt;
        add_point(seen.type, *at, seen.arc + (at->u - seen.a.u).norm());
        return std::nullopt;
    }

    void add_point(point_type type, const curve_point& at, double arc) {
        if (!look_at(at) || !confirms(type)) return;
        auto point = described(type, at.u, 0);
        if (type == point_type::GPD || type == point_type::CH)
            add_coefficient(point, curve_.problem_at(at.u), curve_.values(at.u), time(at.u),
                            angle(at.u));
        rows_.add_row(arc, row_at(at.u), std::move(point));
    }

    /// The pair of a torus comes together at 1 or -1, where the curve ends; and no curve goes on
    /// through a cycle of no size.
    std::optional<stop_reason> overruns(walk& along) override {
        if (swing_now() < 0) return stop_reason::step_too_small;
        if (halves_changed()) return stop_reason::period_doubling;
        const double cosine = curve_.cosine(trace_.current().u);
        if (!pairs() || std::abs(cosine) <= 1) return std::nullopt;
        const curve_point a = trace_.previous();
        const auto at = trace_.locate(a, trace_.current(), [&](const curve_point& point) {
            return std::copysign(1, cosine) - curve_.cosine(point.u);
        });
        if (!at) return stop_reason::step_too_small;
        add_point(cosine > 0 ? point_type::R1 : point_type::R2, *at,
                  along.arc() + (at->u - a.u).norm());
        return stop_reason::branch_point;
    }

    /// Whether the last step went through a cycle of half the period: what comes is the way back.
    [[nodiscard]] bool halves_changed() const {
        const MatrixXd before = halves_apart(whole(trace_.previous().u));
        return before.cwiseProduct(halves_apart(whole(trace_.current().u))).sum() < 0;
    }

    /// Multipliers besides those that the curve is about.
    [[nodiscard]] floquet rest_of(const floquet& all, const VectorXd& u) const {
        return pairs() ? all.besides_pair(angle(u)) : all.besides(curve_.cosine(u));
    }
    /// The same where it was last looked at.
    [[nodiscard]] floquet rest() const { return rest_of(known().multipliers, known().u); }

    [[nodiscard]] double angle(const VectorXd& u) const {
        return std::acos(std::clamp(curve_.cosine(u), -1.0, 1.0));
    }

    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) override {
        auto row = facts(curve_.problem_at(u), whole(u), curve_.period(u));
        if (pairs()) row.push_back(angle(u));
        row.push_back(static_cast<double>(count_unstable(rest().others, others_within(u))));
        return row;
    }

    /// Of perturbations within groups, those that are not critical, too, as the cells of a group
    /// are from which one was parted.
    [[nodiscard]] std::vector<group_multipliers> others_within(const VectorXd& u) {
        auto within = within_groups();
        const auto critical = std::polar(1.0, angle(u));
        for (auto& group : within)
            std::erase_if(group.values, [&](std::complex<double> mu) {
                return std::abs(std::complex(mu.real(), std::abs(mu.imag())) - critical) <
                       still_critical;
            });
        return within;
    }
};

}  // namespace

void add_cycle_multiplier_branch(diagram& to, const problem& base,
                                 const std::vector<parameter_range>& ranges,
                                 const special_point& start, const continuation_options& options,
                                 const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    cycle_multipliers(to, at, ranges, start, options, progress).both_ways();
}

}  // namespace moebius::detail
