// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <moebius/base/watch.hpp>
#include <moebius/exact/scalar_response.hpp>
#include <moebius/router/load_response.hpp>
#include <vector>

namespace moebius {

/// Scores (experts) of mean `center`, the first x above the others, which are equal.
[[nodiscard]] std::vector<double> led_by(double x, double center, std::size_t experts);

/// The load of the first expert less the mean of the others, m(x), over its lead x in the scores;
/// the others have equal scores.
class gap_along {
public:
    /// @param loads   must outlive this; singletons, or experts that nothing tells apart
    /// @param secant  half the distance over which slopes are taken as differences, for a measured
    ///                response; 0: derivatives
    /// @param stop    watch::stop; what asks for m then ends with `interrupted`
    gap_along(const load_response& loads, double beta, double secant = 0,
              const std::atomic<bool>* stop = nullptr);

    [[nodiscard]] std::size_t experts() const noexcept { return experts_; }
    [[nodiscard]] bool smoothed() const noexcept { return secant_ > 0; }

    /// m, m', m'', m''' at x, where the mean of all scores is `center`. Smoothed: m, and the
    /// derivatives of its mean over x - secant to x + secant.
    [[nodiscard]] std::array<double, 4> at(double x, double center) const;

    [[nodiscard]] double value(double x, double center) const;  ///< m alone, in less time

    /// The same as functions of x alone, which live no longer than the loads: `at`, and what it is
    /// without smoothing.
    [[nodiscard]] exact::response smooth(double center) const;
    [[nodiscard]] exact::response plain(double center) const;

    /// x of equal loads.
    /// @throws invalid_argument  if m has one sign everywhere
    [[nodiscard]] double balance(double center) const;

    /// Beyond it, to both sides, the gap is constant to 1e-9.
    [[nodiscard]] double reach(double center) const;

private:
    [[nodiscard]] double lead_of(std::span<const double> p) const;

    const load_response& loads_;
    double beta_, secant_;
    std::size_t experts_;
    watch watched_;
};

}  // namespace moebius
