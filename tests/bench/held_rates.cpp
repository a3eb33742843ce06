// SPDX-License-Identifier: MIT
// Not timed: what held_rates.py reads, a line a model and record: side, seed, varied, batch, lead
// of the first score, gap of the last 20 batches, and the frozen gate's gap and its slope by the
// lead.
//
//   held_rates hold|free SEED SEEDS VALUE...      gaps to hold, or feedbacks from leads of 3 and -3
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <moebius/backend/backend.hpp>
#include <moebius/train/experiment.hpp>
#include <moebius/train/model_measures.hpp>
#include <string>
#include <vector>

#include "../../src/compare/gap_along.hpp"

using namespace moebius;

namespace {

constexpr std::size_t last = 2000, every = 20;  // batches

experiment design_of(int count, char** words) {
    experiment_options options;
    options.seed = std::stoull(words[2]);
    options.seeds = std::stoul(words[3]);
    for (int i = 4; i < count; ++i) options.values.push_back(std::stod(words[i]));
    options.data = std::make_shared<labelled_data>(teacher_network({.experts = 2}));
    options.experts = 2;
    options.hidden = {16};
    options.record_every = every;
    options.varied = "gap";
    if (std::string(words[1]) == "free") {
        options.varied = "feedback";
        options.sides.push_back(options.sides.front());
        options.sides[0].numbers.lead = 3;
        options.sides[1].numbers.lead = -3;
    }
    return make_experiment(options);
}

void print_state(const experiment& made, std::size_t run, std::size_t batch,
                 const training_state& state) {
    const auto& model = *made.work.runs[run].model;
    const auto rows = take_rows(*made.work.data, *made.work.runs[run].rows);
    const auto law =
        model.routing()->mean_load(model.logits(state.parameters, state.scores, rows.inputs), 2);
    const double lead = state.scores[0] - state.scores[1];
    const auto gap = gap_along(*law, 1).at(lead, (state.scores[0] + state.scores[1]) / 2);
    const double seen = batch == 0 ? std::numeric_limits<double>::quiet_NaN()
                                   : 2 * state.records[state.records.size() - 4] - 1;
    const auto& at = made.places[run];
    std::printf("%zu,%zu,%g,%zu,%.6g,%.6g,%.6g,%.6g\n", at.side, at.seed, at.varied, batch, lead,
                seen, gap[0], gap[1]);
}

}  // namespace

int main(int count, char** words) {
    if (count < 5) return 1;
    const auto made = design_of(count, words);
    std::vector<training_state> states;
    for (const auto& run : made.work.runs) states.push_back(begin(run));
    const auto on = make_backend("cpu", 0);
    for (std::size_t batch = 0; batch <= last; batch += every) {
        if (batch > 0) on->train(made.work, states, batch, {});
        for (std::size_t run = 0; run < states.size(); ++run)
            print_state(made, run, batch, states[run]);
    }
}
