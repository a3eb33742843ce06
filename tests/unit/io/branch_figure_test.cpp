// SPDX-License-Identifier: MIT
#include <array>
#include <catch.hpp>
#include <cmath>
#include <moebius/io/branch_figure.hpp>

using namespace moebius;

TEST_CASE("a measured branch is drawn by its stability, with errors and folds", "[io]") {
    measured_branch branch;
    for (const auto& [lead, gap, feedback, growth] :
         {std::array{1.0, 0.1, 9.0, 0.2}, std::array{2.0, 0.3, 6.0, 0.1},
          std::array{4.0, 0.7, 5.5, -0.1}, std::array{6.0, 0.9, 7.0, -0.4}})
        branch.points.push_back({lead, gap, 0.01, feedback, 0.25, growth, 0.02});
    branch.folds.push_back({3, 0.1, 5.4, 0.05});

    const auto drawn = branch_figure(branch);

    REQUIRE(drawn.layers.size() == 4);
    const auto &stable = drawn.layers[0], &unstable = drawn.layers[1], &points = drawn.layers[2],
               &folds = drawn.layers[3];
    CHECK(stable.look == layer_look::solid);
    CHECK(stable.x == std::vector<double>{5.5, 7.0});
    CHECK(unstable.look == layer_look::dashed);
    REQUIRE(unstable.x.size() == 4);  // as far as the stable part, and the pen is lifted
    CHECK(unstable.x[2] == 5.5);
    CHECK(std::isnan(unstable.x[3]));
    CHECK(points.error == std::vector<double>(4, 0.25));
    CHECK(points.error_in_x);
    CHECK(folds.x == std::vector<double>{5.4});
    CHECK(folds.y[0] == Approx(0.5));  // half-way between the points about it
    CHECK(has_points(drawn));
}
