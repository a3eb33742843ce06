// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/compare/validate.hpp>
#include <set>

#include "catch.hpp"

using namespace moebius;

namespace {

constexpr double beta = 2, decay = 1;

/// A dozen uneven tokens.
std::shared_ptr<const token_source> a_dozen() {
    const std::vector<double> margins{-1.1, -0.9, -0.4, -0.35, -0.2, 0.1,
                                      0.15, 0.3,  0.8,  0.9,   1.0,  1.3};
    std::vector<double> logits;
    for (const double a : margins) logits.insert(logits.end(), {a / 2, -a / 2});
    return stored_tokens(logits, 2);
}

/// A tenth of the default work.
validate_options brief() {
    return {.tokens = 64, .seeds = 4, .levels = 7, .ramp = 200, .settle = 40, .average = 80};
}

/// Equal numbers, or NaN in both.
bool same(const table& a, const table& b) {
    return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                      [](const auto& u, const auto& v) {
                          return std::equal(u.begin(), u.end(), v.begin(), v.end(),
                                            [](double x, double y) {
                                                return x == y || (std::isnan(x) && std::isnan(y));
                                            });
                      });
}

/// Theory for one router held against the simulation of another.
verdict confront(double predicted_beta, noise_law predicted_noise) {
    const auto source = a_dozen();
    auto predicted = predict(source->law(predicted_noise), predicted_beta, decay, brief());
    const auto measured =
        measure(source, noise_law::gumbel, beta, decay, predicted.sweeps, brief());
    return compare(std::move(predicted), measured, brief()).overall;
}

}  // namespace

TEST_CASE("validate finds that theory holds", "[compare][oracle]") {
    const auto v = validate(a_dozen(), noise_law::gumbel, beta, decay, brief());

    INFO(v.overall.sentence);
    CHECK(v.overall.agrees);
    CHECK(v.overall.points > 20);
    CHECK(v.overall.cusps_missed == 0);
    REQUIRE(v.jumps.size() >= 5);
    for (const auto& jump : v.jumps)  // behind a fold there is no other way
        if (!std::isnan(jump.predicted.fold)) CHECK(jump.runs == brief().seeds);
    CHECK(steady_table(v).rows() == v.steady.size());
    CHECK(steady_table(v).at("z")[3] == v.steady[3].z);
    CHECK(jump_table(v).at("fold")[1] == v.jumps[1].predicted.fold);
    CHECK(cusp_table(v).at("feedback")[0] == v.predicted.cusps[0].exact.fold.feedback);
}

TEST_CASE("a run that takes the other way at an imperfect pitchfork is one run of several",
          "[compare]") {
    const auto source = a_dozen();
    auto predicted = predict(source->law(noise_law::gumbel), beta, decay, brief());
    auto measured = measure(source, noise_law::gumbel, beta, decay, predicted.sweeps, brief());
    auto& jump = predicted.sweeps[0].jumps.at(0);
    jump.members.clear();
    for (int k = 0; k < 64; ++k) jump.members.push_back(0.7 + 0.002 * k);
    jump.ensemble = spread_of(jump.members);
    jump.stayed = 0;  // it is too rare for an ensemble of this size
    measured[0].passages[0] = {0.73, 0.77, 0.81, std::numeric_limits<double>::quiet_NaN()};

    const auto v = compare(std::move(predicted), measured, brief());

    CHECK(v.jumps[0].runs == 3);
    CHECK(std::abs(v.jumps[0].z) < 2);
    const auto& ensemble = v.jumps[0].predicted.ensemble;
    // The mean of two ways tells what is not so:
    const double error = ensemble.sd * std::sqrt(1. / 4 + 1. / 64);
    CHECK(v.jumps[0].measured.mean > ensemble.mean + 5 * error);
}

TEST_CASE("validate finds a beta that is 3 % off", "[compare][property]") {
    const auto v = confront(1.03 * beta, noise_law::gumbel);

    INFO(v.sentence);
    CHECK_FALSE(v.agrees);
    CHECK(v.sentence.find("disagree") != std::string::npos);
}

TEST_CASE("validate finds the wrong law of noise", "[compare][property]") {
    // gaussian noise at beta' has the slope of gumbel noise at z = 0 for beta' = beta sqrt(pi)/2
    const auto v = confront(beta * 0.886226925452758, noise_law::gaussian);

    INFO(v.sentence);
    CHECK_FALSE(v.agrees);
}

TEST_CASE("a validation is the same for any number of threads", "[compare]") {
    validate_options options{.tokens = 16,
                             .seeds = 2,
                             .levels = 3,
                             .ramp = 20,
                             .settle = 5,
                             .average = 10,
                             .members = 3,
                             .threads = 1};
    const auto run = [&] { return validate(a_dozen(), noise_law::logistic, beta, decay, options); };
    const auto one = run();
    options.threads = 3;
    const auto three = run();

    CHECK(same(steady_table(one), steady_table(three)));
    CHECK(same(jump_table(one), jump_table(three)));
    CHECK(one.overall.sentence == three.overall.sentence);
}

