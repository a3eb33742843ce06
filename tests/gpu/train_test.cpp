// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/backend/backend.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <utility>

#include "../catch.hpp"

using namespace moebius;

namespace {

moe_options digits() {
    moe_options options;  // 64 features, 4 experts of 32 units, 10 classes: the tiled kernel's
    options.router.noise = noise_law::none;
    return options;
}

/// Runs of one model on made-up data, each with its own seed, feedback and half of the rows.
training_work work_of(const moe_options& options, std::size_t runs, std::size_t batch = 128,
                      const optimiser_options& optimiser = {.rate = 0.3}) {
    cluster_options made;
    made.width = options.width;
    made.clusters = options.classes;
    made.rows = 300;
    training_work work;
    work.data = std::make_shared<labelled_data>(gaussian_mixture(made));
    work.batch = batch;
    work.record_every = 1;
    const auto model = std::make_shared<moe_network>(options);
    for (std::size_t r = 0; r < runs; ++r) {
        training_run run;
        run.model = model;
        run.rows = std::make_shared<std::vector<std::uint32_t>>(
            stratified_split(*work.data, 0.5, r).train);
        run.optimiser = optimiser;
        run.rule.feedback = static_cast<double>(r) - 1;
        run.rule.step = 0.05;
        run.rule.bias.assign(options.experts, 0.01);
        run.seed = derived_seed(11, r);
        work.runs.push_back(std::move(run));
    }
    return work;
}

std::vector<training_state> starts(const training_work& work) {
    std::vector<training_state> states;
    for (const auto& run : work.runs) states.push_back(begin(run));
    return states;
}

std::vector<training_state> trained(const training_work& work, std::vector<training_state> states,
                                    std::uint64_t until) {
    make_backend("cuda")->train(work, states, until, {});
    return states;
}

double norm(const std::vector<double>& a) {
    double sum = 0;
    for (const double value : a) sum += value * value;
    return std::sqrt(sum);
}

std::vector<double> difference(std::vector<double> a, const std::vector<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
    return a;
}

/// Number for number, where a NaN is the same as another.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
        return x == y || (std::isnan(x) && std::isnan(y));
    });
}

bool same(const training_state& a, const training_state& b) {
    return a.step == b.step && a.diverged_at == b.diverged_at && same(a.parameters, b.parameters) &&
           same(a.moments, b.moments) && same(a.scores, b.scores) && same(a.control, b.control) &&
           same(a.records, b.records);
}

/// After `before` steps on the device, one more there and on the CPU: the same but for rounding.
void check_next_step(const training_work& work, std::uint64_t before = 3) {
    CAPTURE(work.batch, before, static_cast<int>(work.runs[0].optimiser.kind));
    const auto from = trained(work, starts(work), before);
    const auto device = trained(work, from, before + 1);
    for (std::size_t r = 0; r < from.size(); ++r) {
        CAPTURE(r);
        auto cpu = from[r];
        advance(work, work.runs[r], cpu, before + 1);

        const double change = norm(difference(cpu.parameters, from[r].parameters));
        const double error = norm(difference(device[r].parameters, cpu.parameters));
        // The second term: parameters are stored as floats, half a unit in the last place.
        CHECK(error <= 1e-5 * change + 0x1p-25 * norm(cpu.parameters));
        CHECK(device[r].scores == cpu.scores);  // the same loads, count for count
        CHECK(device[r].control == cpu.control);
        const std::size_t width = 2 + 2 * cpu.scores.size(), row = before * width;
        REQUIRE(device[r].records.size() == row + width);
        CHECK(device[r].records[row] == Approx(cpu.records[row]).epsilon(1e-5).margin(1e-6));
        for (std::size_t i = 2; i < width; ++i)
            CHECK(device[r].records[row + i] == cpu.records[row + i]);
    }
}

}  // namespace

