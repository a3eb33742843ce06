// SPDX-License-Identifier: MIT
#include "truncated_orbit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <moebius/base/view.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/solve/spectral_split.hpp>
#include <moebius/solve/spectrum.hpp>
#include <numbers>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double beside_axis = 1e-5;     // an eigenvalue against the leading ones
constexpr double wanted_end = 3e-6;      // of an orbit that goes on, against its size
constexpr double nearest_end = 1e-7;     // of one that is not cut
constexpr double longest_tail = 0.5;     // of the orbit's time
constexpr double most_turns = 100;       // about a saddle-focus, which a mesh can follow
constexpr Index most_tail_points = 400;  // of a stiff saddle

/// e^a by Taylor's series of a / 2^k.
MatrixXd exponential(MatrixXd a) {
    int halvings = 0;
    for (double size = a.norm(); size > 0.5; size /= 2) ++halvings;
    a /= std::pow(2.0, halvings);
    const MatrixXd one = MatrixXd::Identity(a.rows(), a.rows());
    MatrixXd sum = one;
    constexpr int terms = 14;  // 0.5^15 / 15! is rounding
    for (int k = terms; k > 0; --k) sum = one + a * sum / k;
    for (int k = 0; k < halvings; ++k) sum = sum * sum;
    return sum;
}

/// How an orbit comes to rest at a state: y' = a y + bend(y) of y = x - s, on a subspace.
struct approach {
    VectorXd at;  // s
    MatrixXd a, onto;
    std::complex<double> leading;  // the eigenvalue nearest to the imaginary axis
    std::function<VectorXd(const VectorXd&)> bend;
};

/// The orbit from its last point on until |y| is as wanted, by steps of the linear flow and of what
/// bends it; the first column is the last point.
struct tail {
    MatrixXd y;       // (n, intervals * degree + 1)
    double time = 0;  // of all of them
};
tail tail_along(const approach& to, const VectorXd& y, double times_nearer, double most,
                Index degree) {
    tail made;
    const double rate = std::abs(to.leading.real());
    made.time = std::min(most, std::log(times_nearer) / std::max(rate, 1e-300));
    const auto steps = static_cast<Index>(made.time * to.a.norm()) + 2;
    const Index points = (std::min(steps, most_tail_points) + degree - 1) / degree * degree;
    const double h = made.time / static_cast<double>(points);
    const MatrixXd step = to.onto * exponential(to.onto * to.a * h);  // nothing grows
    made.y.resize(y.size(), points + 1);
    made.y.col(0) = to.onto * y;
    for (Index k = 0; k < points; ++k)
        made.y.col(k + 1) = step * (made.y.col(k) + h * to.bend(made.y.col(k)));
    return made;
}

/// The orbit backwards in time.
void reverse(carried_orbit& orbit) {
    orbit.values.breaks = (1 - orbit.values.breaks.array()).reverse().eval();
    orbit.values.values = orbit.values.values.rowwise().reverse().eval();
    orbit.change = orbit.change.rowwise().reverse().eval();
}

void append(carried_orbit& orbit, const tail& more, const VectorXd& at) {
    const Index old = orbit.values.values.cols(), added = more.y.cols() - 1,
                intervals = added / orbit.values.degree, before = orbit.values.intervals();
    const double time = orbit.time + more.time;
    orbit.values.values.conservativeResize(Eigen::NoChange, old + added);
    orbit.values.values.rightCols(added) = more.y.rightCols(added).colwise() + at;
    const VectorXd last = orbit.change.rightCols(1);
    orbit.change.conservativeResize(Eigen::NoChange, old + added);
    orbit.change.rightCols(added).colwise() = last;
    orbit.values.breaks *= orbit.time / time;
    orbit.values.breaks.conservativeResize(before + intervals + 1);
    orbit.values.breaks.tail(intervals + 1).setLinSpaced(orbit.time / time, 1);
    orbit.time = time;
}

/// Without the last intervals after which it is as near as wanted already.
void cut_end(carried_orbit& orbit, const VectorXd& at, double wanted) {
    Index left = orbit.values.intervals();
    const Index m = orbit.values.degree;
    while (left > 4 && (orbit.values.values.col((left - 1) * m) - at).norm() < wanted) --left;
    const double share = orbit.values.breaks[left];
    orbit.values.breaks = (orbit.values.breaks.head(left + 1) / share).eval();
    orbit.values.values = orbit.values.values.leftCols(left * m + 1).eval();
    orbit.change = orbit.change.leftCols(left * m + 1).eval();
    orbit.time *= share;
}

void trim_end(carried_orbit& orbit, const approach& to, double size) {
    const VectorXd y = orbit.values.values.rightCols(1) - to.at;
    const double off = y.norm() / size;
    const double turns = std::abs(to.leading.imag()) * orbit.time / (2 * std::numbers::pi);
    if (off > farthest_end && turns < most_turns)
        append(orbit,
               tail_along(to, y, off / wanted_end, longest_tail * orbit.time, orbit.values.degree),
               to.at);
    else if (off < nearest_end)
        cut_end(orbit, to.at, wanted_end * size);
}

}  // namespace

