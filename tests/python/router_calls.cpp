// SPDX-License-Identifier: MIT
//
// What the library's routers make of random numbers, for tests/python/test_claims.py to hold those
// of tests/bench/claims against: prints a JSON list.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdio>
#include <moebius/base/random.hpp>
#include <moebius/router/adaptive_clustering.hpp>
#include <moebius/router/balance.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/router/soft_moe.hpp>
#include <moebius/router/subset_law.hpp>
#include <numbers>
#include <span>
#include <string>
#include <vector>

using namespace moebius;

namespace {

std::vector<double> normals(std::size_t count, std::uint32_t what) {
    std::vector<double> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto w = random_words(3, random_stream::gate, what, static_cast<std::uint32_t>(i));
        out[i] = normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3])).first;
    }
    return out;
}

template <class Values>
std::string numbers_of(const char* name, const Values& values) {
    return fmt::format(", \"{}\": [{}]", name, fmt::join(values, ", "));
}

constexpr std::size_t tokens = 40;

void routed(const char* name, std::size_t experts, const router_settings& settings) {
    const auto logits = normals(tokens * experts, 1), by_weights = normals(tokens * experts, 2);
    const std::vector<double> scores(experts);
    const auto router = make_router(name, 1, noise_law::none, settings);
    const router_batch batch{experts, logits, scores, {5, 1}};
    const auto out = router->route(batch);
    std::vector<double> by_logits(logits.size());
    router->backward(batch, out, by_weights, by_logits);
    std::string words;
    for (const auto& [key, value] : settings) words += fmt::format(", \"{}\": \"{}\"", key, value);
    const std::vector<int> chosen(out.chosen.begin(), out.chosen.end());
    fmt::print("{{\"what\": \"{}\", \"experts\": {}{}{}{}{}{}{}}},\n", name, experts, words,
               numbers_of("logits", logits), numbers_of("by_weights", by_weights),
               numbers_of("chosen", chosen), numbers_of("weights", out.weights),
               numbers_of("by_logits", by_logits));
}

void marginals(std::size_t experts, std::size_t k_min, std::size_t k_max) {
    const auto logits = normals(tokens * experts, 3);
    std::vector<double> all;
    std::vector<int> likeliest;
    for (std::size_t t = 0; t < tokens; ++t) {
        const auto row = std::span(logits).subspan(t * experts, experts);
        for (const double m : subset_law(row, k_min, k_max).marginals()) all.push_back(m);
        std::vector<std::uint8_t> chosen(experts);
        likeliest_subset(row, k_min, k_max, chosen);
        likeliest.insert(likeliest.end(), chosen.begin(), chosen.end());
    }
    fmt::print(
        "{{\"what\": \"marginals\", \"experts\": {}, \"k_min\": {}, \"k_max\": {}{}{}{}}},\n",
        experts, k_min, k_max, numbers_of("logits", logits), numbers_of("marginals", all),
        numbers_of("likeliest", likeliest));
}

void balanced(std::size_t experts) {
    const auto logits = normals(tokens * experts, 4);
    std::vector<double> dispatched(experts, 0.5 / static_cast<double>(experts));
    dispatched[1] += 0.5;
    const auto out = switch_loss(logits, dispatched);
    fmt::print("{{\"what\": \"switch_loss\", \"experts\": {}{}{}, \"loss\": {}{}}},\n", experts,
               numbers_of("logits", logits), numbers_of("dispatched", dispatched), out.loss,
               numbers_of("by_logits", out.by_logits));
}

/// Cluster 3 has one token and cluster 4 none; feature 2 of cluster 0 is tight enough for the clip.
void clustered(const char* variant) {
    constexpr std::size_t width = 6, clusters = 5;
    auto h = normals(tokens * width, 5);
    std::vector<std::uint32_t> of(tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
        of[t] = static_cast<std::uint32_t>(t == 7 ? 3 : t % 3);
        if (of[t] == 0) h[t * width + 2] *= 1e-3;
    }
    const auto w = dispersion_weights(h, width, of, clusters, clustering_from_name(variant));
    fmt::print(
        "{{\"what\": \"clusters\", \"variant\": \"{}\", \"width\": {}, \"count\": {}{}{}{}{}}},\n",
        variant, width, clusters, numbers_of("tokens", h), numbers_of("clusters", of),
        numbers_of("weights", w.weights), numbers_of("scales", token_scales(w, width, of)));
}

double gelu(double x) { return x / 2 * std::erfc(-x / std::numbers::sqrt2); }

/// y = gelu(x first) second of one expert.
void soft() {
    constexpr std::size_t m = 9, d = 4, n = 5, w = 3;
    const auto x = normals(m * d, 6), first = normals(n * d * w, 7), second = normals(n * w * d, 8);
    const soft_moe_layer layer{
        .width = d, .experts = n, .slots = 1, .slot_vectors = normals(d * n, 9), .scale = 1.7};
    const auto out =
        soft_moe(layer, x, [&](std::size_t e, std::span<const double> in, std::span<double> y) {
            for (std::size_t j = 0; j < w; ++j) {
                double inner = 0;
                for (std::size_t q = 0; q < d; ++q) inner += in[q] * first[(e * d + q) * w + j];
                for (std::size_t q = 0; q < d; ++q) {
                    if (j == 0) y[q] = 0;
                    y[q] += gelu(inner) * second[(e * w + j) * d + q];
                }
            }
        });
    fmt::print(
        "{{\"what\": \"soft_moe\", \"shape\": [{}, {}, {}, {}], \"scale\": {}{}{}{}{}{}{}}}\n", m,
        d, n, w, layer.scale, numbers_of("tokens", x), numbers_of("slots", layer.slot_vectors),
        numbers_of("first", first), numbers_of("second", second),
        numbers_of("combine", out.combine), numbers_of("output", out.output));
}

}  // namespace

int main() {
    fmt::print("[\n");
    routed("top-k", 7, {{"k", "3"}});
    routed("top-k", 7, {{"k", "3"}, {"renormalise", "yes"}});
    routed("probmoe-exact-k", 8, {{"k", "3"}});
    routed("probmoe-exact-k", 8, {{"k", "3"}, {"estimator", "sample-dense"}});
    routed("probmoe-exact-k", 8, {{"k", "3"}, {"estimator", "sample-gates"}});
    routed("probmoe-dynamic-k", 8, {{"k_min", "2"}, {"k_max", "4"}});
    routed("soft-moe", 6, {});
    for (const char* gradient : {"detached", "implicit"})
        routed("selective-sinkhorn", 5,
               {{"frequency", "1"},
                {"gradient", gradient},
                {"noise_scale", "0"},
                {"k", "2"},
                {"tolerance", "1e-12"},
                {"iterations", "100000"}});
    marginals(8, 3, 3);
    marginals(8, 1, 2);
    balanced(6);
    clustered("language");
    clustered("swin");
    soft();
    fmt::print("]\n");
}
