// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/exact/scalar_response.hpp>

#include "root.hpp"

namespace moebius::exact {
namespace {

void check_decay(std::string_view where, double decay) {
    if (!(decay > 0 && std::isfinite(decay)))
        throw invalid_argument(where, fmt::format("decay is {}", decay),
                               "it must be finite and > 0");
}

void check(std::string_view where, double decay, const interval& in) {
    check_decay(where, decay);
    if (!(std::isfinite(in.from) && std::isfinite(in.to) && in.from < in.to))
        throw invalid_argument(where, fmt::format("the interval is {} to {}", in.from, in.to),
                               "it must be finite and rise");
    if (in.cells == 0)
        throw invalid_argument(where, "the interval has 0 cells", "it needs at least one");
}

double border(const interval& in, std::size_t i) {
    const double share = static_cast<double>(i) / static_cast<double>(in.cells);
    return i == in.cells ? in.to : in.from + (in.to - in.from) * share;
}

std::optional<fold_point> fold_of(const std::array<double, 4>& m, double decay, double x) {
    const double feedback = decay / m[1];
    if (!std::isfinite(feedback)) return std::nullopt;
    return fold_point{x, feedback, decay * x - feedback * m[0]};
}

/// A place on the scan: m'' and m''' there.
struct sample {
    double x, second, third;
};

sample sample_at(const response& m, double x) {
    const auto d = m(x);
    return {x, d[2], d[3]};
}

bool opposite(double a, double b) { return (a < 0 && b > 0) || (a > 0 && b < 0); }

/// Adds the zeros of m'' between two places where it is not zero.
void add_zeros(const response& m, const sample& a, const sample& b, std::vector<double>& zeros) {
    const auto second = [&m](double x) { return m(x)[2]; };
    if (opposite(a.second, b.second)) {
        zeros.push_back(root_between(second, a.x, b.x));
        return;
    }
    // |m''| falls into the cell from both sides: look at its smallest value
    if (!opposite(a.second, a.third) || opposite(b.second, b.third)) return;
    const double turn = root_between([&m](double x) { return m(x)[3]; }, a.x, b.x);
    if (!opposite(a.second, second(turn))) return;
    zeros.push_back(root_between(second, a.x, turn));
    zeros.push_back(root_between(second, turn, b.x));
}

}  // namespace

std::optional<fold_point> fold_at(const response& m, double decay, double x) {
    check_decay("fold_at", decay);
    if (!std::isfinite(x))
        throw invalid_argument("fold_at", fmt::format("x is {}", x), "it must be finite");
    return fold_of(m(x), decay, x);
}

table fold_set(const response& m, double decay, const interval& where) {
    check("fold_set", decay, where);
    table set{{"feedback", "bias", "x"}, {{}, {}, {}}};
    for (std::size_t i = 0; i <= where.cells; ++i) {
        const double x = border(where, i);
        const auto fold = fold_of(m(x), decay, x);
        if (!fold) continue;
        set.columns[0].push_back(fold->feedback);
        set.columns[1].push_back(fold->bias);
        set.columns[2].push_back(fold->x);
    }
    return set;
}

std::vector<cusp_point> cusps(const response& m, double decay, const interval& where) {
    check("cusps", decay, where);
    std::vector<double> zeros;
    std::optional<sample> last;  // the last place where m'' is not zero
    for (std::size_t i = 0; i <= where.cells; ++i) {
        const sample here = sample_at(m, border(where, i));
        if (here.second == 0) continue;
        if (last) add_zeros(m, *last, here, zeros);
        last = here;
    }
    std::vector<cusp_point> found;
    for (const double x : zeros) {
        const auto d = m(x);
        if (const auto fold = fold_of(d, decay, x))
            found.push_back({*fold, d[0], d[1], fold->feedback * d[3] / 6});
    }
    return found;
}

}  // namespace moebius::exact
