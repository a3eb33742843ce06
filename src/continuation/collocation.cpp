// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/continuation/collocation.hpp>
#include <moebius/solve/dense.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Values of the Lagrange polynomials of the even points 0, 1/m ... 1 at s, or their derivatives.
VectorXd lagrange(Index m, double s, bool derivative) {
    const auto point = [m](Index k) { return static_cast<double>(k) / static_cast<double>(m); };
    VectorXd result = VectorXd::Zero(m + 1);
    for (Index k = 0; k <= m; ++k) {
        for (Index left_out = derivative ? 0 : m; left_out <= m; ++left_out) {
            if (derivative && left_out == k) continue;
            double product = derivative ? 1 / (point(k) - point(left_out)) : 1;
            for (Index j = 0; j <= m; ++j)
                if (j != k && !(derivative && j == left_out))
                    product *= (s - point(j)) / (point(k) - point(j));
            result[k] += product;
        }
    }
    return result;
}

constexpr double same_place = 1e-9;  // of a period, where the mesh of a part should end
constexpr int halves_seen = 64;      // at so many times

}  // namespace

twist::twist(const rotation& of_groups, std::size_t states)
    : order(static_cast<Index>(of_groups.order())) {
    const std::size_t groups = of_groups.next.size();
    if (groups == 0) return;
    if (states % groups != 0)
        throw invalid_argument("cycle", fmt::format("a rotation of {} groups came", groups),
                               fmt::format("there are {} states", states));
    for (std::size_t i = 0; i < states; ++i)
        image.push_back(static_cast<Index>(i / groups * groups + of_groups.next[i % groups]));
}

MatrixXd twist::applied(const MatrixXd& x) const {
    if (image.empty()) return x;
    MatrixXd moved(x.rows(), x.cols());
    for (Index i = 0; i < x.rows(); ++i) moved.row(image[static_cast<std::size_t>(i)]) = x.row(i);
    return moved;
}

MatrixXd twist::undone(const MatrixXd& x) const {
    if (image.empty()) return x;
    MatrixXd moved(x.rows(), x.cols());
    for (Index i = 0; i < x.rows(); ++i) moved.row(i) = x.row(image[static_cast<std::size_t>(i)]);
    return moved;
}

/// Nodes and weights by Golub & Welsch, Math. Comp. 23 (1969) 221, and with 1 among the nodes by
/// Golub, SIAM Rev. 15 (1973) 318.
collocation_basis::collocation_basis(std::size_t of_degree, node_rule rule)
    : degree(static_cast<Index>(of_degree)) {
    if (of_degree < 2 || of_degree > 7)
        throw invalid_argument("cycle", fmt::format("degree is {}", of_degree),
                               "it must be from 2 to 7");
    MatrixXd jacobi = MatrixXd::Zero(degree, degree);
    for (Index k = 1; k < degree; ++k) {
        const auto d = static_cast<double>(k);
        jacobi(k, k - 1) = jacobi(k - 1, k) = d / std::sqrt(4 * d * d - 1);
    }
    const auto m = static_cast<double>(degree);
    if (rule != node_rule::gauss) jacobi(degree - 1, degree - 1) = m / (2 * m - 1);
    if (rule == node_rule::mirrored_radau) jacobi(degree - 1, degree - 1) *= -1;
    const auto eigen = eigen_of_symmetric(jacobi);
    weights = eigen.vectors.row(0).cwiseAbs2().transpose();
    values.resize(degree, degree + 1);
    slopes.resize(degree, degree + 1);
    for (Index i = 0; i < degree; ++i) {
        const double node = (1 + eigen.values[i]) / 2;
        values.row(i) = lagrange(degree, node, false).transpose();
        slopes.row(i) = lagrange(degree, node, true).transpose();
    }
}

VectorXd piecewise::at(double t) const {
    const auto above = std::upper_bound(breaks.begin() + 1, breaks.end() - 1, t);
    const Index j = above - breaks.begin() - 1;
    const double s = (t - breaks[j]) / (breaks[j + 1] - breaks[j]);
    return values.middleCols(j * degree, degree + 1) * lagrange(degree, s, false);
}

