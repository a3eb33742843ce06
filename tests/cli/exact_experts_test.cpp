// SPDX-License-Identifier: MIT
#include "exact_experts.hpp"

#include <atomic>
#include <catch.hpp>
#include <moebius/io/result.hpp>

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
