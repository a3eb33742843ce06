// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/krawczyk.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using box = std::vector<bounds>;

constexpr int most_corrections = 12;
constexpr int most_inflations = 12;
constexpr double settled = 1e-9;      // a step this short is rounding once it shrinks no more
constexpr double blown_up = 0.2;      // share of its own width by which a box grows
constexpr double rounding = 0x1p-52;  // of a unit, by which every box grows

/// F and F' over a box. Shapes: f (m), df (m, m) by columns.
struct linear_enclosure {
    box f, df;

    linear_enclosure(const enclosed_system& system, const box& at)
        : f(at.size()), df(at.size() * at.size()) {
        const std::size_t m = at.size();
        std::vector<enclosed> y, out(m);
        for (const bounds& each : at) y.emplace_back(each);
        for (std::size_t j = 0; j < m; ++j) {
            y[j] = enclosed(at[j], {1, 1});
            system(y, out);
            y[j] = enclosed(at[j]);
            for (std::size_t i = 0; i < m; ++i) {
                f[i] = out[i].value();
                df[j * m + i] = out[i].slope();
            }
        }
    }

    [[nodiscard]] VectorXd middle() const {
        VectorXd values(static_cast<Index>(f.size()));
        for (std::size_t i = 0; i < f.size(); ++i) values[static_cast<Index>(i)] = f[i].middle();
        return values;
    }
    [[nodiscard]] MatrixXd slopes() const {
        const auto m = static_cast<Index>(f.size());
        MatrixXd values(m, m);
        for (Index k = 0; k < m * m; ++k)
            values.data()[k] = df[static_cast<std::size_t>(k)].middle();
        return values;
    }
};

box points(const VectorXd& u) {
    box out;
    for (const double value : u) out.push_back({value, value});
    return out;
}

/// Newton's method, to where steps shrink no more.
bool correct(const enclosed_system& system, const VectorXd& units, VectorXd& u) {
    double last = std::numeric_limits<double>::infinity();
    for (int step = 0; step < most_corrections; ++step) {
        const linear_enclosure at(system, points(u));
        const MatrixXd slopes = at.slopes() * units.asDiagonal();
        if (!slopes.allFinite()) return false;
        const VectorXd change = partial_lu<double>(slopes).solve(at.middle());
        const double moved = change.lpNorm<Eigen::Infinity>();
        if (!std::isfinite(moved)) return false;
        if (moved <= settled && moved >= last / 2) return true;
        u -= change.cwiseProduct(units);
        if (moved == 0) return true;
        last = moved;
    }
    return last <= settled;
}

/// A box around another one and a point, each part grown by a share of its width and by rounding.
box inflated(const box& from, const VectorXd& point, const VectorXd& units) {
    box out;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const double low = std::min(from[i].low, point[static_cast<Index>(i)]);
        const double high = std::max(from[i].high, point[static_cast<Index>(i)]);
        const double by =
            blown_up * (high - low) +
            rounding * std::max({units[static_cast<Index>(i)], std::abs(low), std::abs(high)});
        out.push_back({low - by, high + by});
    }
    return out;
}

bool is_finite(const box& of) {
    return std::all_of(of.begin(), of.end(), [](const bounds& b) { return b.is_finite(); });
}

bool is_inside(const box& inner, const box& outer) {
    for (std::size_t i = 0; i < inner.size(); ++i)
        if (!(inner[i].low > outer[i].low && inner[i].high < outer[i].high)) return false;
    return is_finite(inner) && is_finite(outer);
}

/// The operator K around the middle m, with Y given by rows.
class krawczyk_operator {
public:
    krawczyk_operator(const enclosed_system& system, const VectorXd& middle,
                      const MatrixXd& inverse)
        : system_(system), middle_(points(middle)), rows_(inverse.transpose()) {
        const auto at = linear_enclosure(system, middle_).f;
        for (std::size_t i = 0; i < at.size(); ++i)
            newton_.push_back(middle_[i] - dot(row(i), at));  // m - Y F(m)
    }

    [[nodiscard]] const box& newton() const { return newton_; }

    [[nodiscard]] box operator()(const box& x) const {
        const std::size_t m = x.size();
        const linear_enclosure at(system_, x);
        box away, rest(m), out;
        for (std::size_t i = 0; i < m; ++i) away.push_back(x[i] - middle_[i]);
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < m; ++j) {
                const bounds unit{i == j ? 1.0 : 0.0, i == j ? 1.0 : 0.0};
                rest[j] = unit - dot(row(i), std::span(at.df).subspan(j * m, m));
            }
            out.push_back(newton_[i] + dot(rest, away));
        }
        return out;
    }

private:
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return {rows_.col(static_cast<Index>(i)).data(), static_cast<std::size_t>(rows_.rows())};
    }

    const enclosed_system& system_;
    box middle_;
    MatrixXd rows_;
    box newton_;
};

}  // namespace

zero_enclosure enclose_zero(const enclosed_system& f, const VectorXd& guess,
                            const VectorXd& units) {
    if (guess.size() == 0) return {true, true, {}};
    zero_enclosure result;
    VectorXd u = guess;
    result.solved = correct(f, units, u);
    if (!result.solved) return result;
    const MatrixXd slopes = linear_enclosure(f, points(u)).slopes() * units.asDiagonal();
    const auto m = static_cast<Index>(u.size());
    const MatrixXd inverse =
        units.asDiagonal() * partial_lu<double>(slopes).solve_each(MatrixXd::Identity(m, m));
    if (!inverse.allFinite()) return result;
    const krawczyk_operator k(f, u, inverse);
    box x = inflated(k.newton(), u, units);
    for (int step = 0; step < most_inflations && is_finite(x); ++step) {
        box next = k(x);
        if (is_inside(next, x)) {
            result.proven = true;
            result.box = std::move(next);
            break;
        }
        x = inflated(next, u, units);
    }
    return result;
}

}  // namespace moebius
