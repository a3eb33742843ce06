// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/dynamics/gap_table.hpp>

namespace moebius {
namespace {

struct node {
    double gap;
    double slope;
};

/// m and m' out of a two-expert model, whatever its feedback.
class response {
public:
    explicit response(const problem& at) : at_(at) {
        if (at.model->dimension() != 1 || at.model->experts() != 2)
            throw invalid_argument("gap_table",
                                   fmt::format("{} has {} states and {} experts", at.model->name(),
                                               at.model->dimension(), at.model->experts()),
                                   "one state and two experts are needed");
        at_.set("feedback", 1);
        at_.set("bias", 0);
        decay_ = at_.parameters[at_.index_of("decay")];
        fp_.resize(at_.parameters.size());
    }

    node at(double x) {  // f = m - decay x
        double f = 0, fx = 0;
        at_.model->linear(view(x), at_.parameters, view(f), view(fx), fp_);
        return {f + decay_ * x, fx + decay_};
    }

private:
    problem at_;
    double decay_ = 1;
    std::vector<double> fp_;
};

/// c0 + c1 s + c2 s^2 + c3 s^3 on [0, 1] through two nodes `width` apart, without overshoot.
std::array<double, 4> hermite(const node& a, const node& b, double width) {
    const double rise = b.gap - a.gap;
    const auto slope = [&](double d) {
        return std::clamp(d * width, 0.0, 3 * std::max(rise, 0.0));
    };
    const double d0 = slope(a.slope), d1 = slope(b.slope);
    return {a.gap, d0, 3 * rise - 2 * d0 - d1, d0 + d1 - 2 * rise};
}

double middle(const std::array<double, 4>& c) { return c[0] + c[1] / 2 + c[2] / 4 + c[3] / 8; }

}  // namespace

gap_table::gap_table(const problem& at, double low, double high, const watch& watched) : low_(low) {
    if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
        throw invalid_argument("gap_table", fmt::format("the range is {} to {}", low, high),
                               "it must be finite and go upwards");
    response m(at);
    const std::size_t first = 64, most = std::size_t{1} << 20;
    const auto place = [&](std::size_t i, std::size_t n) {
        return low + (high - low) * (static_cast<double>(i) / static_cast<double>(n));
    };
    std::vector<node> nodes;
    for (std::size_t i = 0; i <= first; ++i) nodes.push_back(m.at(place(i, first)));
    for (double worst = 1; worst > tolerance;) {
        const std::size_t n = nodes.size() - 1;
        if (n > most)
            throw invalid_argument("gap_table", "the load gap is too steep to be tabulated",
                                   "2^20 cells must resolve it");
        std::vector<node> finer;
        worst = 0;
        for (std::size_t i = 0; i < n; ++i) {
            if (watched.stopping()) throw interrupted("gap_table");
            const node between = m.at(place(2 * i + 1, 2 * n));
            const auto cell =
                hermite(nodes[i], nodes[i + 1], (high - low) / static_cast<double>(n));
            worst = std::max(worst, std::abs(middle(cell) - between.gap));
            finer.push_back(nodes[i]);
            finer.push_back(between);
        }
        finer.push_back(nodes.back());
        nodes = std::move(finer);
    }
    const auto n = static_cast<double>(nodes.size() - 1);
    per_unit_ = n / (high - low);
    for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
        cells_.push_back(hermite(nodes[i], nodes[i + 1], (high - low) / n));
    cells_.push_back({nodes.back().gap, 0, 0, 0});
}

}  // namespace moebius
