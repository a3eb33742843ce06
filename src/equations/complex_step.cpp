// SPDX-License-Identifier: MIT
#include "complex_step.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace moebius::detail {
namespace {

using complex = std::complex<double>;

constexpr double off_line = 0x1p-100;       // off the real line: its square is below all rounding
constexpr double rounding = 1e-13;          // of the terms of a difference: it is 0 below
constexpr double difference_step = 0x1p-7;  // along a direction of length 1

// Central differences of sixth order: weights of the values at 1, 2 and 3 steps (and, of the second
// derivative, at 0).
constexpr std::array first_weights{3.0 / 4, -3.0 / 20, 1.0 / 60};
constexpr std::array second_weights{3.0 / 2, -3.0 / 20, 1.0 / 90};
constexpr double second_weight_at_0 = -49.0 / 18;

double longest_of(std::span<const double> v, std::span<const double> q) {
    double most = 0;
    for (const double c : v) most = std::max(most, std::abs(c));
    for (const double c : q) most = std::max(most, std::abs(c));
    return most;
}

}  // namespace

complex_step::complex_vector complex_step::at(const complex_vector& x,
                                              const complex_vector& p) const {
    complex_vector out(x.size());
    (*function_)(x, p, out);
    return out;
}

void complex_step::value(std::span<const double> x, std::span<const double> p,
                         std::span<double> out) const {
    const auto f = at({x.begin(), x.end()}, {p.begin(), p.end()});
    std::transform(f.begin(), f.end(), out.begin(), [](const complex& c) { return c.real(); });
}

void complex_step::linear(std::span<const double> x, std::span<const double> p,
                          std::span<const std::size_t> free, std::span<double> f,
                          std::span<double> fx, std::span<double> fp) const {
    value(x, p, f);
    complex_vector xs(x.begin(), x.end()), ps(p.begin(), p.end());
    const auto slope = [&](complex& variable, std::span<double> column) {
        const complex real = variable;
        variable += complex(0, off_line);
        const auto there = at(xs, ps);
        variable = real;
        for (std::size_t i = 0; i < column.size(); ++i) column[i] = there[i].imag() / off_line;
    };
    const std::size_t n = x.size();
    for (std::size_t j = 0; j < n; ++j) slope(xs[j], fx.subspan(n * j, n));
    for (std::size_t k = 0; k < free.size(); ++k) slope(ps[free[k]], fp.subspan(n * k, n));
}

void complex_step::along(std::span<const double> x, std::span<const double> p,
                         std::span<const double> v, std::span<const double> q, double scale,
                         std::span<double> out) const {
    const std::size_t n = x.size();
    std::fill(out.begin(), out.end(), 0.0);
    value(x, p, out.first(n));
    const double size = longest_of(v, q);
    if (size == 0) return;
    const auto slopes = [&](double s) {
        complex_vector xs(n), ps(p.size());
        for (std::size_t i = 0; i < n; ++i) xs[i] = {x[i] + s * v[i], off_line * (v[i] / size)};
        for (std::size_t i = 0; i < p.size(); ++i)
            ps[i] = {p[i] + s * q[i], off_line * (q[i] / size)};
        return at(xs, ps);
    };
    std::vector<double> sizes(4 * n);  // of what each difference is made of
    const auto add = [&](std::size_t column, double weight, const complex_vector& values) {
        for (std::size_t i = 0; i < n; ++i) {
            const double term = weight * values[i].imag() * (size / off_line);
            out[n * column + i] += term;
            sizes[n * column + i] += std::abs(term);
        }
    };
    const double h = difference_step * scale / size;
    const auto here = slopes(0);
    add(1, 1, here);
    add(3, second_weight_at_0 / (6 * h * h), here);
    for (std::size_t k = 0; k < first_weights.size(); ++k) {
        const double s = static_cast<double>(k + 1) * h;
        const auto before = slopes(-s), behind = slopes(s);
        add(2, -first_weights[k] / (2 * h), before);
        add(2, first_weights[k] / (2 * h), behind);
        add(3, second_weights[k] / (6 * h * h), before);
        add(3, second_weights[k] / (6 * h * h), behind);
    }
    for (std::size_t i = 2 * n; i < out.size(); ++i)
        if (std::abs(out[i]) < rounding * sizes[i]) out[i] = 0;
}

}  // namespace moebius::detail
