// SPDX-License-Identifier: MIT
#include "exact_experts.hpp"

#include <algorithm>
#include <atomic>
#include <catch.hpp>
#include <cmath>
#include <moebius/io/result.hpp>
#include <numbers>
#include <string_view>

#include "incomplete.hpp"

using namespace moebius;

namespace {

cli::chosen_problem softmax_of(std::size_t experts) {
    cli::problem_choice choice;
    choice.model = "softmax";
    choice.experts.experts = experts;
    choice.varies = {"feedback=2:20"};
    return cli::choose_problem(choice, 1, exact_schema, {});
}

}  // namespace

TEST_CASE("closed forms that are stopped keep what was computed, and say so", "[exact]") {
    const auto whole = cli::exact_experts(softmax_of(8), 50, {});
    REQUIRE(whole.table_of("branches").rows() == 4);
    REQUIRE(whole.table_of("fold_set").rows() == 50);
    CHECK_FALSE(cli::incomplete_because(whole.heading));

    std::atomic<bool> stop = false;
    const watch amid_folds{
        [&](std::size_t done, std::size_t total) { stop = total == 50 && done == 20; }, &stop};
    const auto cut = cli::exact_experts(softmax_of(8), 50, amid_folds);
    CHECK(cli::incomplete_because(cut.heading));
    CHECK(cut.table_of("branches").columns == whole.table_of("branches").columns);
    REQUIRE(cut.table_of("fold_set").rows() == 21);  // the 21st was on its way when it was told
    CHECK(cut.table_of("fold_set").columns[0][20] == whole.table_of("fold_set").columns[0][20]);

    stop = false;
    const watch amid_branches{
        [&](std::size_t done, std::size_t total) { stop = total == 4 && done == 1; }, &stop};
    const auto early = cli::exact_experts(softmax_of(8), 50, amid_branches);
    CHECK(early.table_of("branches").rows() == 2);
    CHECK(early.table_of("fold_set").rows() == 0);
    CHECK(early.find<named_numbers>("one_winner_cusp") != nullptr);
}

TEST_CASE("a sign rule holds equal loads up to the deviation of its theory", "[exact]") {
    auto on = softmax_of(2);
    on.ranges.clear();
    on.problem.set("feedback", 2.2);
    // gamma = u sqrt(2/pi)/(step sigma) = .5, sigma = sqrt(1/4/T)
    const double sigma = std::sqrt(0.25 / 400), step = 0.1;
    const double u = 0.5 * step * sigma / std::sqrt(2 / std::numbers::pi);

    const auto found = cli::exact_experts(on, 2, {}, cli::sign_steps{u, 400, step});

    const auto* rule = found.find<named_numbers>("sign_rule");
    REQUIRE(rule != nullptr);
    const auto value = [&](std::string_view name) {
        return std::find_if(rule->begin(), rule->end(),
                            [&](auto& one) { return one.first == name; })
            ->second;
    };
    CHECK_THAT(value("gain"), Catch::Matchers::WithinAbs(0.5, 1e-12));
    CHECK_THAT(value("hopf_feedback"), Catch::Matchers::WithinAbs(2.5, 1e-12));
    CHECK_THAT(value("held_deviation"),
               Catch::Matchers::WithinAbs(3.85, 0.01));  // docs/theory.md section 10
    CHECK_THAT(value("held_load_deviation"),
               Catch::Matchers::WithinAbs(3.85 * sigma, 0.01 * sigma));
}
