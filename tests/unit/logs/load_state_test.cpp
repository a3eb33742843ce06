// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/logs/load_state.hpp>
#include <moebius/logs/log_file.hpp>

#include "catch.hpp"
#include "record.hpp"

using namespace moebius;

TEST_CASE("the state of a layer is what a hand finds", "[logs][oracle]") {
    // Mixtral-8x7B on Wikipedia, layer 15, top-2: allenai/OLMoE, scripts/routing_output (357454f4)
    const std::vector<double> counts{54575, 55396, 52142, 31960, 57664, 62114, 50943, 52998};
    const double mean = 417792.0 / 8;
    double squares = 0, entropy = 0;
    for (const double count : counts) {
        squares += (count - mean) * (count - mean) / 8;
        entropy -= count / 417792 * std::log(count / 417792);
    }

    load_state state;
    state.take(record_of(7, 0, counts));
    const auto now = state.layers().at(0);

    CHECK(now.steps == 1);
    CHECK(now.last_step == 7);
    CHECK_THAT(now.max_over_mean, WithinRel(62114 / mean, 1e-14));  // rounding of a quotient or two
    CHECK_THAT(now.min_over_mean, WithinRel(31960 / mean, 1e-14));
    CHECK_THAT(now.max_violation, WithinRel(62114 / mean - 1, 1e-13));
    CHECK_THAT(now.variation, WithinRel(std::sqrt(squares) / mean, 1e-13));
    CHECK_THAT(now.effective, WithinRel(std::exp(entropy) / 8, 1e-13));
    CHECK(now.dead == 0);
    CHECK(std::isnan(now.bias_spread));
}

TEST_CASE("the state is that of the window alone", "[logs]") {
    load_state state(3);
    for (int step = 0; step < 10; ++step) {
        const std::vector<double> loads =
            step < 7 ? std::vector<double>{9, 0, 0} : std::vector<double>{1, 2, 3};
        state.take(record_of(step, 0, loads));
    }

    CHECK(state.layers()[0].max_over_mean == 1.5);
    CHECK(state.layers()[0].dead == 0);
    CHECK(state.layers()[0].steps == 10);
    CHECK_THROWS_AS(load_state(0), invalid_argument);
}

TEST_CASE("a window may be longer than any log", "[logs]") {
    // 8 experts times 2^61 steps wrap to none
    const auto window = GENERATE(std::size_t{1} << 61, std::numeric_limits<std::size_t>::max());
    const std::vector<double> first{8, 0, 0, 0, 0, 0, 0, 0}, second{1, 1, 1, 1, 1, 1, 1, 1},
        scores{0, 1, 2, 3, 4, 5, 6, 7};
    load_state state(window);
    for (int step = 0; step < 4; ++step)
        state.take(record_of(step, 0, step == 0 ? first : second, scores));

    CHECK(state.layers()[0].steps == 4);
    CHECK(state.layers()[0].min_over_mean == 0.75);  // 3 of 4
    CHECK(state.layers()[0].bias_drift == 0);
}

TEST_CASE("the state of a long log is that of a log of its last steps", "[logs]") {
    const std::size_t window = GENERATE(as<std::size_t>{}, 1, 2, 7);
    load_state whole(window);
    std::vector<std::vector<double>> loads, scores;
    for (int step = 0; step < 24; ++step) {
        loads.push_back({step < 9 ? 1.0 : 0.0, 0.1 * (step % 5), 0.3, step % 3 == 0 ? 0.7 : 0.2});
        scores.push_back({0.01 * step, 0.2 - 0.03 * (step % 4), 0.1, 0.05 * (step % 2)});
        whole.take(record_of(step, 0, loads.back(), scores.back()));
        load_state last(window);
        const std::size_t first = loads.size() - std::min(loads.size(), window);
        for (std::size_t i = first; i < loads.size(); ++i)
            last.take(record_of(static_cast<std::int64_t>(i), 0, loads[i], scores[i]));
        const auto now = whole.layers()[0], alone = last.layers()[0];
        CAPTURE(window, step);
        for (const auto& measure : state_measures()) {
            CAPTURE(measure.name);
            const double told = now.*measure.value, wanted = alone.*measure.value;
            CHECK(std::isnan(told) == std::isnan(wanted));
            if (!std::isnan(wanted)) CHECK_THAT(told, WithinAbs(wanted, 1e-7));  // roots of 1e-16
        }
    }
}

TEST_CASE("a bias is a mean, a spread, a drift and a chatter", "[logs][oracle]") {
    // expert 0 falls and expert 1 rises by 1/8 a step, both by 1 more, and jump by 1/16 to and fro
    const std::vector<double> loads{1, 1};
    load_state state;
    for (int step = 0; step <= 20; ++step) {
        const double jump = step % 2 == 0 ? 0 : 0.0625;
        const std::vector<double> bias{34 + step - 0.125 * step + jump,
                                       34 + step + 0.125 * step - jump};
        state.take(record_of(step, 0, loads, bias));
    }
    const auto now = state.layers()[0];

    CHECK(now.bias_offset == 54);
    CHECK(now.bias_spread == 5);
    CHECK(now.bias_drift == 0.125);
    CHECK_THAT(now.bias_chatter, WithinRel(0.0625, 1e-12));  // sums of 40 numbers
    CHECK(now.bias_step == 0.25);                            // between 32 and 64: 32 / 128
}

