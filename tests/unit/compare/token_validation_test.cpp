// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <moebius/base/error.hpp>
#include <moebius/compare/token_validation.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Six tokens that lean to one of three experts each, unevenly.
std::shared_ptr<const token_source> leaning_tokens() {
    return stored_tokens({1.0, 0.2, 0.0, 0.1, 0.8, 0.3, 0.0, 0.1, 0.7,  //
                          0.6, 0.0, 0.1, 0.2, 0.5, 0.2, 0.9, 0.1, 0.4},
                         3);
}

/// Some seconds of one core.
validate_options brief_on_tokens() {
    return {.tokens = 128, .seeds = 4, .levels = 5, .settle = 40, .average = 60};
}

token_validation confront_on_tokens(token_prediction theory, const token_router& real) {
    const auto options = brief_on_tokens();
    const auto seen = measure_on_tokens(real, theory, 24, options);
    return compare_on_tokens(std::move(theory), seen, options);
}

}  // namespace

TEST_CASE("runs on tokens meet every stable branch and no other state", "[compare][oracle]") {
    const auto v = validate_on_tokens({leaning_tokens(), 1.5, 0.5}, 24, brief_on_tokens());

    INFO(v.overall.sentence);
    CHECK(v.overall.agrees);
    CHECK(v.overall.points >= 8);
    CHECK(v.predicted.stretches.size() >= 3);  // at high feedback each of three can win
    CHECK(v.met == v.predicted.stretches.size());
    CHECK(v.strangers.empty());
    std::size_t found = 0;
    for (const auto& point : v.points) found += point.found;
    CHECK(found == v.starts);
    CHECK(v.starts == 24 * v.predicted.levels.size());
    CHECK(load_table(v).rows() == 3 * point_table(v).rows());
}

TEST_CASE("a branch that the diagram lacks is found from random starts", "[compare][property]") {
    const token_router router{leaning_tokens()};
    auto theory = predict_on_tokens(router, brief_on_tokens());
    for (auto& level : theory.levels)  // as if its last stretch were not known
        std::erase_if(level.stable, [&](const token_state& state) {
            return state.stretch + 1 == theory.stretches.size();
        });
    theory.stretches.pop_back();

    const auto v = confront_on_tokens(std::move(theory), router);

    INFO(v.overall.sentence);
    CHECK_FALSE(v.overall.agrees);
    CHECK(v.strangers.size() >= 5);
    CHECK(v.overall.chi_square_p > 0.001);  // what it has is right
    CHECK(stranger_table(v).rows() == 3 * v.strangers.size());
}

TEST_CASE("a beta on tokens that is 3 % off is found", "[compare][property]") {
    auto theory = predict_on_tokens({leaning_tokens(), 1.03}, brief_on_tokens());
    const auto v = confront_on_tokens(std::move(theory), {leaning_tokens(), 1.0});

    INFO(v.overall.sentence);
    CHECK_FALSE(v.overall.agrees);
    CHECK(v.overall.chi_square_p < 1e-6);
}

TEST_CASE("a validation on tokens is the same for any number of threads", "[compare]") {
    auto options = brief_on_tokens();
    options.settle = 5, options.average = 5, options.threads = 1;
    const auto run = [&] { return validate_on_tokens({leaning_tokens()}, 3, options); };
    const auto one = run();
    options.threads = 3;
    const auto three = run();

    CHECK(point_table(one).columns == point_table(three).columns);
    CHECK(one.overall.sentence == three.overall.sentence);
}

TEST_CASE("validate on tokens names what was wrong and stops when asked", "[compare]") {
    const std::atomic<bool> stop = true;
    CHECK_THROWS_AS(validate_on_tokens({stored_tokens({0, 1}, 2)}, 1), invalid_argument);
    CHECK_THROWS_AS(validate_on_tokens({no_tokens(3)}, 1), invalid_argument);
    CHECK_THROWS_AS(validate_on_tokens({leaning_tokens()}, 1, {.seeds = 1}), invalid_argument);
    CHECK_THROWS_WITH(validate_on_tokens({leaning_tokens()}, 99999999999),
                      ContainsSubstring("99999999999 random starts"));
    CHECK_THROWS_AS(validate_on_tokens({leaning_tokens()}, 1, {}, {{}, &stop}), interrupted);
    CHECK_THROWS_AS(compare_on_tokens({}, {{}}), invalid_argument);
    CHECK_THROWS_AS(validate_on_tokens({leaning_tokens(), 1, 0}, 1), invalid_argument);
}
