// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/continuation/state_units.hpp>
#include <moebius/model/in_units.hpp>
#include <moebius/solve/dense.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;

constexpr double far_from_one = 100;     // a unit that is worth it
constexpr std::size_t most_states = 64;  // beyond, the least squares take seconds
constexpr std::size_t most_pairs = 16;   // states of which products are looked at, too
constexpr int most_passes = 4;
constexpr double noise = 1e-12;  // of what a difference of coefficients is made of

/// Sizes of the coefficients of one monomial in all equations.
struct monomial {
    std::vector<std::size_t> factors;  ///< states, one for each degree
    std::vector<double> size;          ///< (n): the largest at the ends of the ranges
};

/// The Taylor polynomial of f at x = 0, to third order in one and in two states.
class expansion {
public:
    explicit expansion(const problem& at) : at_(at), n_(at.model->dimension()) {
        for (std::size_t i = 0; i < n_; ++i) pure_.push_back(along(i, i, 0));
    }

    [[nodiscard]] std::vector<monomial> terms() const {
        std::vector<monomial> all{{{}, column(pure_[0], 0)}};
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t k = 1; k < size; ++k)
                all.push_back({std::vector<std::size_t>(k, i), column(pure_[i], k)});
        for (std::size_t j = 1; n_ <= most_pairs && j < n_; ++j)
            for (std::size_t i = 0; i < j; ++i) add_products(i, j, all);
        return all;
    }

private:
    static constexpr std::size_t size = 4;  // coefficients along a line
    using coefficients = std::vector<double>;

    /// Coefficients along e_i + sign e_j. Shape (n, size)
    [[nodiscard]] coefficients along(std::size_t i, std::size_t j, double sign) const {
        coefficients x(n_), v(n_), q(at_.parameters.size()), out(size * n_);
        v[i] = 1;
        if (i != j) v[j] = sign;
        at_.model->along(x, at_.parameters, v, q, out);
        return out;
    }
    [[nodiscard]] coefficients column(const coefficients& of, std::size_t k) const {
        const auto from = of.begin() + static_cast<std::ptrdiff_t>(k * n_);
        return {from, from + static_cast<std::ptrdiff_t>(n_)};
    }

    /// x_i x_j, x_i^2 x_j and x_i x_j^2: what the lines along e_i + e_j and e_i - e_j have besides
    /// the powers of x_i and x_j alone.
    void add_products(std::size_t i, std::size_t j, std::vector<monomial>& to) const {
        const auto plus = along(i, j, 1), minus = along(i, j, -1);
        const auto &a = pure_[i], &b = pure_[j];
        coefficients ij(n_), iij(n_), ijj(n_);
        for (std::size_t row = 0; row < n_; ++row) {
            const std::size_t two = 2 * n_ + row, three = 3 * n_ + row;
            ij[row] = difference(plus[two], a[two] + b[two]);
            iij[row] = difference((plus[three] - minus[three]) / 2, b[three]);
            ijj[row] = difference((plus[three] + minus[three]) / 2, a[three]);
        }
        to.push_back({{i, j}, std::move(ij)});
        to.push_back({{i, i, j}, std::move(iij)});
        to.push_back({{i, j, j}, std::move(ijj)});
    }

    /// Zero where it is rounding.
    [[nodiscard]] static double difference(double a, double b) {
        return std::abs(a - b) > noise * (std::abs(a) + std::abs(b)) ? a - b : 0;
    }

    const problem& at_;
    std::size_t n_;
    std::vector<coefficients> pure_;
};

/// At all corners of the ranges: sizes are the largest ones.
std::vector<monomial> terms_over(problem at, const std::vector<parameter_range>& ranges) {
    std::vector<monomial> largest;
    for (std::size_t corner = 0; corner < std::size_t{1} << ranges.size(); ++corner) {
        for (std::size_t k = 0; k < ranges.size(); ++k)
            at.parameters[at.index_of(ranges[k].name)] =
                (corner >> k) % 2 == 0 ? ranges[k].from : ranges[k].to;
        auto terms = expansion(at).terms();
        for (std::size_t t = 0; t < terms.size(); ++t)
            for (std::size_t row = 0; row < terms[t].size.size(); ++row) {
                double& size = terms[t].size[row];
                size = std::abs(size);
                if (corner > 0) size = std::max(size, largest[t].size[row]);
            }
        largest = std::move(terms);
    }
    return largest;
}

