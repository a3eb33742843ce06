// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <moebius/base/table.hpp>
#include <optional>
#include <vector>

/// Closed forms: what continuation and simulation are checked against.
namespace moebius::exact {

/// The mean load gap m at x and its derivatives: {m, m', m'', m'''}.
using response = std::function<std::array<double, 4>(double x)>;

/// A fold of x' = -decay x + feedback m(x) + bias.
struct fold_point {
    double x = 0;
    double feedback = 0;  ///< decay / m'(x)
    double bias = 0;      ///< decay x - feedback m(x)
};

/// A fold where m'' = 0, and what x' is around it: with xi = x - fold.x, and the parameters moved
/// by df and db, x' = (db + gap df) + slope df xi + cubic xi^3 + higher orders.
struct cusp_point {
    fold_point fold;
    double gap = 0;    ///< m
    double slope = 0;  ///< m'
    double cubic = 0;  ///< feedback m''' / 6; negative where two stable states are born
};

/// Where to look for a response's folds and cusps.
struct interval {
    double from = 0;
    double to = 0;
    std::size_t cells = 2000;  ///< of equal length; structure finer than a cell may be missed
};

/// What x' = -decay x + feedback m(x) + bias does with any m on an interval: m is tabulated at the
/// cells' borders, and what the table brackets is found to rounding by m's derivatives.
///
/// What is found lies inside the interval and comes by rising x, each once; two in one cell are
/// found, too, when the test that vanishes there has a single extremum between them.
/// @cost   cells + 1 evaluations of m, and about ten more for each that is found
/// @source docs/theory.md section 4
class scalar_response {
public:
    /// @throws invalid_argument  if decay is not > 0, or the interval empty, reversed or not finite
    scalar_response(response m, double decay, const interval& where);

    /// The folds at the cells' borders, without places whose slope is 0 or next to it.
    [[nodiscard]] std::vector<fold_point> fold_set() const;

    /// All cusps: where m'' changes sign. A slope below 1e-15 of its peak is noise.
    [[nodiscard]] std::vector<cusp_point> cusps() const;

    /// All folds at a feedback, and at a bias: where (decay x - bias) m' = decay m.
    [[nodiscard]] std::vector<fold_point> folds_at_feedback(double feedback) const;
    [[nodiscard]] std::vector<fold_point> folds_at_bias(double bias) const;

    /// Where x' falls through 0, as far as the table tells such places apart.
    [[nodiscard]] std::size_t stable_states(double feedback, double bias) const;

    /// The fold from which on, up to the feedback `most`, there are two or more stable states at
    /// this bias. Nothing if there are fewer at `most`, whose states must lie in the interval.
    [[nodiscard]] std::optional<double> two_states_from(double bias, double most) const;

private:
    struct sample {
        double x;
        std::array<double, 4> m;
    };

    /// Where a test changes sign that maps (x, m) to its value and its derivative by x.
    template <typename Test>
    [[nodiscard]] std::vector<sample> zeros(Test test) const;

    response m_;
    double decay_;
    std::vector<sample> table_;
};

}  // namespace moebius::exact
