// SPDX-License-Identifier: MIT
//
// Small networks trained for 50 batches on the CPU, as JSON: first and last parameters, the rows of
// each batch, losses and scores, for train_torch.py to repeat with PyTorch's automatic
// differentiation and optimisers.
//
//     train_reference data/digits.csv > reference.json
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <exception>
#include <moebius/base/random.hpp>
#include <moebius/tokens/token_file.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/soft_moe_network.hpp>
#include <moebius/train/training.hpp>
#include <string>

using namespace moebius;

namespace {

constexpr std::uint64_t steps = 50;

/// A model and how train_torch.py is to build it.
struct named_case {
    std::string name, network;  // network: a JSON object
    training_run run;
};

std::string described(const moe_options& of) {
    const auto setting = [&](std::string_view option) {
        return setting_of(of.router.name, option, of.router.settings);
    };
    return fmt::format(
        R"({{"kind": "moe", "width": {}, "experts": {}, "hidden": [{}], "classes": {}, )"
        R"("activation": "{}", "loss": "{}", "layers": {}, "k": {}, "renormalise": {}, )"
        R"("beta": {}, "switch_loss": {}, "importance": {}, "z_loss": {}}})",
        of.width, of.experts, fmt::join(of.hidden, ", "), of.classes, to_string(of.between),
        to_string(of.loss), of.layers, of.router.name == "top-k" ? setting("k") : "1",
        setting("renormalise") == "yes", of.router.beta, of.balance.switch_loss,
        of.balance.importance, of.balance.z_loss);
}

std::string described(const soft_moe_network_options& of) {
    return fmt::format(
        R"({{"kind": "soft-moe", "width": {}, "patch": {}, "experts": {}, "slots": {}, )"
        R"("hidden": {}, "classes": {}, "mix_units": {}}})",
        of.width, of.patch, of.experts, of.slots, of.hidden, of.classes, of.mix_units);
}

template <typename Network, typename Options>
named_case made(std::string name, const Options& options, optimiser_options optimiser,
                feedback_rule rule = {.feedback = 0}) {
    return {std::move(name), described(options),
            training_run{.model = std::make_shared<Network>(options),
                         .rows = nullptr,  // main knows them
                         .optimiser = optimiser,
                         .rule = std::move(rule),
                         .seed = 7}};
}

std::vector<named_case> cases() {
    const optimiser_options sgd{.rate = 0.3}, adam{.kind = optimiser_kind::adam, .rate = 3e-3};
    std::vector<named_case> all;
    all.push_back(made<moe_network>("top-1, SGD", moe_options{}, sgd));
    all.push_back(made<moe_network>(
        "top-1, Adam, balancing terms",
        moe_options{.balance = {.switch_loss = 0.1, .importance = 0.05, .z_loss = 0.01}}, adam));
    all.push_back(made<moe_network>(
        "top-2 of 8 renormalised, GELU, AdamW",
        moe_options{.experts = 8,
                    .hidden = {16, 12},
                    .between = activation::gelu,
                    .router = {"top-k", 1.5, noise_law::none, {{"renormalise", "yes"}}}},
        {.kind = optimiser_kind::adamw, .rate = 3e-3, .weight_decay = 0.1}));
    all.push_back(made<moe_network>(
        "two experts with feedback, momentum", moe_options{.experts = 2, .gate_bias = 0.1},
        {.rate = 0.05, .momentum = 0.9, .weight_decay = 1e-3}, {.feedback = 2, .step = 0.05}));
    all.push_back(made<moe_network>("two layers, squared error, SGD",
                                    moe_options{.loss = training_loss::squared_error, .layers = 2},
                                    {.rate = 0.05}));
    all.push_back(made<soft_moe_network>("Soft MoE on patches, Adam",
                                         soft_moe_network_options{.slots = 2}, adam,
                                         {.feedback = -1, .step = 0.05}));
    return all;
}

void put(const char* name, const std::vector<double>& values) {
    fmt::print("\"{}\": [{}], ", name, fmt::join(values, ", "));
}

/// The rows of each batch, by the words of training.hpp.
std::string drawn(const training_run& run, std::size_t batch) {
    std::string all;
    for (std::uint64_t t = 0; t < steps; ++t) {
        std::vector<std::uint32_t> rows;
        for (std::uint32_t i = 0; i < batch; ++i) {
            const auto w = random_words(run.seed, random_stream::token, t, i);
            rows.push_back((*run.rows)[(w[3] * std::uint64_t{run.rows->size()}) >> 32]);
        }
        all += fmt::format("{}[{}]", t == 0 ? "" : ", ", fmt::join(rows, ", "));
    }
    return all;
}

void print(training_work work, const named_case& of) {
    work.runs = {of.run};
    check(work);
    auto state = begin(of.run);
    fmt::print(R"({{"name": "{}", "network": {}, )", of.name, of.network);
    const auto& o = of.run.optimiser;
    fmt::print(R"("optimiser": {{"kind": "{}", "rate": {}, "momentum": {}, "beta1": {}, )"
               R"("beta2": {}, "eps": {}, "weight_decay": {}}}, )",
               to_string(o.kind), o.rate, o.momentum, o.beta1, o.beta2, o.eps, o.weight_decay);
    const auto& r = of.run.rule;
    fmt::print(R"("rule": {{"feedback": {}, "decay": {}, "step": {}}}, )", r.feedback, r.decay,
               r.step);
    put("initial", state.parameters);
    fmt::print("\"rows\": [{}], ", drawn(of.run, work.batch));
    advance(work, of.run, state, steps);
    const std::size_t columns = 2 + 2 * of.run.model->scores();
    std::vector<double> losses;
    for (std::size_t i = 0; i < state.records.size(); i += columns)
        losses.push_back(state.records[i]);
    put("losses", losses);
    put("scores", state.scores);
    fmt::print("\"parameters\": [{}]}}", fmt::join(state.parameters, ", "));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        training_work work{.data = std::make_shared<labelled_data>(
                               labelled(read_tokens(argc > 1 ? argv[1] : "data/digits.csv"))),
                           .runs = {},
                           .batch = 128,
                           .record_every = 1};
        const auto rows = std::make_shared<std::vector<std::uint32_t>>(
            stratified_split(*work.data, 0.2, 1).train);
        const char* separator = "[";
        for (auto& one : cases()) {
            one.run.rows = rows;
            fmt::print("{}\n", separator);
            print(work, one);
            separator = ",";
        }
        fmt::print("\n]\n");
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "train_reference: %s\n", failure.what());
        return 1;
    }
}