TEST_CASE("a validation is the same however few runs are in memory", "[compare]") {
    validate_options options{.tokens = 16,
                             .seeds = 3,
                             .levels = 3,
                             .ramp = 20,
                             .settle = 5,
                             .average = 10,
                             .members = 3};
    const auto run = [&] { return validate(a_dozen(), noise_law::logistic, beta, decay, options); };
    const auto together = run();
    options.at_once = 1;  // one run after the other
    const auto alone = run();
    options.at_once = 5000;  // some, and not as many as a sweep has
    const auto some = run();

    for (const auto* other : {&alone, &some}) {
        CHECK(same(steady_table(together), steady_table(*other)));
        CHECK(same(jump_table(together), jump_table(*other)));
        CHECK(together.overall.sentence == other->overall.sentence);
    }
}

TEST_CASE("progress spans all runs of a measurement", "[compare]") {
    validate_options options{.tokens = 16,
                             .seeds = 2,
                             .levels = 3,
                             .ramp = 20,
                             .settle = 5,
                             .average = 10,
                             .members = 2};
    options.at_once = 1;
    std::size_t last = 0, all = 0;
    bool rises = true;
    const watch watched{[&](std::size_t done, std::size_t total) {
        rises = rises && done >= last && (all == 0 || all == total);
        last = done;
        all = total;
    }};

    (void)validate(a_dozen(), noise_law::gumbel, beta, decay, options, watched);

    CHECK(rises);
    CHECK(last == all);
    CHECK(all > 0);
}

TEST_CASE("a validation that is stopped while it measures keeps its prediction", "[compare]") {
    std::atomic<bool> stop = false;
    const watch watched{[&](std::size_t, std::size_t) { stop = true; }, &stop};
    try {
        (void)validate(a_dozen(), noise_law::gumbel, beta, decay, brief(), watched);
        FAIL("it was not stopped");
    } catch (const cut_short<validation>& cut) {
        CHECK(cut.so_far.predicted.sweeps.size() == 6);
        CHECK(cut.so_far.predicted.cusps.size() >= 1);
        CHECK(cut.so_far.steady.empty());
        CHECK_FALSE(cut.so_far.overall.agrees);
        CHECK(cut.so_far.overall.sentence == "nothing was judged: the measurement was interrupted");
    }
}

TEST_CASE("measurements of adjacent seeds share no run", "[compare][property]") {
    validate_options options{.tokens = 4096,
                             .seeds = 3,
                             .levels = 3,
                             .ramp = 20,
                             .settle = 5,
                             .average = 10,
                             .members = 2};
    const auto source = a_dozen();
    const auto sweeps = predict(source->law(noise_law::gumbel), beta, decay, options).sweeps;
    std::set<std::vector<double>> runs;

    for (options.seed = 1; options.seed <= 3; ++options.seed)
        for (const auto& sweep : measure(source, noise_law::gumbel, beta, decay, sweeps, options))
            for (std::size_t r = 0; r < options.seeds; ++r) {
                std::vector<double> x;
                for (const auto& hold : sweep.holds) x.push_back(hold.x[r]);
                runs.insert(x);
            }

    // Batches of 4096 leave no room for two runs to agree by chance, as batches of 64 do.
    CHECK(runs.size() == 3 * options.seeds * sweeps.size());
}

TEST_CASE("validate and measure name what was wrong and stop when asked", "[compare][error]") {
    const std::atomic<bool> stop = true;

    CHECK_THROWS_WITH(validate(nullptr, noise_law::gumbel, beta, decay),
                      "validate: no tokens came, but a source is needed");
    CHECK_THROWS_WITH(measure(no_tokens(3), noise_law::gumbel, beta, decay, {}),
                      "measure: 3 experts came, but tokens for two experts are needed");
    CHECK_THROWS_AS(validate(a_dozen(), noise_law::none, beta, decay), invalid_argument);
    CHECK_THROWS_AS(validate(a_dozen(), noise_law::gumbel, beta, decay, brief(), {{}, &stop}),
                    interrupted);
    CHECK_THROWS_WITH(
        validate(a_dozen(), noise_law::gumbel, beta, decay, {.seeds = 1'000'000'000}),
        "validate: seeds is 1000000000 and levels is 12, but their product must be <= 4194304");
    CHECK_THROWS_WITH(validate(a_dozen(), noise_law::gumbel, beta, decay, {.ramp = 9e8}),
                      "validate: ramp + levels x (settle + average), over step, is "
                      "18000086400, but a sweep has at most 33554432 batches");
    CHECK_THROWS_WITH(compare({}, {{}}), "compare: 1 measured sweeps came, but 0 were predicted");
}
