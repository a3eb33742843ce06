// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/base/random.hpp>
#include <moebius/router/expert_subset.hpp>
#include <moebius/train/subset_accuracy.hpp>

using namespace moebius;

namespace {

/// 4 x 4 images that nobody trained on.
struct example {
    std::vector<double> inputs;
    std::vector<std::uint32_t> labels;
    [[nodiscard]] example_batch batch() const { return {inputs, labels}; }
};
example images(std::size_t rows) {
    example made{std::vector<double>(rows * 16), {}};
    for (std::size_t i = 0; i < made.inputs.size(); ++i)
        made.inputs[i] = std::sin(static_cast<double>(i * i));
    for (std::size_t i = 0; i < rows; ++i) made.labels.push_back(static_cast<std::uint32_t>(i % 3));
    return made;
}

soft_moe_network model_of(std::size_t experts) {
    return soft_moe_network(
        {.width = 16, .patch = 2, .experts = experts, .hidden = 3, .classes = 3});
}

}  // namespace

TEST_CASE("subset accuracies of a pixel can be told by hand", "[subset_accuracy][oracle]") {
    const soft_moe_network model({.width = 1, .patch = 1, .experts = 2, .hidden = 1, .classes = 2});
    // As in soft_moe_network_test: experts x and 3 with C = 1/4 and 3/4, outputs (y, 1). Of x = 2
    // all experts make y = 2.75, the larger mass alone 2.25 and the smaller alone 0.5.
    const std::vector<double> p{0, 0, 1, 1, 0, 1, 0, -1, 0, 1, 3, 1, 0, 0, 1};
    const std::vector<double> scores{0, std::log(3.0)}, x{2, 2, 2};
    const std::vector<std::uint32_t> labels{0, 0, 1};

    const auto got = subset_accuracies(model, p, scores, {x, labels}, 1, 5);

    CHECK_THAT(got.full, WithinAbs(2.0 / 3, 1e-15));
    CHECK_THAT(got.top, WithinAbs(2.0 / 3, 1e-15));
    CHECK_THAT(got.bottom, WithinAbs(1.0 / 3, 1e-15));
    CHECK(got.best == 1);
    double right = 0;
    for (std::uint64_t draw = 0; draw < 10; ++draw)
        for (std::size_t i = 0; i < 3; ++i)
            right += random_subset(2, 1, derived_seed(5, draw), i)[0] == (i < 2 ? 1 : 0);
    CHECK_THAT(got.random, WithinAbs(right / 30, 1e-15));
}

TEST_CASE("all experts are the only subset of their size", "[subset_accuracy][property]") {
    const auto experts = GENERATE(as<std::size_t>{}, 1, 3, 8);
    const auto model = model_of(experts);
    const auto data = images(60);
    const auto parameters = model.initial(3);
    const std::vector<double> scores(experts);

    const auto got = subset_accuracies(model, parameters, scores, data.batch(), experts, 1);

    CHECK_THAT(got.full, WithinAbs(model.infer(parameters, scores, data.batch()).right, 1e-14));
    CHECK(got.top == got.full);
    CHECK(got.bottom == got.full);
    CHECK_THAT(got.random, WithinAbs(got.full, 1e-15));
    CHECK(got.best == got.full);
}

TEST_CASE("no subset is better than the best", "[subset_accuracy][property]") {
    const auto k = GENERATE(as<std::size_t>{}, 1, 2, 4);
    const auto model = model_of(5);
    const auto data = images(60);

    const auto got =
        subset_accuracies(model, model.initial(2), std::vector<double>(5), data.batch(), k, 1);

    for (const double share : {got.top, got.random, got.bottom}) CHECK(share <= got.best);
    CHECK(got.best <= 1);
}

TEST_CASE("many experts have too many subsets to try", "[subset_accuracy]") {
    const auto model = model_of(9);
    const auto got =
        subset_accuracies(model, model.initial(2), std::vector<double>(9), images(4).batch(), 2, 1);
    CHECK(std::isnan(got.best));
}

TEST_CASE("subset_accuracies says how many experts may be kept", "[subset_accuracy][error]") {
    const auto k = GENERATE(as<std::size_t>{}, 0, 4);
    const auto model = model_of(3);
    CHECK_THROWS_WITH(
        subset_accuracies(model, model.initial(1), std::vector<double>(3), images(2).batch(), k, 1),
        "subset_accuracies: k is " + std::to_string(k) + ", but it must be in [1, 3], the experts");
}
