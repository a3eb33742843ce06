// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <functional>
#include <moebius/logs/log_check.hpp>
#include <random>

#include "catch.hpp"
#include "record.hpp"

using namespace moebius;

namespace {

/// Records of two layers of eight experts; loads as a function of step, layer and expert.
std::vector<std::string> findings_of(const std::function<double(int, int, int)>& load,
                                     int steps = 300, int stride = 1, const log_head& about = {},
                                     const std::function<double(int)>& bias = {}) {
    log_head head = about;
    head.layers = {"0", "1"};
    head.experts = 8;
    log_check check(head);
    load_state state;
    for (int s = 0; s < steps; ++s)
        for (int l = 0; l < 2; ++l) {
            std::vector<double> loads, scores;
            for (int e = 0; e < 8; ++e) loads.push_back(load(s, l, e));
            for (int e = 0; e < 8 && bias; ++e) scores.push_back(bias(e));
            const auto one = record_of(s * stride, static_cast<std::size_t>(l), loads, scores);
            check.take(one);
            state.take(one);
        }
    return check.findings({}, state.layers());
}

/// An uneven log that moves: loads of a step sum to 8192.
double healthy(int step, int, int expert) {
    const double wave = std::round(100 * std::sin(0.1 * step));
    return 1024 + (expert % 2 == 0 ? wave + 10 * expert + 1 : -wave - 10 * (expert - 1) - 1);
}

bool found(const std::vector<std::string>& all, const std::string& start) {
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& one) { return one.starts_with(start); });
}

}  // namespace

TEST_CASE("of a healthy log nothing is said", "[logs]") { CHECK(findings_of(healthy).empty()); }

TEST_CASE("each trap of a log is named", "[logs]") {
    CHECK(found(findings_of(healthy, 1), "snapshot: a snapshot has no dynamics"));
    CHECK(found(findings_of(healthy, 300, 7), "sampled: one step in 7 is logged"));
    const auto held = [](int s, int l, int e) { return healthy(s - s % 5, l, e); };
    CHECK(found(findings_of(held), "held: layers 0, 1: loads change in one of 5 records only"));
    CHECK(found(
        findings_of([](int s, int l, int e) { return healthy(s, l, e) + (s == 5 && e == 2); }),
        "sums: the loads of a layer sum to 8192 in one step and to 8193"));
    CHECK(found(findings_of([](int s, int l, int e) {
                    const double load = healthy(s, l, e);  // 8 significant bits
                    const double spacing = std::ldexp(1.0, std::ilogb(load) - 7);
                    return spacing * std::round(load / spacing);
                }),
                "rounded: all 4800 loads from 512 on"));
    CHECK(!found(findings_of([](int s, int l, int e) {  // padded to blocks
                     return 128 * std::round(healthy(s, l, e) / 128);
                 }),
                 "rounded"));
    CHECK(found(findings_of([](int s, int l, int e) { return healthy(l == 0 ? s : 3, l, e); }),
                "constant: layer 1: the loads never change"));
    CHECK(found(findings_of([](int, int l, int e) { return 8.0 + l * e; }, 1),
                "sums: the loads of one layer sum to 64 and those of another to 92"));
    CHECK(found(findings_of([](int, int, int) { return 5.0; }),
                "even: layers 0, 1: perfect balance in every step is a symptom"));
    CHECK(found(findings_of([](int s, int, int e) { return (s + 1.0) * (e + 1); }),
                "running: layers 0, 1: no load ever falls"));
    CHECK(found(findings_of([](int s, int l, int e) { return std::min(1090.0, healthy(s, l, e)); }),
                "capacity: layer 0: in "));
}

TEST_CASE("sums of loads are said to differ between layers, or between steps of one", "[logs]") {
    const auto layers_alone = [](int s, int l, int e) { return healthy(s, l, e) + (l == 1); };
    const auto one_in_steps = [](int s, int l, int e) {
        return healthy(s, l, e) + (l == 1 && s == 5 && e == 2) + 100 * l;
    };

    CHECK(found(findings_of(layers_alone),
                "sums: the loads of one layer sum to 8192 and those of another to 8200"));
    CHECK(found(findings_of(one_in_steps),
                "sums: the loads of layer 1 sum to 8992 in one step and to 8993 in another"));
}

