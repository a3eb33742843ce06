// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/continuation/collocation.hpp>
#include <numbers>

#include "catch.hpp"

using namespace moebius;

namespace {

/// A function of time in [0, 1] on a mesh as fine everywhere, or near one half only.
template <typename F>
piecewise sampled(const F& f, const Eigen::VectorXd& breaks) {
    piecewise made{breaks, 4, {}};
    made.values.resize(1, made.intervals() * made.degree + 1);
    for (Eigen::Index j = 0; j < made.intervals(); ++j)
        for (Eigen::Index k = 0; k <= made.degree; ++k)
            made.values(0, j * made.degree + k) =
                f(std::lerp(breaks[j], breaks[j + 1], static_cast<double>(k) / 4));
    return made;
}

}  // namespace

TEST_CASE("halves are alike where a cycle moves, not where it rests", "[cycles]") {
    constexpr double tau = 2 * std::numbers::pi;
    const auto wave = [](double subharmonic) {
        return [=](double t) { return std::sin(2 * tau * t) + subharmonic * std::sin(tau * t); };
    };
    const Eigen::VectorXd even = Eigen::VectorXd::LinSpaced(41, 0, 1);
    CHECK(has_alike_halves(sampled(wave(0.01), even)));
    CHECK_FALSE(has_alike_halves(sampled(wave(0.3), even)));
    CHECK_FALSE(has_alike_halves(sampled([](double t) { return std::cos(tau * t); }, even)));

    // At rest but for a thousandth of the period, as next to a homoclinic orbit.
    Eigen::VectorXd fine = 0.3 + 1e-3 * Eigen::ArrayXd::LinSpaced(41, -1, 1);
    fine[0] = 0;
    fine[40] = 1;
    const auto pulse = [](double t) { return std::exp(-std::pow((t - 0.3) / 3e-4, 2)); };
    CHECK_FALSE(has_alike_halves(sampled(pulse, fine)));
}

TEST_CASE("a mesh with alike halves is as fine as the one it comes from", "[cycles]") {
    Eigen::VectorXd breaks(21);
    for (int k = 0; k <= 20; ++k) breaks[k] = std::pow(k / 20.0, 2);
    const auto made = with_alike_halves(breaks);
    REQUIRE(made.size() == breaks.size());
    CHECK(made[0] == 0);
    CHECK(made[20] == 1);
    for (int k = 0; k < 10; ++k) {
        CHECK(made[k] < made[k + 1]);
        CHECK(made[k + 10] == made[k] + 0.5);
    }
}
