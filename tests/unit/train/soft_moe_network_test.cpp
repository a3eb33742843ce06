// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/train/soft_moe_network.hpp>
#include <moebius/train/training.hpp>
#include <numeric>

#include "network_checks.hpp"

using namespace moebius;
using namespace network_checks;

namespace {

/// 4 x 4 images in four patches, three experts.
soft_moe_network_options small_soft_network() {
    soft_moe_network_options options;
    options.width = 16;
    options.patch = 2;
    options.experts = 3;
    options.hidden = 3;
    options.classes = 3;
    options.between = activation::gelu;  // smooth: differences see no kinks
    return options;
}

}  // namespace

TEST_CASE("the gradient of a Soft MoE network is that of its loss", "[soft_moe_network]") {
    auto options = small_soft_network();
    const auto seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3);
    SECTION("four patches") {}
    SECTION("one patch") { options.patch = 4; }
    SECTION("sixteen patches") { options.width = 64; }
    SECTION("two slots of an expert") { options.slots = 2; }
    SECTION("mixtures of unit tokens") { options.mix_units = true; }
    SECTION("one expert") { options.experts = 1; }
    SECTION("relu") { options.between = activation::relu; }
    const soft_moe_network model(options);
    const auto data = examples(7, options.width, 3, seed);
    CHECK(gradient_error(model, data, seed) < 2e-8);
}

TEST_CASE("two experts on an image of one pixel mix as their scores say",
          "[soft_moe_network][oracle]") {
    const soft_moe_network model({.width = 1, .patch = 1, .experts = 2, .hidden = 1, .classes = 2});
    // slots, scale, experts relu(x) and relu(-x) + 3, decoder (y, 0) + (0, 1)
    const std::vector<double> p{0, 0, 1, 1, 0, 1, 0, -1, 0, 1, 3, 1, 0, 0, 1};
    REQUIRE(p.size() == model.parameters());
    const std::vector<double> scores{0, std::log(3.0)};  // C = 1/4, 3/4

    const auto pass =
        model.infer(p, scores, {std::vector<double>{4}, std::vector<std::uint32_t>{1}});

    CHECK_THAT(pass.outputs[0], WithinAbs(4 / 4.0 + 3 * 3 / 4.0, 1e-14));
    CHECK(pass.outputs[1] == 1);
    CHECK_THAT(pass.loss, WithinAbs(std::log1p(std::exp(2.25)), 1e-14));
    CHECK(pass.right == 0);
    CHECK_THAT(pass.loads[0], WithinAbs(0.25, 1e-15));
    CHECK_THAT(pass.loads[1], WithinAbs(0.75, 1e-15));
    CHECK(pass.choices == std::vector<std::uint32_t>{1});
}

TEST_CASE("an image is cut row by row", "[soft_moe_network][oracle]") {
    const soft_moe_network_options options{
        .width = 16, .patch = 2, .experts = 1, .hidden = 4, .classes = 4};
    const soft_moe_network model(options);
    // No slot vector: the only expert, the identity of positive numbers, sees the mean of all
    // patches. Of the first token the decoder makes the outputs.
    std::vector<double> p(model.parameters());
    p[4] = 1;
    const std::size_t second = 5 + 16 + 4, decoder = second + 16 + 4;
    for (std::size_t q = 0; q < 4; ++q) p[5 + 5 * q] = p[second + 5 * q] = p[decoder + 5 * q] = 1;
    std::vector<double> image(16);
    std::iota(image.begin(), image.end(), 0);
    const std::vector<std::uint32_t> label{0};
    const std::vector<double> scores(1);

    const auto outputs = model.infer(p, scores, {image, label}).outputs;

    // (0 1 4 5), (2 3 6 7), (8 9 12 13), (10 11 14 15)
    CHECK(outputs == std::vector<double>{5, 6, 9, 10});

    // What is not finite takes its patch out, the second in the first row.
    image[6] = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> gradient(p.size());
    (void)model.learn(p, scores, {image, label}, {}, gradient);
    for (std::size_t i = 0; i < 64; ++i) CHECK((gradient[decoder + i] == 0) == (i / 16 == 1));
}