TEST_CASE("series that are no loads of steps are vetoed, and collapsed layers are not", "[logs]") {
    const auto veto_of = [](const std::function<double(int, int)>& load, int steps = 20) {
        log_head head;
        head.layers = {"0"};
        log_check check(head);
        for (int s = 0; s < steps; ++s) {
            std::vector<double> loads;
            for (int e = 0; e < 4; ++e) loads.push_back(load(s, e));
            check.take(record_of(s, 0, loads));
        }
        return std::string(check.veto(0));
    };

    CHECK(veto_of([](int s, int e) { return healthy(s, 0, e); }).empty());
    CHECK(veto_of([](int, int e) { return e == 2 ? 64.0 : 0.0; }).empty());
    CHECK(veto_of([](int, int e) { return e < 2 ? 64.0 : 0.0; }).empty());  // of two choices
    CHECK(veto_of([](int, int) { return 16.0; }) == "its balance is perfect in every step");
    CHECK(veto_of([](int, int e) { return 16.0 + e; }) == "its loads never change");
    CHECK(veto_of([](int, int) { return 0.0; }) == "its loads never change");
    CHECK_THAT(veto_of([](int s, int e) { return 16.0 * s + e; }), ContainsSubstring("running"));
    CHECK(veto_of([](int s, int e) { return s < 10 ? healthy(s, 0, e) : 0.0; }) ==
          "its last steps have no loads");
    CHECK(veto_of([](int s, int e) { return s < 11 ? healthy(s, 0, e) : 0.0; }).empty());
    CHECK(veto_of([](int s, int e) { return healthy(std::min(s, 6), 0, e); }) ==
          "its last loads never change");
    CHECK(veto_of([](int s, int e) { return healthy(std::min(s, 12), 0, e); }).empty());
    CHECK(veto_of([](int s, int e) { return healthy(s - s % 2, 0, e); }, 100) ==
          "its loads change in some records only, and the others are copies");
}

TEST_CASE("every step that is left out is told from a sample", "[logs]") {
    log_head head;
    head.layers = {"0"};
    head.experts = 2;
    log_check check(head);
    for (const int step : {0, 1, 5, 6, 8})
        check.take(record_of(step, 0, std::vector<double>{1.0 * step, 2}));

    CHECK(found(check.findings({}, {}), "sampled: from 1 to 4 steps lie between rows"));
}

TEST_CASE("tokens sent at random look random, and learned ones do not", "[logs]") {
    std::mt19937 rng{3};
    const auto toss = [&rng](int tokens, double tilt) {
        std::vector<double> weights(8, 1), loads(8);
        weights[0] += tilt;
        std::discrete_distribution<std::size_t> choice(weights.begin(), weights.end());
        for (int t = 0; t < tokens; ++t) ++loads[choice(rng)];
        return loads;
    };
    std::vector<double> now;
    const auto with_tilt = [&](double tilt) {
        return findings_of([&, tilt](int, int, int e) {
            if (e == 0) now = toss(512, tilt);
            return now[static_cast<std::size_t>(e)];
        });
    };

    CHECK(found(with_tilt(0), "random: layers 0, 1"));
    CHECK(!found(with_tilt(0.3), "random"));  // 30 % more for one: 6 standard deviations in a step

    // one whose answer to scores is known has no gate without gradient
    log_head head;
    head.layers = {"a", "b"};
    log_check both(head);
    for (int step = 0; step < 300; ++step)
        for (std::size_t layer = 0; layer < 2; ++layer)
            both.take(record_of(step, layer, toss(512, 0)));
    const std::vector<std::size_t> answering{0};
    CHECK(found(both.findings({}, {}, answering), "random: layer b: "));
    CHECK(found(both.findings({}, {}), "random: layers a, b: "));
}

