// SPDX-License-Identifier: MIT
//
// Milliseconds of a step of closed loops and of the routing step on the CPU, for cpu_loops.py:
// reads lines "loop THREADS EXPERTS TOKENS STEPS" and "route THREADS EXPERTS TOKENS WIDTH REPEATS",
// answers each with a number.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>
#include <sstream>

using namespace moebius;

namespace {

double loop_step(unsigned threads, std::size_t experts, std::size_t tokens, std::size_t steps) {
    loop_batch batch{no_tokens(experts), noise_law::gumbel, tokens, steps, {}};
    batch.runs.push_back({{.feedback = 1.5, .step = 0.02}, 1});
    const auto on = make_cpu_loops(threads);
    const auto from = std::chrono::steady_clock::now();
    const auto history = on->run_loops(batch, {});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    return took.count() / static_cast<double>(steps);
}

std::vector<float> normals(std::size_t n, std::uint64_t seed) {
    std::vector<random_block> words((n + 1) / 2);
    random_words(seed, random_stream::made, 0, 0, words);
    std::vector<float> out;
    for (const auto& w : words) {
        const auto [a, b] = normal_pair(uniform(w[0]), uniform(w[1]));
        out.insert(out.end(), {static_cast<float>(a), static_cast<float>(b)});
    }
    out.resize(n);
    return out;
}

double routing_step(unsigned threads, std::size_t experts, std::size_t tokens, std::size_t width,
                    std::size_t repeats) {
    static std::map<std::vector<std::size_t>, gated_batch> batches;
    auto& batch = batches[{experts, tokens, width}];
    if (batch.tokens.empty()) {
        batch = {experts, width, normals(tokens * width, 1), normals(experts * width, 2), true};
        for (float& w : batch.gate) w /= std::sqrt(static_cast<float>(width));
    }
    return make_backend("cpu", threads)
        ->route(batch, std::vector<double>(experts, 0.0), {.repeats = repeats})
        .seconds;
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string what;
        unsigned threads = 1;
        std::size_t experts = 0, tokens = 0, a = 0, b = 0;
        words >> what >> threads >> experts >> tokens >> a >> b;
        fmt::print("{}\n", 1e3 * (what == "loop" ? loop_step(threads, experts, tokens, a)
                                                 : routing_step(threads, experts, tokens, a, b)));
        std::fflush(stdout);
    }
}
