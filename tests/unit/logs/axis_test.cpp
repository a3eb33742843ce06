// SPDX-License-Identifier: MIT
// Arrays whose axes are in another order than they are read in.
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <catch.hpp>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

using place = std::array<std::size_t, 3>;  // step, layer, expert
constexpr place sizes{12, 24, 8};

/// Choices of each step, layer and expert that sum to `total` of its step and layer.
std::vector<double> counts(const std::function<int(const place&)>& total) {
    std::mt19937 random(5);
    std::vector<double> out;
    for (std::size_t s = 0; s < sizes[0]; ++s)
        for (std::size_t l = 0; l < sizes[1]; ++l) {
            std::vector<double> row(sizes[2], 0);
            for (int t = 0; t < total({s, l, 0}); ++t) ++row[random() % (1 + random() % sizes[2])];
            out.insert(out.end(), row.begin(), row.end());
        }
    return out;
}

/// What is told of a log of them whose axes are turned.
/// @param axes   of step, layer and expert, in the order of the file
/// @param scale  of each number
std::vector<std::string> told(const std::vector<double>& of, const place& axes, double scale = 1) {
    const place turned{sizes[axes[0]], sizes[axes[1]], sizes[axes[2]]};
    std::string data;
    place at{};
    for (at[0] = 0; at[0] < turned[0]; ++at[0])
        for (at[1] = 0; at[1] < turned[1]; ++at[1])
            for (at[2] = 0; at[2] < turned[2]; ++at[2]) {
                place from{};
                for (std::size_t a = 0; a < 3; ++a) from[axes[a]] = at[a];
                const double value =
                    of[(from[0] * sizes[1] + from[1]) * sizes[2] + from[2]] * scale;
                sample::append(data, static_cast<float>(value));
            }
    const auto log = sample::open(
        {sample::npy("<f4", fmt::format("({}, {}, {})", turned[0], turned[1], turned[2]), data)});
    (void)sample::cells_of(*log.source);
    auto out = log.notes;
    for (auto& one : log.source->notes_at_end()) out.push_back(one);
    return out;
}

bool says_axes(const std::vector<std::string>& notes) {
    return sample::says(notes, "numpy.moveaxis") || sample::says(notes, "numpy.swapaxes");
}

constexpr place right{0, 1, 2}, experts_second{0, 2, 1}, steps_second{1, 0, 2};

}  // namespace

TEST_CASE("an array whose totals say that experts are not on its last axis is told", "[logs]") {
    const auto of = counts([](const place&) { return 300; });
    for (const double scale : {1.0, 1 / 300.0}) {
        CHECK(sample::says(told(of, experts_second, scale), "numpy.moveaxis(x, 1, -1)"));
        CHECK_FALSE(says_axes(told(of, right, scale)));
    }
}

TEST_CASE("experts before the last axis are told where layers or steps have sums of their own",
          "[logs]") {
    const auto of_layers = counts([](const place&at) { return at[1] % 5 == 2 ? 330 : 300; }),
               of_steps = counts([](const place&at) { return 200 + 7 * static_cast<int>(at[0]); });
    for (const auto* of : {&of_layers, &of_steps})
        for (const double scale : {1.0, 1 / 300.0}) {
            CHECK(sample::says(told(*of, experts_second, scale), "numpy.moveaxis(x, 1, -1)"));
            CHECK_FALSE(says_axes(told(*of, right, scale)));
        }
    CHECK(
        sample::says(told(of_layers, experts_second), "its numbers sum to the same in each step"));
    CHECK(sample::says(told(of_steps, experts_second), "to the same everywhere in a step"));
    // of each layer and step a sum of its own: nothing tells
    const auto of_both =
        counts([](const place& at) { return 200 + static_cast<int>((5 * at[0] + 3 * at[1]) % 7); });
    CHECK_FALSE(says_axes(told(of_both, experts_second)));
}

