// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch.hpp>
#include <cmath>
#include <moebius/backend/backend.hpp>
#include <moebius/base/column_names.hpp>
#include <moebius/base/error.hpp>
#include <moebius/compare/trained_validation.hpp>

using namespace moebius;

namespace {

experiment_options small_design() {
    experiment_options design;
    cluster_options made;
    made.rows = 200;
    design.data = std::make_shared<labelled_data>(gaussian_mixture(made));
    design.experts = 2;
    design.hidden = {2};
    design.varied = "feedback";
    design.values = {0, 4};
    design.seeds = 2;
    design.batch = 8;
    design.record_every = 10;
    return design;
}

/// 8 models: two starts, two feedbacks, two seeds.
trained_validation validated(const watch& watched, std::uint64_t steps = 40) {
    trained_validation_options how;
    how.steps = steps;
    how.theory = {.tokens = 16, .settle = 5, .average = 20, .threads = 1};
    return validate_trained(small_design(), how, *make_backend("cpu", 1), watched);
}

}  // namespace

TEST_CASE("a trained validation that is stopped in training keeps the loads so far", "[compare]") {
    const auto whole = validated({});
    REQUIRE(whole.loads.size() == 8);
    std::atomic<bool> stop = false;
    const watch watched{[&](std::size_t, std::size_t) { stop = true; }, &stop};
    try {
        (void)validated(watched, 4000);
        FAIL("it was not stopped");
    } catch (const cut_short<trained_validation>& cut) {
        const auto& v = cut.so_far;
        REQUIRE(v.loads.size() == 8);
        CHECK(v.points.size() == 4);
        CHECK(v.states[0].step > 0);
        CHECK(v.states[0].step < 4000);
        CHECK_FALSE(std::isnan(gaps_of(v.loads[0]).training));
        CHECK(std::isnan(gaps_of(v.loads[0]).predicted));
        CHECK(std::isnan(gaps_of(v.loads[0]).frozen));
        CHECK_FALSE(v.overall.agrees);
        CHECK(v.overall.sentence == "Interrupted in training: 0 of 8 models were judged.");
        const auto models = trained_models_table(v);
        CHECK(models.rows() == 8);
        CHECK_NOTHROW(check_column_names(models.names));  // feedback is what varies, too
    }
}

TEST_CASE("a trained validation that is stopped amid the theory keeps what was held against it",
          "[compare]") {
    const auto whole = validated({});
    std::atomic<bool> stop = false;
    // Theory counts the 8 models; training counts the 320 batches.
    const watch watched{
        [&](std::size_t done, std::size_t total) { stop = total == 8 && done == 3; }, &stop};
    try {
        (void)validated(watched);
        FAIL("it was not stopped");
    } catch (const cut_short<trained_validation>& cut) {
        const auto& v = cut.so_far;
        REQUIRE(v.loads.size() == 8);
        for (std::size_t r = 0; r < 8; ++r) {
            CHECK(gaps_of(v.loads[r]).training == gaps_of(whole.loads[r]).training);
            if (r < 3)
                CHECK(gaps_of(v.loads[r]).frozen == gaps_of(whole.loads[r]).frozen);
            else
                CHECK(std::isnan(gaps_of(v.loads[r]).frozen));
        }
        CHECK(v.overall.sentence.starts_with("Interrupted while models were held against theory"));
    }
}

TEST_CASE("a trained validation that never started leaves nothing to keep", "[compare][error]") {
    const std::atomic<bool> stop = true;
    try {
        (void)validated({{}, &stop});
        FAIL("it was not stopped");
    } catch (const cut_short<trained_validation>&) {
        FAIL("there is nothing to keep");
    } catch (const interrupted&) {
        SUCCEED();
    }
}

TEST_CASE("the mean of an ensemble in two states is that of both", "[compare][trained]") {
    const auto two = means_of_states({0.9, -0.8, NAN, 0.7, -1}, 0.5);
    CHECK(two.states == 2);
    CHECK(two.low == Approx(-0.9));
    CHECK(two.high == Approx(0.8));
    const auto one = means_of_states({0.9, 0.5, 0.7}, 0.5);
    CHECK(one.states == 1);
    CHECK(one.low == Approx(0.7));
    CHECK(one.high == one.low);
    std::vector<double> stray(20, 0.1);  // one of 21 is no state
    stray.push_back(0.9);
    CHECK(means_of_states(stray, 0.5).states == 1);
    CHECK(std::isnan(means_of_states({NAN}, 0.5).low));
}

TEST_CASE("an onset that is an end of the sweep is no estimate", "[compare][trained]") {
    auto design = small_design();
    trained_validation_options how;
    how.steps = 40;
    how.apart = 0;  // starts are apart everywhere, from the first value on
    how.theory = {.tokens = 16, .settle = 5, .average = 20, .threads = 1};
    const auto v = validate_trained(design, how, *make_backend("cpu", 1));
    for (const auto& onset : v.onsets) CHECK(std::isnan(onset.apart_training));
}
