// SPDX-License-Identifier: MIT
//
// Microseconds a model and step of an ensemble that trains on the CPU in double, for
// train_cpu_speed.py, the fastest of 15 parts: 64 -> 4 x (64-32-10), top-1, batches of 128 digits,
// SGD, feedback.
//
//     train_bench_cpu data/digits.csv [threads] [models] [steps]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <moebius/backend/backend.hpp>
#include <moebius/tokens/token_file.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <string>

using namespace moebius;

int main(int argc, char** argv) {
    try {
        const auto number = [&](int at, std::size_t otherwise) -> std::size_t {
            return argc > at ? std::stoul(argv[at]) : otherwise;
        };
        const auto threads = static_cast<unsigned>(number(2, 2));
        const std::size_t models = number(3, 64), steps = number(4, 20);
        training_work work{.data = std::make_shared<labelled_data>(
                               labelled(read_tokens(argc > 1 ? argv[1] : "data/digits.csv"))),
                           .runs = {},
                           .batch = 128,
                           .record_every = steps};
        const auto model = std::make_shared<moe_network>(moe_options{});
        const auto rows = std::make_shared<std::vector<std::uint32_t>>(
            stratified_split(*work.data, 0.2, 1).train);
        std::vector<training_state> states;
        for (std::uint64_t seed = 1; seed <= models; ++seed) {
            work.runs.push_back({.model = model,
                                 .rows = rows,
                                 .optimiser = {.rate = 0.3},
                                 .rule = {.feedback = 1, .step = 0.05},
                                 .seed = seed});
            states.push_back(begin(work.runs.back()));
        }
        const auto backend = make_backend("cpu", threads);
        std::vector<double> times;
        for (std::uint64_t repeat = 1; repeat <= 15; ++repeat) {
            const auto start = std::chrono::steady_clock::now();
            backend->train(work, states, repeat * steps, {});
            const std::chrono::duration<double, std::micro> took =
                std::chrono::steady_clock::now() - start;
            times.push_back(took.count() / static_cast<double>(models * steps));
        }
        std::sort(times.begin(), times.end());
        double right = 0;
        for (const auto& state : states)
            right += state.records[state.records.size() - 2 * model->scores() - 1];
        fmt::print(R"({{"us": {:.2f}, "median": {:.2f}, "threads": {}, )"
                   R"("models": {}, "steps": {}, "train_accuracy": {:.4f}}})"
                   "\n",
                   times.front(), times[times.size() / 2], threads, models, steps,
                   right / static_cast<double>(models));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "train_bench_cpu: %s\n", failure.what());
        return 1;
    }
}