void check_orbit(const orbit& cycle, std::size_t states) {
    const auto reject = [](const std::string& got, std::string_view needed) {
        throw invalid_argument("cycle", got, needed);
    };
    require("cycle").positive_and_finite("the period", cycle.period);
    if (cycle.degree < 1 || cycle.times.size() < cycle.degree + 1 ||
        cycle.times.size() % cycle.degree != 1 % cycle.degree)
        reject(fmt::format("{} times came for degree {}", cycle.times.size(), cycle.degree),
               "a multiple of the degree, plus one, is needed");
    if (cycle.states.size() != states * cycle.times.size())
        reject(fmt::format("{} numbers came for {} times", cycle.states.size(), cycle.times.size()),
               fmt::format("{} states are needed at each", states));
    if (cycle.times.front() != 0 || cycle.times.back() != 1 ||
        std::adjacent_find(cycle.times.begin(), cycle.times.end(), std::greater_equal<>()) !=
            cycle.times.end())
        reject("times do not rise from 0 to 1", "they must");
    if (!std::all_of(cycle.states.begin(), cycle.states.end(),
                     [](double x) { return std::isfinite(x); }))
        reject("a state is not finite", "all must be");
}

piecewise piecewise_of(const orbit& cycle) {
    piecewise result;
    result.degree = static_cast<Index>(cycle.degree);
    const auto points = static_cast<Index>(cycle.times.size());
    const auto n = static_cast<Index>(cycle.states.size()) / points;
    result.values = Eigen::Map<const MatrixXd>(cycle.states.data(), n, points);
    result.breaks.resize((points - 1) / result.degree + 1);
    for (Index j = 0; j < result.breaks.size(); ++j)
        result.breaks[j] = cycle.times[static_cast<std::size_t>(j * result.degree)];
    return result;
}

orbit orbit_of(const piecewise& from, double period) {
    orbit result;
    result.period = period;
    result.degree = static_cast<std::size_t>(from.degree);
    for (Index j = 0; j < from.intervals(); ++j)
        for (Index k = 0; k < from.degree; ++k)
            result.times.push_back(
                std::lerp(from.breaks[j], from.breaks[j + 1],
                          static_cast<double>(k) / static_cast<double>(from.degree)));
    result.times.push_back(1);
    result.states.assign(from.values.data(), from.values.data() + from.values.size());
    return result;
}

piecewise unfolded(const piecewise& part) {
    const Index parts = part.beyond.order, points = part.values.cols() - 1;
    if (parts == 1) return part;
    const Index intervals = part.intervals();
    piecewise whole{VectorXd(parts * intervals + 1), part.degree, {}};
    whole.values.resize(part.values.rows(), parts * points + 1);
    MatrixXd now = part.values;
    for (Index k = 0; k < parts; ++k) {
        whole.breaks.segment(k * intervals, intervals + 1) =
            (part.breaks.array() + static_cast<double>(k)) / static_cast<double>(parts);
        whole.values.middleCols(k * points, points + 1) = now;
        now = part.beyond.applied(now);
        whole.rules.insert(whole.rules.end(), part.rules.begin(), part.rules.end());
    }
    whole.breaks[0] = 0;
    whole.breaks[parts * intervals] = 1;
    return whole;
}

piecewise folded(const piecewise& periodic, const twist& beyond) {
    if (beyond.order == 1) return periodic;
    const auto parts = static_cast<double>(beyond.order);
    const Index count = std::max<Index>(1, periodic.intervals() / beyond.order);
    VectorXd breaks = parts * periodic.breaks.head(count + 1);
    const bool fits = std::abs(breaks[count] - 1) < same_place;
    if (!fits) breaks = VectorXd::LinSpaced(count + 1, 0, 1);
    breaks[count] = 1;
    piecewise part = periodic;
    if (!fits)
        part = resampled(periodic, [&] {
            VectorXd all(count + 2);
            all << breaks / parts, 1;
            return all;
        }());
    const Index points = count * periodic.degree;
    part.values.conservativeResize(Eigen::NoChange, points + 1);
    part.values.rightCols(1) = beyond.applied(part.values.leftCols(1));
    part.breaks = breaks;
    part.beyond = beyond;
    part.rules.clear();
    return part;
}