TEST_CASE("a log of turned axes is one to the end, unless its experts are told", "[logs]") {
    const auto of = counts([](const place&) { return 300; });
    std::string rows, turned;
    for (std::size_t s = 0; s < sizes[0]; ++s)
        for (std::size_t e = 0; e < sizes[2]; ++e)
            for (std::size_t l = 0; l < sizes[1]; ++l)
                sample::append(turned, static_cast<float>(of[(s * sizes[1] + l) * sizes[2] + e]));
    for (const double one : of) sample::append(rows, static_cast<float>(one));
    const auto is_turned = [](const std::string& bytes, const log_options& options = {}) {
        const auto log = sample::open({bytes}, options);
        (void)sample::cells_of(*log.source);
        return log.source->is_turned();
    };
    const auto array = sample::npy("<f4", "(12, 8, 24)", turned);
    CHECK(is_turned(array));
    CHECK(is_turned(sample::zip({{"counts.npy", array}})));
    CHECK_FALSE(is_turned(array, {.experts = 24}));
    CHECK_FALSE(is_turned(sample::npy("<f4", "(12, 24, 8)", rows)));
}

TEST_CASE("an array whose totals change along the axis of its layers alone is told", "[logs]") {
    const auto of = counts([](const place& at) { return 200 + 7 * static_cast<int>(at[0]); });
    // sizes[0] rows of their own are too few to be no layers
    CHECK_FALSE(says_axes(told(of, steps_second)));
    const auto layers = counts([](const place& at) { return 200 + 7 * static_cast<int>(at[1]); });
    CHECK(sample::says(told(layers, right), "numpy.swapaxes(x, 0, 1)"));
}

TEST_CASE("what is dropped, even or of layers of two kinds says nothing of axes", "[logs]") {
    std::mt19937 random(6);
    CHECK_FALSE(says_axes(told(counts([&](const place&) { return 300 - random() % 9; }), right)));
    CHECK_FALSE(
        says_axes(told(counts([](const place& at) { return at[1] % 2 == 0 ? 300 : 600; }), right)));
    CHECK_FALSE(says_axes(told(counts([](const place& at) { return 100 + at[0]; }), right)));
    // a counter that is not updated
    auto still = counts([](const place& at) { return 200 + 7 * static_cast<int>(at[1]); });
    const auto width = static_cast<std::ptrdiff_t>(sizes[1] * sizes[2]);
    for (auto to = still.begin() + width; to != still.end(); to += width)
        std::copy_n(still.begin(), width, to);
    CHECK_FALSE(says_axes(told(still, right)));
    const std::vector<double> even(sizes[0] * sizes[1] * sizes[2], 25);
    for (const auto& axes : {right, experts_second, steps_second})
        CHECK_FALSE(says_axes(told(even, axes)));
}

TEST_CASE("more layers than any model has are told as they were read", "[logs]") {
    const auto notes_of = [](const std::string& shape, std::size_t count) {
        std::string data;
        for (std::size_t i = 0; i < count; ++i) sample::append(data, static_cast<float>(i % 7));
        return sample::open({sample::npy("<f4", shape, data)}).notes;
    };
    CHECK(sample::says(notes_of("(5, 300, 4)", 6000), "5 steps of 300 layers of 4 experts"));
    CHECK(notes_of("(300, 5, 4)", 6000).empty());
    CHECK(notes_of("(5, 128, 4)", 2560).empty());
}

TEST_CASE("an array of two axes with the experts first is told", "[logs]") {
    std::mt19937 random(7);
    std::string data, turned;
    std::vector<std::vector<float>> rows(40, std::vector<float>(6, 0));
    for (auto& row : rows)
        for (int t = 0; t < 100; ++t) ++row[random() % 6];
    for (const auto& row : rows)
        for (const float one : row) sample::append(data, one);
    for (std::size_t e = 0; e < 6; ++e)
        for (const auto& row : rows) sample::append(turned, row[e]);
    const auto notes_of = [](const std::string& shape, const std::string& of) {
        const auto log = sample::open({sample::npy("<f4", shape, of)});
        (void)sample::cells_of(*log.source);
        return log.source->notes_at_end();
    };
    CHECK(sample::says(notes_of("(6, 40)", turned), "numpy.moveaxis(x, 0, -1)"));
    CHECK(notes_of("(40, 6)", data).empty());
}