std::size_t saddle_point::unstable() const {
    return static_cast<std::size_t>(
        std::count_if(eigenvalues.begin(), eigenvalues.end(), [](auto z) { return z.real() > 0; }));
}

saddle_point saddle_at(const problem& at, const VectorXd& x) {
    const Index n = x.size();
    saddle_point found{x, VectorXd(n), MatrixXd(n, n), {}, {}};
    found.fp.resize(n, static_cast<Index>(at.parameters.size()));
    at.model->linear(view(x), at.parameters, view(found.f), view(found.fx), view(found.fp));
    if (found.fx.allFinite()) found.eigenvalues = eigenvalues(found.fx);
    return found;
}

bool near_saddle_node(const saddle_point& at, std::size_t unstable) {
    const auto up = at.eigenvalues[unstable - 1], down = at.eigenvalues[unstable];
    return std::min(up.real(), -down.real()) < beside_axis * (std::abs(up) + std::abs(down));
}

double size_around(const VectorXd& x, const piecewise& values) {
    return (values.values.colwise() - x).colwise().norm().maxCoeff();
}

std::array<VectorXd, 2> ways_of(const saddle_point& saddle, const piecewise& values) {
    const VectorXd last = values.beyond.undone(values.values.rightCols(1));
    return {values.values.col(0) - saddle.x, last - saddle.x};
}

Eigen::Vector2d ends_of(const saddle_point& saddle, const piecewise& values) {
    const auto [first, last] = ways_of(saddle, values);
    return Eigen::Vector2d(first.norm(), last.norm()) / size_around(saddle.x, values);
}

void truncate(carried_orbit& orbit, const problem& at, const saddle_point& saddle,
              std::size_t unstable) {
    const Index n = saddle.x.size();
    const MatrixXd up = split_spectrum(saddle.fx, unstable).upper;
    if (!up.allFinite()) return;
    const MatrixXd down = MatrixXd::Identity(n, n) - up;
    const double size = size_around(saddle.x, orbit.values);
    const auto& p = orbit.values.beyond;
    const auto turned = [&p](const MatrixXd& a) -> MatrixXd {  // P a P^-1
        return p.applied(p.applied(a).transpose()).transpose();
    };
    const auto bend_about = [&at](const VectorXd& rest, const MatrixXd& a, double sign) {
        return [&at, rest, a, sign](const VectorXd& y) -> VectorXd {
            const VectorXd x = rest + y;
            VectorXd f(x.size());
            at.model->rhs(view(x), at.parameters, view(f));
            return sign * (f - a * y);
        };
    };
    const VectorXd last = p.applied(saddle.x);
    const MatrixXd a = turned(saddle.fx);
    trim_end(orbit, {last, a, turned(down), saddle.eigenvalues[unstable], bend_about(last, a, 1)},
             size);
    reverse(orbit);
    trim_end(orbit,
             {saddle.x, -saddle.fx, up, saddle.eigenvalues[unstable - 1],
              bend_about(saddle.x, saddle.fx, -1)},
             size);
    reverse(orbit);
}

std::optional<cut_cycle> cut_at_saddle(const problem& at, const piecewise& cycle,
                                       const twist& beyond) {
    const Index n = cycle.values.rows(), m = cycle.degree, count = cycle.intervals();
    Index slowest = 0;
    double least = std::numeric_limits<double>::infinity();
    VectorXd x(n), f(n);
    for (Index j = 0; j < count; ++j) {
        x = cycle.values.col(j * m);
        at.model->rhs(view(x), at.parameters, view(f));
        if (!(f.norm() < least)) continue;
        least = f.norm();
        slowest = j;
    }
    x = cycle.values.col(slowest * m);
    const auto rest = steady_state(at).newton(x);
    if (!rest) return std::nullopt;
    cut_cycle found{cycle, saddle_at(at, *rest)};
    const std::size_t unstable = found.saddle.unstable();
    const bool is_saddle = unstable > 0 && unstable < found.saddle.eigenvalues.size();
    if (!is_saddle || !((x - *rest).norm() < passes_by * size_around(*rest, cycle)))
        return std::nullopt;
    const Index behind = count - slowest;
    found.values.breaks.head(behind) =
        cycle.breaks.segment(slowest, behind).array() - cycle.breaks[slowest];
    found.values.breaks.segment(behind, slowest) =
        cycle.breaks.head(slowest).array() + (1 - cycle.breaks[slowest]);
    found.values.breaks[count] = 1;
    found.values.values.leftCols(behind * m) = cycle.values.middleCols(slowest * m, behind * m);
    found.values.values.rightCols(slowest * m + 1) = cycle.values.leftCols(slowest * m + 1);
    found.values = folded(found.values, beyond);
    return found;
}

}  // namespace moebius::detail
