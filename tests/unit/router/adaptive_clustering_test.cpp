// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/adaptive_clustering.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::pattern;

using ids = std::vector<std::uint32_t>;

/// Two clusters of two tokens with mean absolute deviations (1, 0.125) and (0.25, 2).
const std::vector<double> four_tokens{0, 0, 2, 0.25, 5, 5, 5.5, 9};
const ids two_pairs{0, 0, 1, 1};

}  // namespace

TEST_CASE("the presets are the published variants", "[adaptive_clustering]") {
    const auto language = clustering_options::language(), swin = clustering_options::swin(),
               soft = clustering_options::soft_moe();

    // docs/routers.md section 3.3
    CHECK((language.eps == 1e-4 && swin.eps == 1e-4 && soft.eps == 0.35));
    CHECK((language.clip == 10 && swin.clip == 1.5 && soft.clip == 5));
    CHECK(language.normaliser == cluster_normaliser::feature_mean);
    CHECK(swin.normaliser == cluster_normaliser::mean_before_clip);
    CHECK(soft.normaliser == cluster_normaliser::mean_after_clip);
    CHECK((!language.experts_scaled && swin.experts_scaled && soft.experts_scaled));
    CHECK((!language.unit_tokens && !swin.unit_tokens && soft.unit_tokens));
}

TEST_CASE("each variant clips and normalises in its own order, by hand",
          "[adaptive_clustering][oracle]") {
    const double eps = 1e-4;
    const double a = 1 / (1 + eps), b = 1 / (0.125 + eps), c = 1 / (0.25 + eps), d = 1 / (2 + eps);
    const double mean = (a + b + c + d) / 4, top = 1.5 * mean;  // b alone is above
    REQUIRE((b > top && c < top));
    const auto weights = [&](clustering_options options) {
        options.eps = eps;
        options.clip = 1.5;
        options.unit_tokens = false;
        return dispersion_weights(four_tokens, 2, two_pairs, 2, options).weights;
    };

    const auto language = weights(clustering_options::language());
    const auto swin = weights(clustering_options::swin());
    const auto soft = weights(clustering_options::soft_moe());

    const std::vector<double> clipped{a, top, c, d};
    const double after = (a + top + c + d) / 4;
    const double features[]{(a + c) / 2, (top + d) / 2};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_THAT(language[i], WithinRel(clipped[i] / features[i % 2], 1e-14));
        CHECK_THAT(swin[i], WithinRel(clipped[i] / mean, 1e-14));
        CHECK_THAT(soft[i], WithinRel(clipped[i] / after, 1e-14));
    }
}

TEST_CASE("unit tokens are divided by their norm before their dispersion is taken",
          "[adaptive_clustering][oracle]") {
    const std::vector<double> tokens{3, 4, 0, 2, 0, 0, 5, 0};
    const std::vector<double> units{0.6, 0.8, 0, 1, 0, 0, 1, 0};
    auto options = clustering_options::soft_moe();

    const auto got = dispersion_weights(tokens, 2, two_pairs, 2, options).weights;

    options.unit_tokens = false;
    const auto want = dispersion_weights(units, 2, two_pairs, 2, options).weights;
    for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(got[i], WithinRel(want[i], 1e-14));
}

TEST_CASE("clusters of no or one token weigh 1 and leave the others as they are",
          "[adaptive_clustering][oracle]") {
    const auto options = GENERATE(clustering_options::language(), clustering_options::swin());
    auto tokens = four_tokens;
    tokens.insert(tokens.end(), {100, 200, -7, 3, not_a_number, 1});
    const ids clusters{0, 0, 2, 2, 3, no_expert, 0};  // 1 is empty, 3 has one

    const auto got = dispersion_weights(tokens, 2, clusters, 4, options);

    const auto plain = dispersion_weights(four_tokens, 2, two_pairs, 2, options).weights;
    CHECK(got.sizes == std::vector<std::size_t>{2, 0, 2, 1});
    CHECK(got.weights == std::vector<double>{plain[0], plain[1], 1, 1, plain[2], plain[3], 1, 1});
    CHECK(token_scales(got, 2, clusters) ==
          std::vector<double>{plain[0], plain[1], plain[0], plain[1], plain[2], plain[3], plain[2],
                              plain[3], 1, 1, 1, 1, plain[0], plain[1]});
}