TEST_CASE("scores that are 0 throughout are none", "[logs]") {
    const std::vector<double> loads{1, 2}, scores{0, 0};
    load_state state;
    state.take(record_of(0, 0, loads, scores));

    CHECK(std::isnan(state.layers()[0].bias_spread));
}

TEST_CASE("measures that are of biases say so", "[logs]") {
    const std::vector<double> loads{1, 3}, scores{0, 0.5};
    load_state without, with;
    for (int step = 0; step < 3; ++step) {
        without.take(record_of(step, 0, loads));
        with.take(record_of(step, 0, loads, scores));
    }

    for (const auto& measure : state_measures()) {
        CAPTURE(measure.name);
        CHECK(std::isnan(without.layers()[0].*measure.value) == measure.of_biases);
        CHECK_FALSE(std::isnan(with.layers()[0].*measure.value));
    }
}

TEST_CASE("percentiles run over the layers", "[logs][oracle]") {
    load_state state;
    for (std::size_t l = 0; l < 5; ++l)
        state.take(
            record_of(0, l, std::vector{static_cast<double>(l), static_cast<double>(8 - l)}));
    const auto over = percentiles_of(state.layers());

    // max/mean: 8, 7, 6, 5, 4 over 4
    CHECK(over.at("percentile") == std::vector<double>{0, 50, 75, 90, 95, 100});
    CHECK(over.at("max_over_mean")[0] == 1);
    CHECK(over.at("max_over_mean")[1] == 1.5);
    CHECK(over.at("max_over_mean")[2] == 1.75);
    CHECK_THAT(over.at("max_over_mean")[3], WithinRel(1.9, 1e-15));
    CHECK(over.at("max_over_mean")[5] == 2);
}

TEST_CASE("real counts have the published imbalance", "[logs][oracle]") {
    // max/mean, min/mean, CV and exp(H)/N of layers 0, 7, 15 of OLMoE-1B-7B, top-8 of 64,
    // computed from allenai/OLMoE, scripts/routing_output (357454f4), in three digits
    struct figures {
        std::string name;
        double largest[3], smallest[3], variation[3], effective[3];
    };
    const figures known[] = {{"olmoe-1b-7b c4",
                              {3.02, 2.66, 2.50},
                              {.300, .200, .190},
                              {.32, .40, .51},
                              {.958, .927, .877}},
                             {"olmoe-1b-7b wikipedia",
                              {6.18, 6.78, 4.65},
                              {.170, .064, .036},
                              {.90, 1.02, 1.30},
                              {.776, .696, .492}}};
    std::vector<std::string> file;
    for (const auto* folder : {"/../../shared/data/", "/../../../shared/data/"})
        if (std::filesystem::exists(std::string(MOEBIUS_DATA_DIR) + folder + "expert_counts.csv"))
            file = {std::string(MOEBIUS_DATA_DIR) + folder + "expert_counts.csv"};
    if (file.empty()) {  // the counts are no part of the project
        std::puts("skipped: expert_counts.csv is not here");
        return;
    }

    std::size_t met = 0;
    for (auto& log : open_logs(file)) {
        load_state state;
        for (load_record one; log.source->next(one);) state.take(one);
        for (const auto& [name, largest, smallest, variation, effective] : known)
            for (std::size_t l = 0; log.name == name && l < 3; ++l, ++met) {
                const auto now = state.layers()[l];
                CAPTURE(name, l);
                CHECK_THAT(now.max_over_mean, WithinAbs(largest[l], .005));  // half a digit
                CHECK_THAT(now.min_over_mean, WithinAbs(smallest[l], .0005));
                CHECK_THAT(now.variation, WithinAbs(variation[l], .005));
                CHECK_THAT(now.effective, WithinAbs(effective[l], .0005));
            }
    }
    CHECK(met == 6);
}

TEST_CASE("a measure is of the window's mean loads, as its definition says", "[logs]") {
    load_state state;
    state.take(record_of(0, 0, std::vector<double>{3, 1}));
    state.take(record_of(1, 0, std::vector<double>{1, 3}));  // each step has max/mean 1.5
    const auto now = state.layers()[0];

    CHECK(now.max_over_mean == 1);
    CHECK(now.max_violation == 0);
    CHECK(now.variation == 0);
    CHECK(now.effective == 1);
    for (const auto& one : state_measures()) {
        if (one.of_biases || one.name == "dead") continue;
        CAPTURE(one.name);
        const auto says = [&](std::string_view words) {
            return one.definition.find(words) != std::string_view::npos;
        };
        CHECK((says("the mean over the window's steps") || says("of the same loads")));
    }
}

TEST_CASE("an expert whose share ended is dead once the window has passed", "[logs]") {
    load_state state(4);
    for (int t = 0; t < 12; ++t) {
        const double mine = t < 5 ? 0.1 * (t + 1) / 3 : 0;
        const std::vector<double> loads{mine, 1 - mine};
        state.take({t, 0, loads, {}, {}, {}});
        INFO("step " << t);
        CHECK(state.layers()[0].dead == (t >= 8 ? 1 : 0));
    }
}
