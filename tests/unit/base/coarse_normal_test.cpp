// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <moebius/base/coarse_normal.hpp>
#include <numbers>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The pair in double, from the definition.
std::pair<double, double> exact(std::uint32_t word) {
    const double radius = std::sqrt(-2 * std::log(((word >> 12) + 0.5) / (1 << 20)));
    const double eighth = (((word & 1023) + 0.5) / 1024 - 0.5) * std::numbers::pi / 2;
    const double angle = eighth + ((word >> 10) & 3) * std::numbers::pi / 2;
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

TEST_CASE("coarse normals are Box and Muller's on a grid", "[base][oracle]") {
    double worst = 0;
    for (std::uint64_t word = 0; word < (std::uint64_t{1} << 32); word += 65'521) {
        const auto w = static_cast<std::uint32_t>(word);
        const auto [a, b] = coarse_normals(w);
        const auto [x, y] = exact(w);
        worst = std::max(
            {worst, std::abs(double{a} - x) / std::abs(x), std::abs(double{b} - y) / std::abs(y)});
    }
    CHECK(worst < 2e-5);  // two polynomials of 7e-6 and 1.2e-5
}

TEST_CASE("coarse normals have the moments of normals, and their ends", "[base][oracle]") {
    double square = 0, fourth = 0, cross = 0;
    std::size_t count = 0;
    for (std::uint32_t radius = 0; radius < (1U << 20); ++radius)
        for (std::uint32_t eighth = 0; eighth < 8; ++eighth) {  // enough angles for 4th moments
            const auto [a, b] = coarse_normals(radius << 12 | (eighth * 512 + 17));
            square += double{a} * double{a};
            fourth += std::pow(double{a}, 4);
            cross += double{a} * double{b};
            ++count;
        }
    const auto n = static_cast<double>(count);
    CHECK(square / n == Approx(1).epsilon(4e-5));  // twice the polynomials' error
    CHECK(fourth / n == Approx(3).epsilon(8e-5));
    CHECK(std::abs(cross / n) < 4e-5);

    const auto [far, beside] = coarse_normals(0);
    CHECK(std::hypot(far, beside) == Approx(5.4).epsilon(0.001));  // sqrt(2 ln 2^21)
    const auto [near, too] = coarse_normals(~0U);
    CHECK(std::hypot(near, too) == Approx(std::sqrt(0x1p-20)).epsilon(1e-4));
}