TEST_CASE("without clusters the gate is the plain one", "[adaptive_clustering][oracle]") {
    const auto h = pattern(6), e = pattern(8);
    const ids none(3, no_expert);

    const auto w = dispersion_weights(h, 2, none, 5);
    const auto gate = cluster_gate(h, token_scales(w, 2, none), e, 2);

    CHECK(w.weights == std::vector<double>(10, 1.0));
    for (std::size_t i = 0; i < 12; ++i)
        CHECK_THAT(
            gate.logits[i],
            WithinAbs(h[i / 4 * 2] * e[i % 4 * 2] + h[i / 4 * 2 + 1] * e[i % 4 * 2 + 1], 1e-15));
    CHECK(gate.expert_inputs == h);
}

TEST_CASE("identical tokens are a tight cluster, which the clip holds",
          "[adaptive_clustering][oracle]") {
    const std::vector<double> tokens{1, 2, 1, 2, 1, 5, 3, 9};

    const auto w = dispersion_weights(tokens, 2, two_pairs, 2, clustering_options::swin()).weights;

    CHECK(w[0] == 1.5);  // above the mean by far: the clip over the mean
    CHECK(w[1] == 1.5);
    CHECK(w[2] < 1e-3);
}

TEST_CASE("scales are mixed over the clusters of a token by its gates",
          "[adaptive_clustering][oracle]") {
    const cluster_weights w{{1, 2, 3, 5}, {2, 2}};

    const auto scales =
        mixed_scales(w, 2, ids{0, 1, 1, no_expert}, std::vector{0.75, 0.25, 0.5, 0.5}, 2);

    CHECK(scales == std::vector<double>{1.5, 2.75, 2, 3});
    CHECK(mixed_scales(w, 2, {}, {}, 2).empty());
}

TEST_CASE("experts see scaled or plain tokens, as the variant says",
          "[adaptive_clustering][oracle]") {
    const std::vector<double> h{3, 4}, m{2, 0.5}, e{1, 1};

    const auto language = cluster_gate(h, m, e, 2, clustering_options::language());
    const auto swin = cluster_gate(h, m, e, 2, clustering_options::swin());
    const auto soft = cluster_gate(h, m, e, 2, clustering_options::soft_moe());

    CHECK(language.logits[0] == 8);
    CHECK(language.expert_inputs == h);
    CHECK(swin.expert_inputs == std::vector<double>{6, 2});
    CHECK_THAT(soft.expert_inputs[0], WithinAbs(1.2, 1e-15));
    CHECK_THAT(soft.logits[0], WithinAbs(1.6, 1e-15));
}

TEST_CASE("the gradient of the gate is its derivative with the scales held",
          "[adaptive_clustering][oracle]") {
    const auto options = GENERATE(clustering_options::language(), clustering_options::swin(),
                                  clustering_options::soft_moe());
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    auto tokens = pattern(12), embeddings = pattern(8);
    const std::vector<double> scales{1, 2, 0.5, 3, 1.5, 0.2, 0.7, 1, 2, 1, 1, 4};
    const auto by_logits = pattern(6), by_inputs = pattern(12);
    const auto loss = [&] {
        const auto gate = cluster_gate(tokens, scales, embeddings, 4, options);
        return std::inner_product(by_logits.begin(), by_logits.end(), gate.logits.begin(), 0.0) +
               std::inner_product(by_inputs.begin(), by_inputs.end(), gate.expert_inputs.begin(),
                                  0.0);
    };

    const auto got =
        cluster_gate_backward(tokens, scales, embeddings, 4, by_logits, by_inputs, options);

    for (auto [numbers, slopes] :
         {std::pair{&tokens, &got.by_tokens}, std::pair{&embeddings, &got.by_embeddings}})
        for (std::size_t i = 0; i < numbers->size(); ++i) {
            const double at = (*numbers)[i];
            (*numbers)[i] = at + h;
            const double above = loss();
            (*numbers)[i] = at - h;
            const double below = loss();
            (*numbers)[i] = at;
            CHECK_THAT((*slopes)[i], WithinAbs((above - below) / (2 * h), 1e-8));
        }
}

