// SPDX-License-Identifier: MIT
//
// Milliseconds of a step of closed loops and of the routing step on the CPU, for cpu_loops.py:
// reads lines "loop THREADS EXPERTS TOKENS STEPS" and "route THREADS EXPERTS TOKENS WIDTH REPEATS",
// answers each with a number.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>
#include <sstream>

using namespace moebius;

namespace {

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct times {
    double passed, of_threads;  // seconds
};

times loop_step(unsigned threads, std::size_t experts, std::size_t tokens, std::size_t steps) {
    loop_batch batch{no_tokens(experts), noise_law::gumbel, tokens, steps, {}};
    batch.runs.push_back({{.feedback = 1.5, .step = 0.02}, 1});
    const auto on = make_cpu_loops(threads);
    const double before = thread_seconds();
    const auto from = std::chrono::steady_clock::now();
    const auto history = on->run_loops(batch, {});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    const auto n = static_cast<double>(steps);
    return {took.count() / n, (thread_seconds() - before) / n};
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

times routing_step(unsigned threads, std::size_t experts, std::size_t tokens, std::size_t width,
                   std::size_t repeats) {
    static std::map<std::vector<std::size_t>, gated_batch> batches;
    auto& batch = batches[{experts, tokens, width}];
    if (batch.tokens.empty()) {
        batch = {experts, width, normals(tokens * width, 1), normals(experts * width, 2), true};
        for (float& w : batch.gate) w /= std::sqrt(static_cast<float>(width));
    }
    const auto on = make_backend("cpu", threads);
    const std::vector<double> scores(experts, 0.0);
    const double start = thread_seconds();
    on->route(batch, scores, {});
    const double once = thread_seconds();
    const double passed = on->route(batch, scores, {.repeats = repeats}).seconds;
    const double all = thread_seconds() - once;
    return {passed, (all - (once - start)) / static_cast<double>(repeats - 1)};
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string what;
        unsigned threads = 1;
        std::size_t experts = 0, tokens = 0, a = 0, b = 0;
        words >> what >> threads >> experts >> tokens >> a >> b;
        const auto [passed, of_threads] = what == "loop"
                                              ? loop_step(threads, experts, tokens, a)
                                              : routing_step(threads, experts, tokens, a, b);
        fmt::print("{} {}\n", 1e3 * passed, 1e3 * of_threads);
        std::fflush(stdout);
    }
}
