// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <memory>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>
#include <moebius/compare/held_path.hpp>
#include <moebius/compare/held_prediction.hpp>
#include <moebius/compare/trained_validation.hpp>
#include <vector>

using namespace moebius;

namespace {

constexpr double unset = model_numbers::unset;

experiment_options teacher(std::vector<double> feedbacks) {
    experiment_options options;
    options.data = std::make_shared<labelled_data>(teacher_network({.experts = 2, .rows = 512}));
    options.experts = 2;
    options.hidden = {4};
    options.seeds = 2;
    options.varied = "feedback";
    options.values = std::move(feedbacks);
    options.record_every = 20;
    return options;
}

}  // namespace

TEST_CASE("a gate that does not learn is followed to the rest of its own response",
          "[trained][held]") {
    auto options = teacher({0, 5, 9});
    options.sides.front().numbers.rate = 1e-12;
    trained_validation_options how;
    how.steps = 800;
    held_options held;
    held.follow = true;

    const auto made = predict_from_held(options, how, held, *make_backend("cpu", 2));

    for (const auto& point : made.points) {
        REQUIRE(point.followed.size() == 2);
        CAPTURE(point.side, point.feedback);
        for (std::size_t s = 0; s < 2; ++s) {
            // after 600 batches, 30 relaxation times, no feedback here is within .1 of a fold
            CHECK(point.followed[s] == Approx(point.frozen[s]).margin(2e-3));
        }
    }
    CHECK(made.points[2].followed[0] > 0.8);
    CHECK(made.points[5].followed[0] < -0.8);
    CHECK(made.followed_batches == 6 * 2 * how.steps);
    // A rest is followed to an onset as the frozen gate tells it, but for the margin above
    const auto places = places_of(made, how.apart, held.over);
    CHECK(places.followed[0].value == Approx(places.frozen[0].value).margin(0.02));
    CHECK(std::isnan(places.training[0].value));
}

TEST_CASE("a gate that learns is followed to where free training is", "[trained][held]") {
    const auto options = teacher({-8, 4});
    const auto made = from_both_starts(options, 3);
    const std::uint64_t steps = 600;
    const auto on = make_backend("cpu", 2);
    std::vector<training_state> free;
    for (const auto& run : made.work.runs) free.push_back(begin(run));
    on->train(made.work, free, steps, {});

    const auto followed = follow_rests(made, unset, steps, 2, *on);

    double off = 0, moved = 0;
    for (std::size_t r = 0; r < free.size(); ++r) {
        const double load = late_means(free[r])[2];
        off += std::abs(followed[r] - (2 * load - 1)) / static_cast<double>(free.size());
        moved += std::abs(2 * load - 1) / static_cast<double>(free.size());
    }
    CHECK(moved > 0.3);
    CHECK(off < 0.1 * moved);
}

TEST_CASE("a hold's speed is of held runs alone, and free ones are compared with them",
          "[trained][held]") {
    auto options = teacher({0, 5});
    options.sides.front().numbers.hold_speed = 0.2;
    trained_validation_options how;
    how.steps = 200;
    held_options held;
    held.follow = true;

    const auto made = predict_from_held(options, how, held, *make_backend("cpu", 2));

    CHECK(made.points.size() == 4);
    CHECK(made.points[0].followed.size() == 2);
    CHECK_THROWS_AS(from_both_starts(options, 3), invalid_argument);  // free runs hold nothing
}

TEST_CASE("followed gaps are the same for any number of threads", "[trained][held]") {
    const auto made = from_both_starts(teacher({4}), 3);
    const auto one = follow_rests(made, unset, 100, 1, *make_backend("cpu", 1));
    const auto two = follow_rests(made, unset, 100, 2, *make_backend("cpu", 2));

    for (std::size_t r = 0; r < one.size(); ++r) CHECK(one[r] == two[r]);
}
