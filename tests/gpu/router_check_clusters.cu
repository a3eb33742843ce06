// SPDX-License-Identifier: MIT
// Adaptive clustering on the device against router/adaptive_clustering.cpp.
#include <moebius/router/adaptive_clustering.hpp>

#include "../../src/cuda/router/router_clusters.hpp"
#include "router_check.cuh"

namespace router_check {
namespace {

using namespace moebius::gpu;

enum class ids { random, one, few };  // few: some clusters of no or one token, tokens of none

struct cluster_case {
    std::uint32_t T, d, K, E = 5;
    ids law = ids::random;
    int variant = 0;  // of the published three
    float offset = 0;
    bool bad = false;
};

worst_error weight_error, logit_error;

std::string name_of(const cluster_case& c) {
    char text[120];
    std::snprintf(text, sizeof text, "clusters T=%u d=%u K=%u E=%u ids=%d variant=%d offset=%g%s",
                  c.T, c.d, c.K, c.E, static_cast<int>(c.law), c.variant, c.offset,
                  c.bad ? " bad" : "");
    return text;
}

void run(const cluster_case& c, std::mt19937& rng) {
    verdict v{name_of(c)};
    auto tokens = draw_rows(rows::normal, c.T, c.d, rng);
    const auto embeddings = draw_rows(rows::normal, c.E, c.d, rng);
    std::vector<std::uint32_t> id(c.T);
    for (std::size_t t = 0; t < c.T; ++t) {
        id[t] = c.law == ids::one ? 0 : rng() % c.K;
        if (c.law == ids::few) id[t] = rng() % 4 == 0 ? moebius::no_expert : id[t] / 3;
        for (std::size_t q = 0; q < c.d; ++q) {  // clusters tight along different features
            float& x = tokens[t * c.d + q];
            x = x * ((q + id[t]) % 5 == 0 ? 0.05F : 1.0F) + c.offset;
        }
    }
    if (c.law == ids::few && c.K > 2 && c.T > 9) id[9] = c.K - 1;  // alone
    if (c.bad)
        for (std::size_t t = 0; t < c.T; ++t) {
            if (t % 7 == 1) tokens[t * c.d + rng() % c.d] = NAN;
            if (t % 7 == 2) tokens[t * c.d + rng() % c.d] = INFINITY;
            if (t % 7 == 3) std::fill_n(&tokens[t * c.d], c.d, 0.0F);
        }
    const auto options = c.variant == 0   ? moebius::clustering_options::language()
                         : c.variant == 1 ? moebius::clustering_options::swin()
                                          : moebius::clustering_options::soft_moe();

    const device_array<float> d_tokens(tokens), d_embeddings(embeddings);
    const device_array<std::uint32_t> d_ids(id);
    device_array<float> weights(std::size_t{c.K} * c.d), factors(c.T),
        logits(std::size_t{c.T} * c.E);
    device_array<std::uint32_t> sizes(c.K);
    const clustered_tokens b{c.T, c.d, c.K, d_tokens.data, d_ids.data};
    const clustering_rule rule{options.eps, options.clip,
                               static_cast<weight_mean>(options.normaliser), options.unit_tokens};
    const clustering_weights to{weights.data, sizes.data, factors.data};
    device_array<char> workspace(cluster_workspace_bytes(b));
    std::vector<float> first;
    for (int repeat = 0; repeat < 2; ++repeat) {
        CHECK_CUDA(launch_cluster_weights(b, rule, to, workspace.data, nullptr));
        CHECK_CUDA(cudaDeviceSynchronize());
        if (repeat == 0) first = weights.read();
    }
    CHECK_CUDA(launch_cluster_gate(b, to, d_embeddings.data, c.E, logits.data, nullptr));
    CHECK_CUDA(cudaDeviceSynchronize());
    v.expect(weights.guarded() && sizes.guarded() && factors.guarded() && logits.guarded() &&
                 workspace.guarded(),
             "written beyond an output");
    const auto w_got = weights.read(), l_got = logits.read();
    const auto s_got = sizes.read();
    v.expect(first == w_got, "two runs differ");

    const std::vector<double> h(tokens.begin(), tokens.end()),
        e(embeddings.begin(), embeddings.end());
    const auto want = moebius::dispersion_weights(h, c.d, id, c.K, options);
    const auto scales = moebius::token_scales(want, c.d, id);
    const auto gate = moebius::cluster_gate(h, scales, e, c.d, options);
    // 1/|h| is rounded to a float: 6e-8 of h, and so of the mean that deviations are taken from
    const double relative = 1e-6 + (options.unit_tokens ? 1e-6 * (1 + c.offset / 0.05) : 0);
    for (std::size_t i = 0; i < w_got.size(); ++i)
        weight_error(v, "weight", w_got[i], want.weights[i], relative, 1e-30);
    for (std::size_t k = 0; k < c.K; ++k)
        v.expect(s_got[k] == want.sizes[k], "size", s_got[k], double(want.sizes[k]));
    for (std::size_t t = 0; t < c.T; ++t)
        for (std::size_t j = 0; j < c.E; ++j) {
            const double wanted = gate.logits[t * c.E + j], got = l_got[t * c.E + j];
            if (std::isnan(wanted)) {
                v.expect(std::isnan(got), "a token that is not finite", got);
                continue;
            }
            double size = 0, square = 0;  // sums of d products in single precision
            for (std::size_t q = 0; q < c.d; ++q) {
                size += std::abs(scales[t * c.d + q] * h[t * c.d + q] * e[j * c.d + q]);
                square += h[t * c.d + q] * h[t * c.d + q];
            }
            if (options.unit_tokens && square > 0) size /= std::sqrt(square);
            logit_error(v, "logit", got, wanted, 1e-5, 1e-5 * size + 1e-30);
        }
}

}  // namespace

void check_clusters(bool small, std::mt19937& rng) {
    std::vector<cluster_case> cases;
    for (const std::uint32_t T : {0U, 1U, 2U, 3U, 4U, 5U, 31U, 33U, 255U, 1025U})
        for (const auto law : {ids::random, ids::one}) cases.push_back({T, 20, 3, 5, law});
    for (const int variant : {0, 1, 2})
        for (const auto law : {ids::random, ids::one, ids::few})
            for (const std::uint32_t d : {1U, 3U, 64U, 130U, 352U, 500U, 513U, 1024U}) {
                if (small && d > 130) continue;
                const std::uint32_t T = small ? 100 : 1200;
                cases.push_back({T, d, 16, d == 64 ? 64U : 16U, law, variant, 0, true});
                if (d < 100) cases.push_back({T, d, 200, 17, law, variant, d == 3 ? 10.0F : 0.0F});
            }
    if (!small) {
        cases.push_back({100003, 24, 256, 1});
        cases.push_back({100003, 24, 256, 1, ids::few, 0, 0, true});
    }
    for (const auto& c : cases) run(c, rng);
    std::printf("clusters: worst errors: weight %.1e, logit %.1e\n", weight_error.value,
                logit_error.value);
}

}  // namespace router_check
