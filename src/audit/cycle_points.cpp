// SPDX-License-Identifier: MIT
#include "cycle_points.hpp"

#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/continuation/collocation.hpp>
#include <moebius/solve/product_eigenvalues.hpp>
#include <numbers>
#include <optional>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double step_length = 0.03;                    // of Runge and Kutta's rule, times |f_x|
constexpr double fewest_steps = 24, most_steps = 2000;  // between mesh points
constexpr double resolved_to = 1e-3;                    // of the multiplier that should be 1
constexpr double on_circle = 1e-2;  // of a critical one: a double 1 is known to half the digits

/// x' = f and M' = f_x M over a time by the classical rule. Shape of now: (n, n + 1), M and x.
/// @return the largest |M| on the way; 0 if it takes too many steps, as where an orbit rests at a
///         saddle for long
double carry(const problem& at, double time, MatrixXd& now) {
    const Index n = now.rows();
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(at.parameters.size()));
    const auto slope = [&](const MatrixXd& here) {
        const VectorXd x = here.col(n);
        at.model->linear(view(x), at.parameters, view(f), view(fx), view(fp));
        MatrixXd result(n, n + 1);
        result << fx * here.leftCols(n), f;
        return result;
    };
    slope(now);
    if (time * fx.norm() > most_steps) return 0;  // the rule is not even stable
    const double least = std::clamp(time * fx.norm() / step_length, fewest_steps, most_steps);
    const int steps = static_cast<int>(least);
    double grown = 1;  // of an error at the start
    const double h = time / steps;
    for (int k = 0; k < steps; ++k) {
        const MatrixXd a = slope(now), b = slope(now + h / 2 * a), c = slope(now + h / 2 * b),
                       d = slope(now + h * c);
        now += h / 6 * (a + 2 * b + 2 * c + d);
        grown = std::max(grown, now.leftCols(n).norm());
    }
    return grown;
}

/// Which multipliers a type of point needs, besides that of the flow.
struct needed_multipliers {
    std::ptrdiff_t ones = 0, minus = 0, pairs = 0;
    double angle = 0;  ///< of a pair; 0: any
};

needed_multipliers needed_by(point_type type) {
    using std::numbers::pi;
    switch (type) {
        case point_type::LPC:
        case point_type::BP:
        case point_type::CP:
            return {.ones = 1};
        case point_type::PD:
        case point_type::GPD:
            return {.minus = 1};
        case point_type::NS:
        case point_type::CH:
            return {.pairs = 1};
        case point_type::R1:
            return {.ones = 2};
        case point_type::R2:
            return {.minus = 2};
        case point_type::R3:
            return {.pairs = 1, .angle = 2 * pi / 3};
        case point_type::R4:
            return {.pairs = 1, .angle = pi / 2};
        case point_type::LPPD:
            return {.ones = 1, .minus = 1};
        case point_type::LPNS:
            return {.ones = 1, .pairs = 1};
        case point_type::PDNS:
            return {.minus = 1, .pairs = 1};
        case point_type::NSNS:
            return {.pairs = 2};
        default:
            return {};
    }
}

/// Whether multipliers are where the type needs them. Curves over two parameters are about those of
/// one part of a cycle with a rotation, whose powers these are: -1 over one of an even number of
/// parts is 1. A branch over one parameter is about the whole.
std::string fault_of_critical(const special_point& point, const std::vector<complex>& all,
                              std::size_t parts) {
    const auto near = [&all](complex at) {
        return std::count_if(all.begin(), all.end(),
                             [at](complex mu) { return std::abs(mu - at) < on_circle; });
    };
    auto needed = needed_by(point.type);
    const auto times = static_cast<std::ptrdiff_t>(point.multiplicity);
    if (parts % 2 == 0) needed.ones += std::exchange(needed.minus, 0);
    const complex at = std::polar(1.0, needed.angle * static_cast<double>(parts));
    if (needed.angle != 0) {
        if (std::abs(at - 1.0) < on_circle) needed.ones += 2;
        if (std::abs(at + 1.0) < on_circle) needed.minus += 2;
        if (near(at) == 0)
            return fmt::format("no multiplier is {:.6g} {:+.6g} i", at.real(), at.imag());
    }
    const auto ones = near(1), minus = near(-1);
    if (needed.ones > 0 && ones <= needed.ones * times)
        return fmt::format("{} multipliers are 1, of {}", ones, needed.ones * times + 1);
    if (minus < needed.minus * times)
        return fmt::format("{} multipliers are -1, of {}", minus, needed.minus * times);
    const auto on = std::count_if(
        all.begin(), all.end(), [](complex mu) { return std::abs(std::abs(mu) - 1) < on_circle; });
    const auto real = parts == 1 ? ones + minus : 1;  // a power of a pair may be real
    if (needed.angle == 0 && on - real < 2 * needed.pairs * times)
        return fmt::format("{} multipliers are on the unit circle, of {} in pairs", on - real,
                           2 * needed.pairs * times);
    return {};
}

