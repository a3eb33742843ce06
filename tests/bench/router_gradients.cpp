// SPDX-License-Identifier: MIT
//
// Gradients of routers and balancing losses on random numbers, as JSON, for router_gradients.py to
// hold against PyTorch's automatic differentiation.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <moebius/base/random.hpp>
#include <moebius/router/balance.hpp>
#include <moebius/router/registry.hpp>

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

void put(const char* name, const std::vector<double>& values, const char* end = ",") {
    std::printf("\"%s\": [%s]%s ", name, fmt::format("{}", fmt::join(values, ", ")).c_str(), end);
}

void row(const char* name, std::size_t experts, const router_settings& settings) {
    const std::size_t tokens = 40;
    const double beta = 1.3;
    const auto logits = normals(tokens * experts, 1), scores = normals(experts, 2),
               by_weights = normals(tokens * experts, 3);
    const auto router = make_router(name, beta, noise_law::gumbel, settings);
    const router_batch batch{experts, logits, scores, {5, 1}};
    const auto routed = router->route(batch);
    std::vector<double> by_logits(logits.size());
    router->backward(batch, routed, by_weights, by_logits);

    std::vector<std::string> words;
    for (const auto& [key, value] : settings)
        words.push_back(fmt::format("\"{}\": \"{}\"", key, value));
    std::printf("{\"router\": \"%s\", \"settings\": {%s}, \"experts\": %zu, \"beta\": %.17g, ",
                name, fmt::format("{}", fmt::join(words, ", ")).c_str(), experts, beta);
    put("logits", logits);
    put("scores", scores);
    put("by_weights", by_weights);
    put("chosen", {routed.chosen.begin(), routed.chosen.end()});
    put("weights", routed.weights);
    put("by_logits", by_logits, "");
    std::printf("},\n");
}

}  // namespace

int main() {
    std::printf("[\n");
    row("top-1", 5, {});
    row("top-k", 7, {{"k", "3"}});
    row("top-k", 7, {{"k", "3"}, {"renormalise", "yes"}});
    row("top-k", 7, {{"k", "2"}, {"gate", "sigmoid"}});
    row("top-k", 7, {{"k", "2"}, {"gate", "sigmoid"}, {"renormalise", "yes"}});
    row("probmoe-exact-k", 8, {{"k", "3"}});
    row("probmoe-dynamic-k", 8, {{"k_min", "2"}, {"k_max", "4"}});
    row("soft-moe", 6, {});
    row("selective-sinkhorn", 4,
        {{"frequency", "1"},
         {"gradient", "implicit"},
         {"noise_scale", "0"},
         {"k", "2"},
         {"tolerance", "1e-12"},
         {"iterations", "100000"}});
    row("selective-sinkhorn", 4,
        {{"frequency", "1"},
         {"gradient", "implicit"},
         {"noise_scale", "0"},
         {"k", "3"},
         {"cost", "softmax"},
         {"xi", "0.3"},
         {"tolerance", "1e-12"},
         {"iterations", "100000"}});
    std::printf("null]\n");
}