/// The least squares of log(size) + sum of log(unit) over factors + log(scale of the equation); of
/// several minima the one next to units of 1.
std::vector<double> balanced(const std::vector<monomial>& terms, std::size_t n) {
    std::vector<std::pair<const monomial*, std::size_t>> rows;
    for (const auto& term : terms)
        for (std::size_t row = 0; row < n; ++row) {
            if (!std::isfinite(term.size[row])) return std::vector<double>(n, 1);
            if (term.size[row] > 0) rows.emplace_back(&term, row);
        }
    const auto count = static_cast<Index>(rows.size()), width = static_cast<Index>(2 * n);
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(count, width);
    Eigen::VectorXd b(count);
    for (Index r = 0; r < count; ++r) {
        const auto& [term, row] = rows[static_cast<std::size_t>(r)];
        for (const std::size_t i : term->factors) a(r, static_cast<Index>(i)) += 1;
        a(r, static_cast<Index>(n + row)) = 1;
        b[r] = -std::log2(term->size[row]);
    }
    const Eigen::VectorXd logs = least_squares(a, b, 1e-9);
    std::vector<double> units;
    for (std::size_t i = 0; i < n; ++i)
        units.push_back(std::exp2(std::round(logs[static_cast<Index>(i)])));
    return units;
}

bool is_ordinary(double unit) { return unit <= far_from_one && unit >= 1 / far_from_one; }

/// The states of a row or column of a table, position by position.
void multiply(std::vector<double>& values, double by) {
    for (double& value : values) value *= by;
}

/// A branch of cycles without loads shows the least and the greatest value of each state.
void leave_units(branch& curve, const std::vector<double>& units) {
    auto& [names, columns] = curve.columns;
    const auto period = std::find(names.begin(), names.end(), "period");
    const bool cycles = is_of_cycles(curve.kind);
    if (cycles && period == names.end()) return;
    const auto loads = std::find(names.begin(), names.end(), cycles ? "load_1_min" : "");
    if (loads != names.end()) return;
    const auto first = cycles ? static_cast<std::size_t>(period - names.begin()) + 1
                              : std::size_t{curve.kind == "equilibrium" ? 1u : 2u};
    const std::size_t each = cycles ? 2 : 1;
    for (std::size_t i = 0; i < units.size(); ++i)
        for (std::size_t k = 0; k < each; ++k) multiply(columns.at(first + each * i + k), units[i]);
}

void convert(special_point& point, const std::vector<double>& factors) {
    const std::size_t n = factors.size();
    for (std::size_t i = 0; i < point.state.size() && i < n; ++i) point.state[i] *= factors[i];
    if (!point.cycle) return;
    for (std::size_t k = 0; k < point.cycle->states.size(); ++k)
        point.cycle->states[k] *= factors[k % n];
}

}  // namespace

std::vector<double> state_units(const problem& at, const std::vector<parameter_range>& ranges) {
    const std::size_t n = at.model->dimension();
    std::vector<double> units(n, 1);
    if (at.model->state_scales(at.parameters, units)) return units;
    if (at.model->knows_scale() || n > most_states) return {};
    // Once states are nearly of one size, products show that rounding hid before.
    for (int pass = 0; pass < most_passes; ++pass) {
        const auto better = balanced(terms_over(in_units(at, units), ranges), n);
        for (std::size_t i = 0; i < n; ++i) units[i] *= better[i];
        if (std::all_of(better.begin(), better.end(), [](double unit) { return unit == 1; })) break;
    }
    if (std::all_of(units.begin(), units.end(), is_ordinary)) return {};
    return units;
}

problem_in_units::problem_in_units(const problem& at)
    : units_(state_units(at, {})), on_(units_.empty() ? at : in_units(at, units_)) {}

void problem_in_units::enter(std::span<double> x) const {
    for (std::size_t i = 0; i < units_.size(); ++i) x[i] /= units_[i];
}

void problem_in_units::leave(std::span<double> x) const {
    for (std::size_t i = 0; i < units_.size(); ++i) x[i] *= units_[i];
}

special_point point_in_units(special_point point, const std::vector<double>& units) {
    std::vector<double> inverse;
    for (const double unit : units) inverse.push_back(1 / unit);
    convert(point, inverse);
    return point;
}

void leave_units(diagram& of, const std::vector<double>& units, std::size_t branch,
                 std::size_t point) {
    for (; branch < of.branches.size(); ++branch) leave_units(of.branches[branch], units);
    for (; point < of.special_points.size(); ++point) convert(of.special_points[point], units);
}

}  // namespace moebius
