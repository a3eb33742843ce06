// SPDX-License-Identifier: MIT
// Trains ensembles of small MoEs on a device: 64 features, 4 experts of 32 hidden units, 10
// classes, batches of 128 of 1437 examples, sgd at 0.3, feedback from -1 to 1. Prints model-steps
// a second of the kernel's launches and what lies around them, the median of five after a first,
// and how well the models do; a line's steps and models tell whether the cost is linear.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <moebius/simulate/backend.hpp>
#include <moebius/simulate/moe_network.hpp>
#include <moebius/simulate/training.hpp>
#include <numeric>

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

training_work ensemble(const std::shared_ptr<const labelled_data>& data, std::size_t models) {
    moe_options options;
    options.router.noise = noise_law::none;
    const auto model = std::make_shared<moe_network>(options);
    auto rows = std::make_shared<std::vector<std::uint32_t>>(data->rows());
    std::iota(rows->begin(), rows->end(), 0U);
    training_work work;
    work.data = data;
    for (std::size_t r = 0; r < models; ++r) {
        training_run run;
        run.model = model;
        run.rows = rows;
        run.optimiser.rate = 0.3;
        run.rule.feedback = -1 + 2 * static_cast<double>(r) /
                                     static_cast<double>(std::max<std::size_t>(1, models - 1));
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

void measure(const backend& on, const std::shared_ptr<const labelled_data>& data,
             std::size_t models, std::uint64_t steps) {
    const auto work = ensemble(data, models);
    std::vector<training_state> from, states;
    for (const auto& run : work.runs) from.push_back(begin(run));
    std::vector<double> seconds;
    for (int repeat = 0; repeat < 6; ++repeat) {
        states = from;
        const auto start = std::chrono::steady_clock::now();
        on.train(work, states, steps, {});
        seconds.push_back(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    seconds.erase(seconds.begin());
    std::sort(seconds.begin(), seconds.end());
    const double rate = static_cast<double>(models * steps);
    double loss = 0;
    for (const auto& state : states)  // of the last row: its loss, share of right ones and 8 more
        loss += *(state.records.end() - 10) / static_cast<double>(models);
    std::printf(
        "%5zu models %5llu steps %9.2f ms (%.2f to %.2f)  %.3e model-steps/s  loss %.4f  "
        "right %.4f\n",
        models, static_cast<unsigned long long>(steps), 1e3 * seconds[2], 1e3 * seconds[0],
        1e3 * seconds[4], rate / seconds[2], loss, accuracy(work, states));
}

}  // namespace

int main(int count, char** arguments) {
    const auto on = make_backend(count > 1 ? arguments[1] : "cuda");
    std::printf("train_bench on %s\n", on->name().c_str());
    const auto data = digits_like();
    for (const std::size_t models : {1024U, 512U, 2048U, 4096U}) measure(*on, data, models, 500);
    for (const std::uint64_t steps : {250U, 1000U, 4000U}) measure(*on, data, 1024, steps);
}
