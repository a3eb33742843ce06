// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/train/moe_network.hpp>
#include <numeric>

#include "network_checks.hpp"

using namespace moebius;
using namespace network_checks;

namespace {

moe_options small() {
    moe_options options;
    options.width = 5;
    options.experts = 3;
    options.hidden = {4};
    options.classes = 3;
    options.between = activation::gelu;  // smooth: differences see no kinks
    return options;
}

}  // namespace

TEST_CASE("the gradient of a whole network is that of its loss", "[moe_network]") {
    auto options = small();
    const auto seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3);
    SECTION("top-1, with noise that is held fixed") {
        options.router = {"top-1", 1.3, noise_law::gumbel, {}};
    }
    SECTION("top-2, renormalised") {
        options.router = {"top-k", 0.7, noise_law::none, {{"k", "2"}, {"renormalise", "yes"}}};
    }
    SECTION("soft, all experts") { options.router = {"soft-moe", 1.1, noise_law::none, {}}; }
    SECTION("two hidden layers and squared error") {
        options.hidden = {4, 3};
        options.loss = training_loss::squared_error;
    }
    SECTION("no hidden layer") { options.hidden = {}; }
    SECTION("two layers") { options.layers = 2; }
    SECTION("relu") { options.between = activation::relu; }
    const moe_network model(options);
    CHECK(gradient_error(model, examples(11, 5, 3, seed), seed) < 2e-8);
}

TEST_CASE("balancing terms are part of the gradient", "[moe_network]") {
    auto options = small();
    options.router.beta = 0.8;
    options.balance = {0, 0.4, 0.3};
    SECTION("one layer") {}
    SECTION("two layers") { options.layers = 2; }
    CHECK(gradient_error(moe_network(options), examples(9, 5, 3, 4), 5) < 2e-8);
    // Of Switch's loss f is a constant: away from changes of choice that is the whole derivative.
    options.balance = {0.5, 0, 0};
    CHECK(gradient_error(moe_network(options), examples(9, 5, 3, 4), 5) < 2e-8);
}

TEST_CASE("adaptive clustering learns with its weights held constant", "[moe_network]") {
    auto options = small();
    options.layers = 2;
    options.router = {"adaptive-clustering", 1, noise_law::none, {}};
    auto data = examples(12, 5, 3, 6);
    options.clustering = GENERATE(clustering_options::language(), clustering_options::swin());
    const moe_network model(options);
    const auto parameters = model.initial(2);
    const std::vector<double> scores(model.scores());
    std::vector<double> gradient(parameters.size());
    (void)model.learn(parameters, scores, data.batch(), {2, 0}, gradient);
    // The parameters of the second layer do not move its clusters: their gradient is exact.
    const std::size_t second = (5 + 1) * 3 + 3 * ((5 + 1) * 4 + (4 + 1) * 5);  // gate, experts
    double worst = 0, largest = 0;
    auto moved = parameters;
    std::vector<double> ignored(parameters.size());
    for (std::size_t i = second; i < parameters.size(); ++i) {
        const auto value = [&](double p) {
            moved[i] = p;
            return model.learn(moved, scores, data.batch(), {2, 0}, ignored).loss;
        };
        const double slope = (value(parameters[i] + 1e-5) - value(parameters[i] - 1e-5)) / 2e-5;
        moved[i] = parameters[i];
        worst = std::max(worst, std::abs(slope - gradient[i]));
        largest = std::max(largest, std::abs(gradient[i]));
    }
    CHECK(largest > 1e-3);
    CHECK(worst < 2e-8 * largest);
}

TEST_CASE("one expert is a perceptron", "[moe_network]") {
    auto options = small();
    options.experts = 1;
    options.hidden = {2};
    options.width = 2;
    options.classes = 2;
    options.between = activation::relu;
    const moe_network model(options);
    // gate (2 + 1), W1 (2, 2), b1 (2), W2 (2, 2), b2 (2)
    const std::vector<double> p{9, 9, 9, 1, -1, 2, 1, 0.5, 0, 1, 0, 0, 1, 0, 0.25};
    REQUIRE(p.size() == model.parameters());
    const std::vector<double> x{1, 1};  // hidden: relu(3.5), relu(0)
    const auto pass = model.infer(p, std::vector<double>{0}, {x, std::vector<std::uint32_t>{1}});
    CHECK(pass.outputs[0] == Approx(3.5));
    CHECK(pass.outputs[1] == Approx(0.25));
    CHECK(pass.loss == Approx(std::log1p(std::exp(3.25))));
    CHECK(pass.loads == std::vector<double>{1});
}

TEST_CASE("an example that cannot be routed has no output and no gradient", "[moe_network]") {
    const moe_network model(small());
    auto data = examples(3, 5, 3, 8);
    const auto parameters = model.initial(1);
    const std::vector<double> scores(3);
    data.inputs[7] = std::numeric_limits<double>::quiet_NaN();
    const auto pass = model.infer(parameters, scores, data.batch());
    CHECK(pass.choices[1] == no_expert);
    for (std::size_t c = 0; c < 3; ++c) CHECK(pass.outputs[3 + c] == 0);
}

TEST_CASE("moe_network says what it cannot be made of", "[moe_network][error]") {
    auto options = small();
    SECTION("experts") {
        options.experts = 0;
        CHECK_THROWS_WITH(moe_network(options), "moe_network: experts is 0, but it must be >= 1");
    }
    SECTION("clusters") {
        options.clustering = clustering_options{};
        CHECK_THROWS_WITH(moe_network(options),
                          "moe_network: clusters came for one layer, but they are the experts of "
                          "the layer before");
    }
    SECTION("a router that takes too many") {
        options.router = {"top-k", 1, noise_law::none, {{"k", "4"}}};
        CHECK_THROWS(moe_network(options));
    }
    SECTION("a class out of range") {
        const moe_network model(options);
        const auto data = examples(2, 5, 4, 1);
        CHECK_THROWS_WITH(model.infer(model.initial(1), std::vector<double>(3),
                                      {data.inputs, std::vector<std::uint32_t>{0, 3}}),
                          "moe_network: class 3 came, but it must be below 3");
    }
}
