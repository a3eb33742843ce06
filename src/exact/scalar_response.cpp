// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/exact/scalar_response.hpp>

#include "root.hpp"

namespace moebius::exact {
namespace {

void check(double decay, const interval& in) {
    const auto reject = [](const std::string& got, std::string_view needed) {
        throw invalid_argument("scalar_response", got, needed);
    };
    require("scalar_response").positive_and_finite("decay", decay);
    if (!(std::isfinite(in.from) && std::isfinite(in.to) && in.from < in.to))
        reject(fmt::format("the interval is {} to {}", in.from, in.to),
               "it must be finite and rise");
    if (in.cells == 0) reject("the interval has 0 cells", "it needs at least one");
}

double border(const interval& in, std::size_t i) {
    const double share = static_cast<double>(i) / static_cast<double>(in.cells);
    return i == in.cells ? in.to : in.from + (in.to - in.from) * share;
}

/// A test and its slope at a place of the table.
struct tested {
    double x, value, slope;
};

bool opposite(double a, double b) { return (a < 0 && b > 0) || (a > 0 && b < 0); }

/// The zeros of a test between two places where it is not zero.
template <typename Value, typename Slope>
std::vector<double> zeros_between(const tested& a, const tested& b, Value value, Slope slope) {
    if (opposite(a.value, b.value)) return {root_between(value, a.x, b.x)};
    // the test falls towards zero into the cell from both sides: look at its smallest value
    if (!opposite(a.value, a.slope) || opposite(b.value, b.slope)) return {};
    const double turn = root_between(slope, a.x, b.x);
    if (!opposite(a.value, value(turn))) return {};
    return {root_between(value, a.x, turn), root_between(value, turn, b.x)};
}

}  // namespace

scalar_response::scalar_response(response m, double decay, const interval& where)
    : m_(std::move(m)), decay_(decay) {
    check(decay, where);
    for (std::size_t i = 0; i <= where.cells; ++i)
        table_.push_back({border(where, i), m_(border(where, i))});
}

template <typename Test>
std::vector<scalar_response::sample> scalar_response::zeros(Test test) const {
    std::vector<sample> found;
    std::optional<tested> last;  // the last place where the test is not zero
    for (const auto& [x, m] : table_) {
        const auto [value, slope] = test(x, m);
        if (value == 0) continue;
        const tested here{x, value, slope};
        if (last)
            for (const double zero : zeros_between(
                     *last, here, [&](double at) { return test(at, m_(at)).first; },
                     [&](double at) { return test(at, m_(at)).second; }))
                found.push_back({zero, m_(zero)});
        last = here;
    }
    return found;
}

std::vector<fold_point> scalar_response::fold_set() const {
    std::vector<fold_point> found;
    for (const auto& [x, m] : table_)
        if (const double feedback = decay_ / m[1]; std::isfinite(feedback))
            found.push_back({x, feedback, decay_ * x - feedback * m[0]});
    return found;
}

std::vector<cusp_point> scalar_response::cusps() const {
    std::vector<cusp_point> found;
    for (const auto& [x, m] : zeros([](double, const auto& d) { return std::pair{d[2], d[3]}; }))
        if (const double feedback = decay_ / m[1]; std::isfinite(feedback))
            found.push_back(
                {{x, feedback, decay_ * x - feedback * m[0]}, m[0], m[1], feedback * m[3] / 6});
    return found;
}

std::vector<fold_point> scalar_response::folds_at_feedback(double feedback) const {
    const auto test = [&](double, const auto& m) {
        return std::pair{m[1] - decay_ / feedback, m[2]};
    };
    std::vector<fold_point> found;
    for (const auto& [x, m] : zeros(test))
        found.push_back({x, feedback, decay_ * x - feedback * m[0]});
    return found;
}

std::vector<fold_point> scalar_response::folds_at_bias(double bias) const {
    const auto test = [&](double x, const auto& m) {
        const double held = decay_ * x - bias;
        return std::pair{held * m[1] - decay_ * m[0], held * m[2]};
    };
    std::vector<fold_point> found;
    for (const auto& [x, m] : zeros(test))
        if (std::isfinite(decay_ / m[1])) found.push_back({x, decay_ / m[1], bias});
    return found;
}

std::size_t scalar_response::stable_states(double feedback, double bias) const {
    std::size_t count = 0;
    bool above = true;  // far to the left
    for (const auto& [x, m] : table_) {
        const bool now = feedback * m[0] - decay_ * x + bias > 0;
        count += above && !now;
        above = now;
    }
    return count;
}

std::optional<double> scalar_response::two_states_from(double bias, double most) const {
    if (stable_states(most, bias) < 2) return std::nullopt;
    auto folds = folds_at_bias(bias);
    std::sort(folds.begin(), folds.end(),
              [](const auto& a, const auto& b) { return a.feedback > b.feedback; });
    double from = most;
    for (const auto& fold : folds) {  // downwards: between two folds the number stays
        if (!(fold.feedback > 0 && fold.feedback < from)) continue;
        if (stable_states((fold.feedback + from) / 2, bias) < 2) break;
        from = fold.feedback;
    }
    return from;
}

}  // namespace moebius::exact