/// The row of a point against the point and its multipliers; those near the circle may be counted
/// or not.
std::string fault_of_row(const claim& of, const special_point& point,
                         const std::vector<complex>& all, const audit_options& options) {
    const auto curve = std::find_if(of.data.branches.begin(), of.data.branches.end(),
                                    [&](const branch& one) { return one.id == point.branch; });
    if (curve == of.data.branches.end() || point.row >= curve->columns.rows())
        return "its branch has no such row";
    const auto value = [&](std::string_view column) -> std::optional<double> {
        const auto& names = curve->columns.names;
        const auto at = std::find(names.begin(), names.end(), column);
        if (at == names.end()) return std::nullopt;
        return curve->columns.columns[static_cast<std::size_t>(at - names.begin())][point.row];
    };
    // a branch of doubled cycles ends in the doubling of those of half the period
    const bool is_end =
        (point.row == 0 && curve->first == stop_reason::period_doubling) ||
        (point.row + 1 == curve->columns.rows() && curve->last == stop_reason::period_doubling);
    const double told = (is_end ? 2 : 1) * point.cycle->period;
    const auto period = value("period");
    if (period && !(std::abs(*period - told) <= options.place * *period))
        return fmt::format("its period is {:.10g}, and {:.10g} in its row", told, *period);
    const auto stated = value("n_unstable");
    if (!stated || curve->kind != "cycle") return {};
    const auto outside = [&all](double bound) {
        return static_cast<double>(std::count_if(
            all.begin(), all.end(), [bound](complex mu) { return std::abs(mu) > bound; }));
    };
    if (*stated < outside(1 + on_circle) || *stated > outside(1 - on_circle))
        return fmt::format("n_unstable is {}, and {} multipliers are outside the unit circle",
                           *stated, outside(1 + on_circle));
    return {};
}

}  // namespace

integrated_cycle integrated(const whole_space& in, const special_point& point) {
    check_orbit(*point.cycle, point.state.size());
    const piecewise way = piecewise_of(*point.cycle);
    special_point at = point;
    const auto place = [&](Index j) {
        const auto x = way.values.col(j * way.degree);
        at.state.assign(x.begin(), x.end());
        return in.point(at);
    };
    integrated_cycle found;
    std::vector<MatrixXd> maps;
    auto here = place(0);
    const Index n = here.x.size();
    for (Index j = 0; j < way.intervals(); ++j) {
        MatrixXd now(n, n + 1);
        now << MatrixXd::Identity(n, n), here.x;
        const double time = point.cycle->period * (way.breaks[j + 1] - way.breaks[j]);
        const double grown = carry(here.at, time, now);
        here = place(j + 1);
        if (grown == 0) {
            found.too_long = true;
            continue;
        }
        const double off = (now.col(n) - here.x).lpNorm<Eigen::Infinity>();
        found.gap = std::max(found.gap, off / grown);
        maps.emplace_back(now.leftCols(n));
    }
    found.gap /= in.unit();
    found.speed = 1;
    if (found.too_long) return found;
    found.multipliers = product_eigenvalues(maps);
    for (const auto mu : found.multipliers)
        if (std::abs(mu - 1.0) < std::abs(found.speed)) found.speed = std::abs(mu - 1.0);
    return found;
}

std::string fault_of_cycle(const claim& of, const whole_space& in, const special_point& point,
                           const audit_options& options, bool& resolved) {
    const auto truth = integrated(in, point);
    resolved = truth.speed < resolved_to;
    if (!(truth.gap <= options.place))
        return fmt::format("it is no cycle: the flow ends {:.3g} from its next mesh point",
                           truth.gap);
    if (!resolved) return {};
    if (auto fault = fault_of_row(of, point, truth.multipliers, options); !fault.empty())
        return fault;
    const bool of_parts = of.ranges.size() == 2;
    return fault_of_critical(point, truth.multipliers, of_parts ? point.turn.order() : 1);
}

}  // namespace moebius
