// SPDX-License-Identifier: MIT
#include <cmath>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/train/experiment.hpp>
#include <moebius/train/statistics.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

experiment_options small_experiment() {
    experiment_options options;
    options.data = std::make_shared<labelled_data>(gaussian_mixture({.rows = 64}));
    options.experts = 2;
    options.hidden = {4};
    options.varied = "feedback";
    options.values = {0, 2, 4};
    options.seeds = 2;
    options.record_every = 2;
    options.batch = 8;
    return options;
}

}  // namespace

TEST_CASE("an experiment is paired by seeds", "[experiment]") {
    auto options = small_experiment();
    options.sides.push_back({{"top-k,k=2"}, {}});
    options.sides[1].numbers.lead = 1.5;
    const auto made = make_experiment(options);
    CHECK(made.sides() == 2);
    CHECK(made.points() == 3);
    CHECK(made.seeds() == 2);
    REQUIRE(made.work.runs.size() == 12);
    for (std::size_t point = 0; point < 3; ++point)
        for (std::size_t s = 0; s < 2; ++s) {
            const auto &a = made.work.runs[made.run(0, point, s)],
                       &b = made.work.runs[made.run(1, point, s)];
            CHECK(a.seed == b.seed);
            CHECK(a.rows == b.rows);
            CHECK(a.rule.feedback == options.values[point]);
            CHECK(b.scores == std::vector<double>{1.5, 0});
            CHECK(made.places[made.run(1, point, s)].varied == options.values[point]);
        }
    CHECK(made.work.runs[made.run(1, 0, 0)].model->routing()->name() == "top-k");
}

TEST_CASE("what an experiment cannot be made of is a sentence", "[experiment][error]") {
    const auto sentence = [](auto change) {
        auto options = small_experiment();
        change(options);
        try {
            (void)make_experiment(options);
        } catch (const invalid_argument& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(sentence([](auto& o) { o.seeds = 0; }) ==
          "train: no seeds or no points came, but at least one is needed");
    CHECK(sentence([](auto& o) { o.seeds = std::size_t{1} << 60; }).find("at most 1e+06") !=
          std::string::npos);
    CHECK(sentence([](auto& o) { o.ramp = 3; }).starts_with("--ramp: 3 came"));
    CHECK(sentence([](auto& o) { o.varied = "feedbak"; }).find("did you mean 'feedback'") !=
          std::string::npos);
    CHECK(sentence([](auto& o) { o.sides[0].numbers.hidden = 2.5; }) ==
          "hidden: 2.5 came, but it must be a whole number from 0");
    CHECK(sentence([](auto& o) { o.sides[0].numbers.keep = 1; }).starts_with("keep: 1 came"));
}

TEST_CASE("means and paired differences by hand", "[statistics]") {
    auto options = small_experiment();
    options.sides.push_back({});
    const auto made = make_experiment(options);
    std::vector<training_state> states;
    for (const auto& run : made.work.runs) states.push_back(begin(run));
    states[made.run(0, 2, 1)].diverged_at = 3;
    training_report report{made, states, std::vector<model_measures>(states.size()), {}, {}, 0.9};
    for (std::size_t r = 0; r < states.size(); ++r) {
        report.held_out[r].loads = {0.25, 0.75};
        // side 1 is better by 0.1 with the first seed and by 0.3 with the second
        const auto& place = made.places[r];
        report.held_out[r].accuracy =
            place.side == 0 ? 0.5 : 0.6 + 0.2 * static_cast<double>(place.seed);
    }
    const auto measures = measures_of(report);
    const auto models = models_table(report, measures);
    CHECK(models.rows() == 12);
    CHECK(models.at("load_2")[0] == 0.75);
    CHECK(std::isnan(models.at("load_2")[made.run(0, 2, 1)]));
    CHECK(models.at("diverged_at")[made.run(0, 2, 1)] == 3);

    const auto points = points_table(report, measures);
    CHECK(points.rows() == 6);
    CHECK(points.at("test_accuracy")[3] == Approx(0.7).epsilon(1e-14));
    CHECK(points.at("diverged")[2] == 1);

    const auto pairs = paired_differences(report, measures);
    const auto accuracy = [&](std::size_t point) {
        for (const auto& one : pairs)
            if (one.point == point && one.measure == "test_accuracy") return one;
        throw std::logic_error("it is not there");
    };
    CHECK(accuracy(0).mean == Approx(0.2).epsilon(1e-14));
    CHECK(accuracy(0).effect == Approx(0.2 / (0.2 / std::sqrt(2.0))).epsilon(1e-13));
    CHECK(accuracy(2).mean == Approx(0.1).epsilon(1e-14));  // the pair that is sound
    CHECK(paired_table(report, pairs).at("test_accuracy")[1] == Approx(0.2).epsilon(1e-14));
}
