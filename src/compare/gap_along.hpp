// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <moebius/router/load_response.hpp>
#include <utility>

namespace moebius {

/// The load of the first expert less the mean of the others, m(x), over its lead x in the scores;
/// the others have equal scores.
class gap_along {
public:
    /// @param loads   must outlive this; singletons, or experts that nothing tells apart
    /// @param secant  half the distance over which slopes are taken as differences, for a measured
    ///                response; 0: derivatives
    gap_along(const load_response& loads, double beta, double secant = 0);

    [[nodiscard]] std::size_t experts() const noexcept { return experts_; }

    /// m, m', m'', m''' at x, where the mean of all scores is `center`.
    [[nodiscard]] std::array<double, 4> at(double x, double center) const;

    [[nodiscard]] double value(double x, double center) const;  ///< m alone, in less time

    /// x of equal loads.
    /// @throws invalid_argument  if m has one sign everywhere
    [[nodiscard]] double balance(double center) const;

    /// x of the largest slope: the cusp's.
    [[nodiscard]] double steepest(double center) const;

    /// Largest bias decay x - feedback m(x) on the left of x, and smallest on the right: where the
    /// lower and the upper state end.
    [[nodiscard]] std::pair<double, double> folds(double feedback, double decay, double x) const;

private:
    /// Beyond it the gap is constant to 1e-9.
    [[nodiscard]] double reach(double center) const;

    const load_response& loads_;
    double beta_, secant_;
    std::size_t experts_;
};

}  // namespace moebius
