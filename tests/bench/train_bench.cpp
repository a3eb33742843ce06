// SPDX-License-Identifier: MIT
// Trains ensembles of small MoEs on a device: 64 features, 4 experts of 32 hidden units, 10
// classes, batches of 128 of 1437 examples, sgd at 0.3, feedback from -1 to 1. For each line two
// calls, of so many steps and of twice as many, each the median of five after a first. The first
// rate is that of the short call, states there and back included; the second that of the steps by
// which the long one is longer: what the kernels take, linear if lines agree. Then how well the
// models do after the short call.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <moebius/backend/backend.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <numeric>
#include <string_view>

using namespace moebius;

namespace {

/// Ten random prototypes of standard deviation 0.5 and noise of 0.6, at digits' size.
std::shared_ptr<const labelled_data> digits_like() {
    cluster_options made;
    made.clusters = 10;
    made.width = 64;
    made.rows = 1437;
    made.distance = 9.4;  // of two prototypes: sqrt(2 * 64) 0.5 / 0.6
    made.seed = 5;
    auto data = gaussian_mixture(made);
    for (double& value : data.inputs) value *= 0.6;
    return std::make_shared<labelled_data>(std::move(data));
}

struct setting {
    const char* name = "";
    std::size_t models = 1024;
    std::uint64_t steps = 500;
    optimiser_options optimiser = {.rate = 0.3};
    noise_law noise = noise_law::none;
    std::size_t experts = 4;
    const char* router = "top-1";  // top-k: of 2
    std::size_t layers = 1;
};

training_work work_of(const std::shared_ptr<const labelled_data>& data, const setting& of) {
    moe_options options;
    options.experts = of.experts;
    options.layers = of.layers;
    options.router.name = of.router;
    options.router.noise = of.noise;
    const auto model = std::make_shared<moe_network>(options);
    auto rows = std::make_shared<std::vector<std::uint32_t>>(data->rows());
    std::iota(rows->begin(), rows->end(), 0U);
    training_work work;
    work.data = data;
    for (std::size_t r = 0; r < of.models; ++r) {
        training_run run;
        run.model = model;
        run.rows = rows;
        run.optimiser = of.optimiser;
        run.rule.feedback = -1 + 2 * static_cast<double>(r) / static_cast<double>(of.models - 1);
        run.rule.step = 0.05;
        run.seed = derived_seed(7, r);
        work.runs.push_back(std::move(run));
    }
    return work;
}

/// Share of all examples that 64 models get right, in double.
double accuracy(const training_work& work, const std::vector<training_state>& states) {
    const std::size_t some = std::min<std::size_t>(64, states.size());
    double sum = 0;
    for (std::size_t r = 0; r < some; ++r) {
        const std::size_t at = r * states.size() / some;
        sum += work.runs[at]
                   .model
                   ->infer(states[at].parameters, states[at].scores,
                           {work.data->inputs, work.data->labels})
                   .right;
    }
    return sum / static_cast<double>(some);
}

std::vector<training_state> starts(const training_work& work) {
    std::vector<training_state> states;
    for (const auto& run : work.runs) states.push_back(begin(run));
    return states;
}

/// Seconds of a call, the median of five after a first.
double seconds_of(const backend& on, const training_work& work, std::uint64_t steps,
                  std::vector<training_state>& states) {
    const auto from = starts(work);
    std::vector<double> seconds;
    for (int repeat = 0; repeat < 6; ++repeat) {
        states = from;
        const auto start = std::chrono::steady_clock::now();
        on.train(work, states, steps, {});
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        if (repeat > 0) seconds.push_back(taken.count());
    }
    std::sort(seconds.begin(), seconds.end());
    return seconds[2];
}

void measure(const backend& on, const std::shared_ptr<const labelled_data>& data,
             const setting& of) {
    const auto work = work_of(data, of);
    std::vector<training_state> states, later;
    const double shorter = seconds_of(on, work, of.steps, states);
    const double longer = seconds_of(on, work, 2 * of.steps, later);
    const double steps = static_cast<double>(of.models * of.steps);
    const std::size_t width = 2 + 2 * of.layers * of.experts;
    double loss = 0;  // of the last row of records
    for (const auto& state : states)
        loss += state.records[state.records.size() - width] / static_cast<double>(of.models);
    std::printf("%-22s %5zu %5llu  %8.2f ms  %.3e /s  %.3e /s  loss %.4f  right %.4f\n", of.name,
                of.models, static_cast<unsigned long long>(of.steps), 1e3 * shorter,
                steps / shorter, steps / (longer - shorter), loss, accuracy(work, states));
}

}  // namespace

/// The lines that are asked for: all, or those with a word in their name.
int main(int count, char** arguments) {
    const auto on = make_backend(count > 1 ? arguments[1] : "cuda");
    std::printf("train_bench on %s\n%-22s %5s %5s  %11s  %12s  %12s\n", on->name().c_str(), "",
                "models", "steps", "call", "model-steps", "kernels");
    const auto data = digits_like();
    const std::string_view word = count > 2 ? arguments[2] : "";
    const optimiser_options adam{.kind = optimiser_kind::adam, .rate = 0.003};
    for (const setting& line : {
             setting{.name = "sgd"},
             {.name = "sgd", .models = 512},
             {.name = "sgd", .models = 2048},
             {.name = "sgd", .models = 4096},
             {.name = "sgd", .steps = 250},
             {.name = "sgd", .steps = 1000},
             {.name = "sgd", .steps = 4000},
             {.name = "gumbel noise", .noise = noise_law::gumbel},
             {.name = "momentum", .optimiser = {.rate = 0.05, .momentum = 0.9}},
             {.name = "adam", .optimiser = adam},
             {.name = "2 experts", .experts = 2},
             {.name = "8 experts", .experts = 8},
             {.name = "3 experts, any shape", .experts = 3},
             {.name = "top-k of 2", .router = "top-k"},
             {.name = "two layers", .layers = 2},
             {.name = "two layers, adam", .optimiser = adam, .layers = 2},
             {.name = "two layers, 3 experts", .experts = 3, .layers = 2},
         })
        if (std::string_view(line.name).find(word) != std::string_view::npos)
            measure(*on, data, line);
}