TEST_CASE("a step on the device is the CPU's but for rounding: options", "[gpu][train]") {
    auto options = digits();
    check_next_step(work_of(options, 4));
    options.router.noise = noise_law::gumbel;
    options.router.beta = 2;
    check_next_step(work_of(options, 4));
    options.between = activation::gelu;
    options.balance.switch_loss = 0.1;
    check_next_step(work_of(options, 4));
    options.loss = training_loss::squared_error;
    check_next_step(work_of(options, 4, 128, {.rate = 0.05, .weight_decay = 0.01}));
}

TEST_CASE("a step on the device is the CPU's but for rounding: optimisers", "[gpu][train]") {
    for (const std::size_t batch : {128U, 100U}) {
        CAPTURE(batch);
        check_next_step(work_of(digits(), 3, batch, {.rate = 0.05, .momentum = 0.9}));
        for (const auto kind : {optimiser_kind::adam, optimiser_kind::adamw})
            check_next_step(
                work_of(digits(), 3, batch, {.kind = kind, .rate = 0.01, .weight_decay = 0.1}));
    }
}

TEST_CASE("a step on the device is the CPU's but for rounding: controllers", "[gpu][train]") {
    for (const std::size_t batch : {128U, 100U}) {  // either kernel
        CAPTURE(batch);
        auto work = work_of(digits(), 4, batch);
        work.runs[0].rule.controller = {control_law::integral, 0.7, 0.2};
        work.runs[1].rule.controller = {control_law::sign, 0.01};
        work.runs[2].rule.controller = {control_law::centred_sign, 0.01};
        check_next_step(work);  // and one run without
    }
}

TEST_CASE("held training on the device is the CPU's to fp32 rounding", "[gpu][train][held]") {
    for (const std::size_t batch : {128U, 100U}) {  // either kernel
        CAPTURE(batch);
        auto work = work_of(digits(), 4, batch);
        for (auto& run : work.runs) run.rule.feedback = 0;
        work.runs[0].hold.loads = {0.7, 0.1, 0.1, 0.1};
        work.runs[1].hold.loads = {0.25, 0.25, 0.25, 0.25};
        work.runs[2].hold = {{0.1, 0.2, 0.3, 0.4}, 0.5};
        check_next_step(work, 20);  // and one run that is free
    }
}

TEST_CASE("a step on the device is the CPU's but for rounding: shapes", "[gpu][train]") {
    for (const std::size_t experts : {1U, 2U, 3U, 16U})
        for (const std::size_t batch : {1U, 31U, 100U}) {
            CAPTURE(experts, batch);
            auto options = digits();
            options.experts = experts;
            options.width = 10;
            options.hidden = {7};
            options.classes = 3;
            options.router.noise = noise_law::gumbel;
            check_next_step(work_of(options, 3, batch, {.rate = 0.1}));
        }
    for (const std::size_t experts : {2U, 8U})  // that the tiled kernel is written for, too
        for (const auto kind : {optimiser_kind::sgd, optimiser_kind::adam}) {
            CAPTURE(experts);
            auto options = digits();
            options.experts = experts;
            check_next_step(work_of(options, 3, 128, {.kind = kind, .rate = 0.01}));
        }
    auto options = digits();  // inputs stay in global memory
    options.experts = 16;
    check_next_step(work_of(options, 2));
}

TEST_CASE("few steps of every training kernel are the CPU's but for rounding",
          "[gpu][train][small]") {  // for memory checkers: states with moments come and go
    for (const optimiser_options& optimiser : {optimiser_options{.rate = 0.1},
                                               {.rate = 0.05, .momentum = 0.9},
                                               {.kind = optimiser_kind::adam, .rate = 0.003}}) {
        auto options = digits();
        const auto check = [&](std::size_t experts, std::size_t layers, std::size_t batch = 128) {
            CAPTURE(experts, layers);
            options.experts = experts;
            options.layers = layers;
            auto work = work_of(options, 2, batch, optimiser);
            check_next_step(work, 1);
            work.runs[1].rule.controller = {control_law::integral, 0.7, 0.2};
            check_next_step(work, 1);
        };
        for (const std::size_t experts : {2U, 4U, 8U}) check(experts, 1);  // tiled
        for (const std::size_t experts : {2U, 4U}) check(experts, 2);      // of known sizes
        check(16, 1);                                                      // inputs stay outside
        options.balance.switch_loss = 0.1;
        options.router.noise = noise_law::gumbel;
        options.between = activation::gelu;
        check(4, 1);
        for (const auto* name : {"top-1", "top-k"})  // any sizes
            for (const std::size_t layers : {1U, 2U}) {
                options.router.name = name;
                options.width = 10;
                options.hidden = {7};
                options.classes = 3;
                check(3, layers, 31);
            }
    }
}