TEST_CASE("a token that is not finite goes nowhere, alone", "[adaptive_clustering][property]") {
    const std::vector<double> h{1, 2, not_a_number, 1, 0, 0}, m(6, 1.0), e{1, 0, 0, 1};

    const auto gate = cluster_gate(h, m, e, 2, clustering_options::soft_moe());
    const auto back = cluster_gate_backward(h, m, e, 2, std::vector<double>(6, 1.0), {},
                                            clustering_options::soft_moe());

    CHECK(std::isnan(gate.logits[2]));
    CHECK(std::isnan(gate.logits[3]));
    for (const std::size_t i : {0U, 1U, 4U, 5U}) CHECK(std::isfinite(gate.logits[i]));
    for (const double slope : back.by_embeddings) CHECK(std::isfinite(slope));
    for (std::size_t i = 2; i < 6; ++i) CHECK(back.by_tokens[i] == 0);  // nor does a zero token
}

TEST_CASE("no tokens have neutral clusters", "[adaptive_clustering]") {
    CHECK(dispersion_weights({}, 3, {}, 2).weights == std::vector<double>(6, 1.0));
    CHECK(cluster_gate({}, {}, std::vector<double>(6), 3).logits.empty());
    const auto back = cluster_gate_backward({}, {}, std::vector<double>(6), 3, {}, {});
    CHECK(back.by_embeddings == std::vector<double>(6));
}

TEST_CASE("adaptive clustering says what does not fit", "[adaptive_clustering][error]") {
    const std::vector<double> two(2), three(3), four(4);
    const cluster_weights w{{1, 1}, {2}};

    CHECK_THROWS_WITH(dispersion_weights(two, 2, ids{0}, 1, {.eps = 0}),
                      "dispersion_weights: eps is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(dispersion_weights(two, 2, ids{0}, 1, {.clip = -1}),
                      "dispersion_weights: clip is -1, but it must be > 0");
    CHECK_THROWS_WITH(dispersion_weights(two, 0, ids{0}, 1),
                      "dispersion_weights: width is 0, but it must be >= 1");
    CHECK_THROWS_WITH(
        dispersion_weights(three, 2, ids{0}, 1),
        "dispersion_weights: 3 numbers came for tokens of width 2, but each needs one "
        "a feature");
    CHECK_THROWS_WITH(dispersion_weights(two, 2, ids{0}, 0),
                      "dispersion_weights: no clusters came, but at least one is needed");
    CHECK_THROWS_WITH(dispersion_weights(two, 2, ids{0, 0}, 1),
                      "dispersion_weights: 2 cluster ids came, but 1 are needed");
    CHECK_THROWS_WITH(dispersion_weights(two, 2, ids{3}, 2),
                      "dispersion_weights: a token is of cluster 3, but there are 2, from 0, and "
                      "no_expert");
    CHECK_THROWS_WITH(
        token_scales(w, 2, ids{1}),
        "mixed_scales: a token is of cluster 1, but there are 1, from 0, and no_expert");
    CHECK_THROWS_WITH(mixed_scales(w, 2, ids{0, 0, 0}, three, 2),
                      "mixed_scales: 3 cluster ids came for 2 a token, but each token needs that "
                      "many, at least one");
    CHECK_THROWS_WITH(mixed_scales(w, 2, ids{0, 0}, three, 2),
                      "mixed_scales: 3 gates came, but 2 are needed");
    CHECK_THROWS_WITH(cluster_gate(two, three, two, 2),
                      "cluster_gate: 3 scales came, but 2 are needed");
    CHECK_THROWS_WITH(
        cluster_gate(two, two, three, 2),
        "cluster_gate: 3 numbers came for embeddings of width 2, but each needs one a "
        "feature");
    CHECK_THROWS_WITH(cluster_gate_backward(two, two, four, 2, three, {}),
                      "cluster_gate_backward: 3 derivatives of logits came, but 2 are needed");
    CHECK_THROWS_WITH(
        cluster_gate_backward(two, two, four, 2, two, three),
        "cluster_gate_backward: 3 derivatives of expert inputs came, but 2 are needed");
}