TEST_CASE("a constant loss is named", "[logs]") {
    log_head head;
    head.layers = {"0"};
    log_check some(head);
    some.take(record_of(0, 0, std::vector<double>{1, 2}));
    const std::vector<named_series> series{{"aux_loss", std::vector<double>(12, 1.0)},
                                           {"z_loss", {1, 2, 1, 2, 1, 2, 1, 2, 1, 2}}};

    CHECK(found(some.findings(series, {}), "constant: 'aux_loss' is 1 in all 12 rows"));
    CHECK(some.findings(series, {}).size() == 2);  // and that it is a snapshot

    const std::pair<std::string, bool> names[] = {
        {"train/loss", false}, {"loss", false}, {"moe/lb_loss", true}, {"LoadBalancingLoss", true}};
    for (const auto& [name, of_router] : names) {
        const std::vector<named_series> one{{name, std::vector<double>(12, 1.0)}};
        const auto said = some.findings(one, {});
        CAPTURE(name);
        CHECK(found(said, "constant: '" + name + "' is 1 in all 12 rows: a balance loss") ==
              of_router);
        CHECK(found(said, "constant: '" + name +
                              "' is 1 in all 12 rows: a loss that never changes") != of_router);
    }
}

TEST_CASE("a few steps without a row are no sample", "[logs]") {
    const auto with = [](const std::function<int(int)>& step) {
        log_head head;
        head.layers = {"0"};
        head.experts = 8;
        log_check check(head);
        for (int s = 0; s < 300; ++s) {
            std::vector<double> loads;
            for (int e = 0; e < 8; ++e) loads.push_back(healthy(s, 0, e));
            check.take(record_of(step(s), 0, loads, {}));
        }
        return check.findings({}, {});
    };
    CHECK(found(with([](int s) { return s < 100 ? s : s + 4400; }),
                "gaps: between steps 99 and 4500 no step is read"));
    CHECK(found(with([](int s) { return s + s / 50; }),
                "gaps: in 5 places, the first between steps 49 and 51 no step is read"));
    CHECK(found(with([](int s) { return s + s / 3; }), "sampled: from 1 to 2 steps lie between"));
}

TEST_CASE("a bias beyond the scores' range, or too coarse in bfloat16, is named", "[logs]") {
    log_head head;
    head.gate = "sigmoid";

    CHECK(found(findings_of(healthy, 30, 1, head, [](int e) { return 0.2 * e; }),
                "bias: layers 0, 1: the biases spread by more than 1"));
    // of tenstorrent/tt-metal issue 47914: 34.5 +- 0.14
    CHECK(found(findings_of(healthy, 30, 1, head, [](int e) { return 34.5 + 0.04 * (e - 4); }),
                "bias: layers 0, 1: at their offset bfloat16 rounds biases to 0.25"));
    const auto ends_fine = [&](double unit) {
        const auto said =
            findings_of(healthy, 30, 1, head, [&](int e) { return 34.5 + unit * (e - 4); });
        return std::any_of(said.begin(), said.end(), [](const auto& one) {
            return one.ends_with("; here they are finer than bfloat16 has them");
        });
    };
    CHECK(ends_fine(0.04));
    CHECK(!ends_fine(0.25));
    CHECK(findings_of(healthy, 30, 1, head, [](int e) { return 0.01 * e; }).empty());
}

TEST_CASE("running totals that start anew are named", "[logs]") {
    const auto total = [](int from) {
        return [from](int s, int l, int e) { return 1000.0 * (s % from) + healthy(s, l, e); };
    };

    CHECK(found(findings_of(total(1000)), "running: layers 0, 1"));
    CHECK(found(findings_of(total(150)), "running: layers 0, 1"));
    CHECK(found(findings_of(total(60)), "running: layers 0, 1"));
    CHECK(!found(findings_of(total(3)), "running"));
}

TEST_CASE("a layer that lacks rows is named, whichever it is", "[logs]") {
    for (const std::size_t lacking : {0U, 1U}) {
        log_head head;
        head.layers = {"3", "4"};
        head.experts = 8;
        log_check check(head);
        for (int s = 0; s < 300; ++s)
            for (std::size_t l = 0; l < 2; ++l) {
                std::vector<double> loads;
                for (int e = 0; e < 8; ++e) loads.push_back(healthy(s, 0, e));
                if (l != lacking || s % 30 != 7) check.take(record_of(s, l, loads, {}));
            }
        const auto said = check.findings({}, {});
        CHECK(found(said, "missing: layer " + head.layers[lacking] +
                              ": of 300 steps that another layer has they have as few as 290"));
        CHECK(!found(said, "sampled"));
    }
}