TEST_CASE("a step of top-k on the device is the CPU's but for rounding", "[gpu][train]") {
    for (const auto noise : {noise_law::none, noise_law::gumbel})
        for (const auto* k : {"1", "2", "3"})
            for (const std::size_t experts : {3U, 16U}) {
                CAPTURE(k, experts);
                auto options = digits();
                options.router = {"top-k", 2, noise, {{"k", k}}};
                options.experts = experts;
                options.hidden = {7};  // an odd one
                options.balance.switch_loss = 0.1;
                check_next_step(work_of(options, 3, 100, {.rate = 0.1}));
            }
    auto options = digits();  // a block has its multiprocessor for itself
    options.router.name = "top-k";
    check_next_step(work_of(options, 3, 128, {.kind = optimiser_kind::adam, .rate = 0.01}));
    options.loss = training_loss::squared_error;
    options.between = activation::gelu;
    check_next_step(work_of(options, 3, 128, {.rate = 0.05, .momentum = 0.9}));
    options.experts = 2;  // all of them
    check_next_step(work_of(options, 3));
}

TEST_CASE("a step of two layers on the device is the CPU's but for rounding", "[gpu][train]") {
    auto options = digits();
    options.layers = 2;
    for (const std::size_t experts : {2U, 4U}) {  // sizes that a kernel is written for
        CAPTURE(experts);
        options.experts = experts;
        options.balance.switch_loss = 0.1;
        check_next_step(work_of(options, 3), 20);
        check_next_step(work_of(options, 3, 128, {.rate = 0.05, .momentum = 0.9}));
        for (const auto kind : {optimiser_kind::adam, optimiser_kind::adamw})
            check_next_step(
                work_of(options, 3, 128, {.kind = kind, .rate = 0.003, .weight_decay = 0.1}));
        options.balance.switch_loss = 0;
        check_next_step(work_of(options, 3, 127));  // and some beside them
    }
    options.experts = 3;
    check_next_step(work_of(options, 3));
    options.experts = 4;
    options.loss = training_loss::squared_error;
    check_next_step(work_of(options, 3, 128, {.rate = 0.05}));
    options.loss = training_loss::cross_entropy;
    options.router.noise = noise_law::gumbel;
    options.balance.switch_loss = 0.1;
    check_next_step(work_of(options, 3, 128, {.kind = optimiser_kind::adam, .rate = 0.003}));
    for (const auto kind : {activation::relu, activation::gelu})
        for (const auto* k : {"1", "2", "3"})
            for (const std::size_t experts : {3U, 16U}) {
                CAPTURE(k, experts);
                options.router = {"top-k", 2, noise_law::gumbel, {{"k", k}}};
                options.experts = experts;
                options.between = kind;
                options.width = 10;
                options.hidden = {7};
                options.classes = 3;
                check_next_step(work_of(options, 3, 31, {.rate = 0.05, .momentum = 0.9}));
            }
    options.router = {};
    options.router.noise = noise_law::none;
    auto work = work_of(options, 5, 100);
    for (std::size_t r = 2; r < 5; ++r) work.runs[r].rule.feedback = 0;
    work.runs[0].rule.controller = {control_law::integral, 0.7, 0.2};
    work.runs[1].rule.controller = {control_law::centred_sign, 0.01};
    work.runs[2].hold.loads.assign(16, 1.0 / 16);
    check_next_step(work, 20);
    options.experts = 1;
    check_next_step(work_of(options, 2, 1));
}