VectorXd interval_errors(const piecewise& periodic, double damped_counts) {
    const Index m = periodic.degree, intervals = periodic.intervals();
    VectorXd binomial(m + 1);  // the m-th difference
    double c = m % 2 == 0 ? 1 : -1;
    for (Index k = 0; k <= m; ++k) {
        binomial[k] = c;
        c *= -static_cast<double>(m - k) / static_cast<double>(k + 1);
    }
    MatrixXd top(periodic.values.rows(), intervals);  // the m-th derivative
    const VectorXd h = periodic.breaks.tail(intervals) - periodic.breaks.head(intervals);
    for (Index j = 0; j < intervals; ++j)
        top.col(j) = periodic.values.middleCols(j * m, m + 1) * binomial *
                     std::pow(static_cast<double>(m) / h[j], static_cast<double>(m));
    VectorXd jump(intervals);  // the next one, between intervals j and j + 1
    for (Index j = 0; j < intervals; ++j) {
        const Index next = (j + 1) % intervals;
        const VectorXd after =
            next == 0 ? VectorXd(periodic.beyond.applied(top.col(0))) : VectorXd(top.col(next));
        jump[j] = 2 * (after - top.col(j)).norm() / (h[j] + h[next]);
    }
    VectorXd errors(intervals);
    for (Index j = 0; j < intervals; ++j)
        errors[j] = (jump[j] + jump[(j + intervals - 1) % intervals]) / 2 *
                    std::pow(h[j], static_cast<double>(m + 1)) *
                    (periodic.rule(j) == node_rule::gauss ? 1 : damped_counts);
    return errors;
}

VectorXd equidistributed(const piecewise& periodic, Index intervals, double damped_counts) {
    // The density of mesh points: the (m+1)-st root of the derivative, and at least half its mean,
    // so that no interval grows beyond thrice the mean.
    const Index old = periodic.intervals();
    const VectorXd root =
        interval_errors(periodic, damped_counts)
            .array()
            .pow(1 / static_cast<double>(periodic.degree + 1));  // h times the density
    VectorXd sum = VectorXd::Zero(old + 1);
    const double mean = std::max(root.sum(), 1e-300);
    for (Index j = 0; j < old; ++j)
        sum[j + 1] = sum[j] + root[j] + mean / 2 * (periodic.breaks[j + 1] - periodic.breaks[j]);
    VectorXd breaks(intervals + 1);
    Index j = 0;
    for (Index k = 1; k < intervals; ++k) {
        const double wanted = sum[old] * static_cast<double>(k) / static_cast<double>(intervals);
        while (sum[j + 1] < wanted) ++j;
        breaks[k] = std::lerp(periodic.breaks[j], periodic.breaks[j + 1],
                              (wanted - sum[j]) / (sum[j + 1] - sum[j]));
    }
    breaks[0] = 0;
    breaks[intervals] = 1;
    return breaks;
}

MatrixXd halves_apart(const piecewise& cycle) {
    MatrixXd apart(cycle.values.rows(), halves_seen);
    for (int k = 0; k < halves_seen; ++k) {
        const double t = (k + 0.5) / (2 * halves_seen);
        apart.col(k) = cycle.at(t) - cycle.at(t + 0.5);
    }
    return apart;
}

bool has_alike_halves(const piecewise& cycle) {
    constexpr double share = 0.1;
    const VectorXd mean = cycle.values.rowwise().mean();
    double apart = 0, swing = 0;
    for (Index j = 0; j < cycle.intervals(); ++j) {  // where it moves, and not at even times
        const double t = cycle.breaks[j];
        const VectorXd here = cycle.values.col(j * cycle.degree);
        apart += (here - cycle.at(t < 0.5 ? t + 0.5 : t - 0.5)).squaredNorm();
        swing += (here - mean).squaredNorm();
    }
    return apart < share * share * swing;
}

VectorXd with_alike_halves(const VectorXd& breaks) {
    const Index half = (breaks.size() - 1) / 2;
    VectorXd both = breaks.head(2 * half);  // laid over each other
    both = both.unaryExpr([](double t) { return t < 0.5 ? t : t - 0.5; });
    std::sort(both.begin(), both.end());
    VectorXd result(2 * half + 1);
    for (Index k = 0; k < half; ++k) {
        result[k] = both[2 * k];
        result[k + half] = both[2 * k] + 0.5;
    }
    result[2 * half] = 1;
    return result;
}

piecewise resampled(const piecewise& from, const VectorXd& breaks) {
    piecewise result{breaks, from.degree, {}, from.beyond};
    const Index m = from.degree;
    result.values.resize(from.values.rows(), result.intervals() * m + 1);
    for (Index j = 0; j < result.intervals(); ++j)
        for (Index k = 0; k < m; ++k)
            result.values.col(j * m + k) = from.at(std::lerp(
                breaks[j], breaks[j + 1], static_cast<double>(k) / static_cast<double>(m)));
    result.values.rightCols(1) = from.at(1);
    return result;
}

}  // namespace moebius
