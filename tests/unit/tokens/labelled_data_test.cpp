// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/tokens/labelled_data.hpp>
#include <set>

using namespace moebius;

TEST_CASE("classes are numbered and features scaled", "[labelled_data]") {
    const auto data = labelled({3, 3, {2, -4, 7, 0, 1, 3, 1, 1, 7}});
    CHECK(data.width == 2);
    CHECK(data.classes == 2);
    CHECK(data.labels == std::vector<std::uint32_t>{1, 0, 1});
    CHECK(data.inputs == std::vector<double>{0.5, -1, 0, 0.25, 0.25, 0.25});
    CHECK_THROWS_WITH(labelled({1, 2, {1, 0.5}}),
                      "labelled: line 1 ends in 0.5, but the last column is the class, a whole "
                      "number");
}

TEST_CASE("a split holds out the same share of every class, all rows once", "[labelled_data]") {
    cluster_options made;
    made.clusters = 3;
    made.rows = 300;
    const auto data = gaussian_mixture(made);
    const auto split = stratified_split(data, 0.2, 5);
    CHECK(split.test.size() == 60);
    std::set<std::uint32_t> all(split.train.begin(), split.train.end());
    all.insert(split.test.begin(), split.test.end());
    CHECK(all.size() == 300);
    for (std::uint32_t k = 0; k < 3; ++k)
        CHECK(std::count_if(split.test.begin(), split.test.end(),
                            [&](auto row) { return data.labels[row] == k; }) == 20);
    CHECK(stratified_split(data, 0.2, 5).test == split.test);
    CHECK(stratified_split(data, 0.2, 6).test != split.test);
    CHECK_THROWS_WITH(stratified_split(data, 1, 5),
                      "stratified_split: a test share of 1 came, but it must be in [0, 1)");
}

TEST_CASE("clusters have the asked distance, spread and tight features", "[labelled_data]") {
    cluster_options made;
    made.clusters = 2;
    made.width = 200;
    made.rows = 4000;
    made.tight_features = 50;
    const auto data = gaussian_mixture(made);
    std::vector<double> mean(2 * made.width), square(2 * made.width);
    for (std::size_t r = 0; r < data.rows(); ++r)
        for (std::size_t i = 0; i < made.width; ++i) {
            const double x = data.row(r)[i];
            mean[data.labels[r] * made.width + i] += x / 2000;
            square[data.labels[r] * made.width + i] += x * x / 2000;
        }
    double distance = 0;
    for (std::size_t i = 0; i < made.width; ++i)
        distance += std::pow(mean[i] - mean[made.width + i], 2);
    CHECK(std::sqrt(distance) == Approx(3).epsilon(0.2));  // directions are random
    for (std::size_t k = 0; k < 2; ++k) {
        std::size_t tight = 0;
        for (std::size_t i = k * made.width; i < (k + 1) * made.width; ++i)
            if (std::sqrt(square[i] - mean[i] * mean[i]) < 0.5) ++tight;
        CHECK(tight == 50);
    }
}

TEST_CASE("a teacher's groups and classes are all there", "[labelled_data]") {
    const auto data = teacher_network({});
    for (std::uint32_t k = 0; k < 4; ++k) {
        const auto is = [k](auto value) { return value == k; };
        CHECK(std::count_if(data.groups.begin(), data.groups.end(), is) > 300);
        CHECK(std::count_if(data.labels.begin(), data.labels.end(), is) > 300);
    }
}

TEST_CASE("corruptions do what they say", "[labelled_data]") {
    labelled_data image{16, 1, {}, {0}};
    for (int i = 1; i <= 16; ++i) image.inputs.push_back(i);
    SECTION("shift") {
        const auto moved = corrupt(image, {.shift = 1}, 1);
        CHECK(moved.inputs[5] == 1);
        CHECK(moved.inputs[15] == 11);
        CHECK(std::count(moved.inputs.begin(), moved.inputs.end(), 0) == 7);
    }
    SECTION("occlusion") {
        const auto dark = corrupt(image, {.occlusion = 2}, 3);
        CHECK(std::count(dark.inputs.begin(), dark.inputs.end(), 0) == 4);
    }
    SECTION("noise") {
        labelled_data many{1, 1, std::vector<double>(20000), std::vector<std::uint32_t>(20000)};
        const auto noisy = corrupt(many, {.noise = 0.5}, 2);
        double square = 0;
        for (const double x : noisy.inputs) square += x * x / 20000;
        CHECK(std::sqrt(square) == Approx(0.5).epsilon(0.02));
    }
    SECTION("no image") {
        const labelled_data flat{15, 1, std::vector<double>(15), {0}};
        CHECK_THROWS_WITH(corrupt(flat, {.shift = 1}, 1),
                          "corrupt: 1 pixels came for 15 features, but they must be those of a "
                          "square image that is larger");
    }
}

TEST_CASE("classes that doubles merge, or more than anyone has, are refused",
          "[labelled_data][error]") {
    CHECK_THROWS_WITH(labelled({1, 2, {1, 9007199254740992}}), ContainsSubstring("below 2^53"));
    token_table many{70000, 2, {}};
    for (std::size_t row = 0; row < many.rows; ++row)
        many.values.insert(many.values.end(), {1, static_cast<double>(row)});
    CHECK_THROWS_WITH(labelled(std::move(many)), ContainsSubstring("more than 65536 classes came"));
    CHECK_THROWS_WITH(labelled({1, 65538, std::vector<double>(65538)}),
                      ContainsSubstring("65537 features came"));
}