TEST_CASE("training on the device in parts is training in one go", "[gpu][train]") {
    auto options = digits();
    options.router.noise = noise_law::gumbel;
    auto work = work_of(options, 40);
    auto deeper = options;
    deeper.layers = 2;
    work.runs[3].model = std::make_shared<moe_network>(deeper);
    deeper.router.noise = noise_law::none;
    work.runs[9].model = std::make_shared<moe_network>(deeper);
    work.runs[10].model = work.runs[9].model;
    work.runs[10].optimiser = {.kind = optimiser_kind::adam, .rate = 0.01};
    work.record_every = 5;
    work.runs[1].optimiser = {.kind = optimiser_kind::adam, .rate = 0.01};
    work.runs[2].feedback_end = 2;
    work.runs[2].ramp = 13;
    for (std::size_t r = 20; r < 40; ++r) work.runs[r].optimiser.momentum = 0.5;
    for (std::size_t r = 5; r < 8; ++r)
        work.runs[r].rule.controller = {control_law::integral, 0.5, 0.1};

    const auto whole = trained(work, starts(work), 40), again = trained(work, starts(work), 40);
    auto parts = starts(work);
    for (const std::uint64_t until : {5U, 15U, 40U}) parts = trained(work, parts, until);

    for (std::size_t r = 0; r < whole.size(); ++r) {
        CAPTURE(r);
        CHECK(whole[r].records.size() == std::size_t{8} * (2 + 2 * whole[r].scores.size()));
        CHECK(same(whole[r], parts[r]));
        CHECK(same(whole[r], again[r]));
    }
}

TEST_CASE("a model that diverges on the device is marked and leaves others alone", "[gpu][train]") {
    auto options = digits();
    for (const auto& [width, layers] : {std::pair{64U, 1U}, {10U, 1U}, {64U, 2U}}) {
        options.width = width;
        options.layers = layers;
        auto work = work_of(options, 5);
        work.record_every = 2;
        const auto alone = trained(work, starts(work), 20);
        work.runs[3].optimiser.rate = 1e30;

        auto states = trained(work, starts(work), 20);

        CHECK(states[3].diverged_at < 5);
        CHECK(states[3].step == states[3].diverged_at);
        CHECK(states[3].records.size() == states[3].step / 2 * (2 + 8 * layers));
        for (const std::size_t r : {0U, 1U, 2U, 4U}) CHECK(same(states[r], alone[r]));
        const auto stuck = states[3];
        states = trained(work, states, 30);
        CHECK(same(states[3], stuck));
        CHECK(states[0].step == 30);
    }
}

TEST_CASE("what a device does not train is told before anything changes", "[gpu][train]") {
    const auto sentence = [](const training_work& work) {
        auto states = starts(work);
        try {
            make_backend("cuda")->train(work, states, 2, {});
        } catch (const invalid_argument& why) {
            CHECK(same(states[0], begin(work.runs[0])));
            return std::string(why.what());
        }
        return std::string();
    };
    const std::string rule =
        " came, but a device trains one or two layers of top-1 or top-k with one hidden layer; the "
        "CPU trains all";
    auto options = digits();
    options.layers = 2;
    options.clustering.emplace();
    CHECK(sentence(work_of(options, 2)) == "train: adaptive clustering" + rule);
    options = digits();
    options.hidden = {8, 8};
    CHECK(sentence(work_of(options, 2)) == "train: experts of 2 hidden layers" + rule);
    options = digits();
    options.router.settings = {{"renormalise", "yes"}};
    CHECK(sentence(work_of(options, 2)) == "train: a router with renormalise = yes" + rule);
    options = digits();
    options.router.name = "probmoe-exact-k";
    CHECK(sentence(work_of(options, 2)) == "train: the router probmoe-exact-k" + rule);
    options = digits();
    options.hidden = {2000};
    CHECK_THAT(sentence(work_of(options, 2)), ContainsSubstring("the CPU trains all"));
    auto states = starts(work_of(options, 1));
    make_backend("auto")->train(work_of(options, 1, 2), states, 1, {});  // on the CPU
    CHECK(states[0].step == 1);
}
