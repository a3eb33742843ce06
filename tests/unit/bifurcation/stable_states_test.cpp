// SPDX-License-Identifier: MIT
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/dynamics/grid_sweep.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <tuple>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Softmax experts, the first of them apart.
problem biased(std::size_t experts, double feedback, double bias) {
    problem full = make_problem("softmax", {.experts = experts});
    full.set("feedback", feedback);
    full.set("bias_1", bias);
    return regrouped(full, coarsest_groups(full, std::vector{full.index_of("bias_1")}));
}

}  // namespace

TEST_CASE("stable states of softmax experts are counted once each kind",
          "[bifurcation][complete]") {
    // docs/theory.md section 3: the balanced state below 8, one winner from 4.2498 on; with a bias
    // on the first expert that one and the others are of two kinds.
    using row = std::tuple<double, double, std::size_t>;
    const auto [feedback, bias, want] = GENERATE(row{3, 0, 1}, row{5, 0, 3}, row{9, 0, 2},
                                                 row{20, 2, 2}, row{10, 0.5, 2}, row{5.5, -2, 2});
    CAPTURE(feedback, bias);
    const auto found = stable_states(biased(8, feedback, bias));
    CHECK(found.size() == want);
    for (const auto& state : found)  // 7 of the winners that nothing tells apart
        if (state.groups.size() == 3) CHECK(state.copies == 7);
}

TEST_CASE("a grid counts the states that no start reaches", "[dynamics][complete]") {
    problem full = make_problem("softmax", {.experts = 8});
    const auto rows = grid_sweep(full, {"feedback", 19, 20, 2}, {"bias_1", 1, 2, 2});
    for (const double count : rows.at("stable_states")) CHECK(count == 2);
}