TEST_CASE("the parts of a Soft MoE network make up its outputs", "[soft_moe_network][property]") {
    auto options = small_soft_network();
    options.slots = GENERATE(as<std::size_t>{}, 1, 2);
    const soft_moe_network model(options);
    const auto data = examples(5, 16, 3, 4);
    const auto parameters = model.initial(4);
    const auto scores = normals(5, 3);

    const auto pass = model.infer(parameters, scores, data.batch());
    const auto parts = model.parts(parameters, scores, data.batch());

    for (std::size_t b = 0; b < 5; ++b) {
        for (std::size_t c = 0; c < 3; ++c) {
            double sum = parts.biases[c];
            for (std::size_t e = 0; e < 3; ++e) sum += parts.added[(b * 3 + e) * 3 + c];
            CHECK_THAT(sum, WithinAbs(pass.outputs[b * 3 + c], 1e-14));
        }
        double mass = 0;
        for (std::size_t e = 0; e < 3; ++e) mass += parts.mass[b * 3 + e];
        CHECK_THAT(mass, WithinAbs(4, 1e-13));  // a row of C for each patch
    }
    CHECK_THAT(std::accumulate(pass.loads.begin(), pass.loads.end(), 0.0), WithinAbs(1, 1e-14));
}

TEST_CASE("a Soft MoE network learns digits", "[soft_moe_network]") {
    training_work work;
    work.data =
        std::make_shared<labelled_data>(labelled(read_tokens(MOEBIUS_DATA_DIR "/digits.csv")));
    const auto split = stratified_split(*work.data, 0.2, 1);
    work.runs.push_back({.model = std::make_shared<soft_moe_network>(soft_moe_network_options{}),
                         .rows = std::make_shared<std::vector<std::uint32_t>>(split.train),
                         .optimiser = {.kind = optimiser_kind::adam, .rate = 5e-3}});
    auto state = begin(work.runs[0]);

    advance(work, work.runs[0], state, 300);

    REQUIRE(state.diverged_at == training_state::sound);
    CHECK(state.records[0] > 1);
    CHECK(state.records[5 * 10 + 1] > 0.9);  // the last of six rows of 2 + 2 * 4: right ones
}

TEST_CASE("a Soft MoE network that is not finite has no loss", "[soft_moe_network]") {
    const soft_moe_network model(small_soft_network());
    auto parameters = model.initial(1);
    parameters[0] = std::numeric_limits<double>::infinity();
    std::vector<double> gradient(parameters.size());
    const auto pass = model.learn(parameters, std::vector<double>(3), examples(2, 16, 3, 1).batch(),
                                  {}, gradient);
    CHECK(std::isnan(pass.loss));
}

TEST_CASE("soft_moe_network says what it cannot be made of", "[soft_moe_network][error]") {
    auto options = small_soft_network();
    SECTION("no experts") {
        options.experts = 0;
        CHECK_THROWS_WITH(soft_moe_network(options),
                          "soft_moe_network: experts is 0, but it must be >= 1");
    }
    SECTION("an oblong") {
        options.width = 15;
        CHECK_THROWS_WITH(soft_moe_network(options),
                          "soft_moe_network: width is 15, but it must be the square of a side");
    }
    SECTION("a patch that leaves a rest") {
        options.patch = 3;
        CHECK_THROWS_WITH(soft_moe_network(options),
                          "soft_moe_network: patch is 3, but it must divide the side, 4");
    }
    SECTION("another image") {
        const soft_moe_network model(options);
        const auto data = examples(2, 15, 3, 1);
        CHECK_THROWS_WITH(model.infer(model.initial(1), std::vector<double>(3), data.batch()),
                          "soft_moe_network: 30 features came for 2 examples, but each of at least "
                          "one example has 16");
    }
}
