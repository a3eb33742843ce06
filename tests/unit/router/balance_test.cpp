// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/router/balance.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::pattern;

struct loss {
    const char* name;
    std::function<loss_gradient(const std::vector<double>&)> of;
};

/// Every loss, on four experts.
std::vector<loss> losses() {
    const auto thresholds = [](const std::vector<double>& logits) {
        std::vector<double> out(logits.size() / 4);
        for (std::size_t t = 0; t < out.size(); ++t) out[t] = 0.2 + 0.02 * static_cast<double>(t);
        return out;
    };
    return {
        {"switch",
         [](const auto& l) {
             return switch_loss(l, std::vector{0.5, 0.1, 0.3, 0.1});
         }},
        {"z", [](const auto& l) { return z_loss(l, 4); }},
        {"importance", [](const auto& l) { return importance_loss(l, 4); }},
        {"load", [=](const auto& l) { return load_loss(l, 4, thresholds(l), 1.2); }},
        {"both", [=](const auto& l) { return load_importance_loss(l, 4, thresholds(l), 1.2); }},
    };
}

}  // namespace

TEST_CASE("the gradient of each loss is its derivative", "[balance][oracle]") {
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    for (const auto& [name, of] : losses()) {
        auto logits = pattern(24, 1.5);
        const auto got = of(logits);
        double largest = 0;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            const double at = logits[i];
            logits[i] = at + h;
            const double above = of(logits).loss;
            logits[i] = at - h;
            const double below = of(logits).loss;
            logits[i] = at;
            CAPTURE(name, i);
            CHECK_THAT(got.by_logits[i], WithinAbs((above - below) / (2 * h), 1e-7));
            largest = std::max(largest, std::abs(got.by_logits[i]));
        }
        CHECK(largest > 1e-3);
    }
}

TEST_CASE("the losses are their formulas, by hand", "[balance][oracle]") {
    const double l3 = std::log(3.0);  // softmax (3/4, 1/4), log sum exp log 4
    const std::vector<double> logits{l3, 0, l3, 0};
    const double p = 0.75, q = 0.25;

    CHECK_THAT(switch_loss(logits, std::vector{0.6, 0.4}).loss,
               WithinAbs(2 * (0.6 * p + 0.4 * q), 1e-15));
    CHECK_THAT(z_loss(logits, 2).loss, WithinAbs(std::log(4.0) * std::log(4.0), 1e-15));
    // I = (1.5, 0.5): mean 1, sample variance 0.5.
    CHECK_THAT(importance_loss(logits, 2).loss, WithinAbs(0.5 / (1 + 1e-10), 1e-15));
    // Thresholds at the middle, sigma = 0.25: both tokens give Phi(1) and Phi(-1).
    const double up = 2 * std::erfc(-1 / std::sqrt(2.0)) / 2, down = 2 - up;
    const double variance = (up - down) * (up - down) / 2;
    const auto load = load_loss(logits, 2, std::vector{0.5, 0.5}, 0.5);
    CHECK_THAT(load.loss, WithinAbs(variance / (1 + 1e-10), 1e-15));
    CHECK_THAT(load_importance_loss(logits, 2, std::vector{0.5, 0.5}, 0.5).loss,
               WithinAbs((load.loss + 0.5 / (1 + 1e-10)) / 2, 1e-15));
}

TEST_CASE("Switch's loss is 1 at perfect balance and N at collapse", "[balance][oracle]") {
    const std::vector<double> even(6 * 3), collapsed{900, 0, 0, 900, 0, 0};

    CHECK_THAT(switch_loss(even, std::vector<double>(3, 1.0 / 3)).loss, WithinAbs(1.0, 1e-15));
    CHECK_THAT(switch_loss(even, std::vector{1.0, 0.0, 0.0}).loss, WithinAbs(1.0, 1e-15));
    CHECK(switch_loss(collapsed, std::vector{1.0, 0.0, 0.0}).loss == 3);
    CHECK_THAT(importance_loss(even, 3).loss, WithinAbs(0.0, 1e-15));
}

TEST_CASE("a token that cannot be routed counts in no loss", "[balance][property]") {
    for (const auto& [name, of] : losses()) {
        auto logits = pattern(20, 1.5);
        const auto plain = of(logits);
        for (const double bad : {not_a_number, infinite, -infinite})
            logits.insert(logits.end(), {bad, bad, bad, bad});

        const auto mixed = of(logits);

        CAPTURE(name);
        CHECK(mixed.loss == plain.loss);
        for (std::size_t i = 0; i < 20; ++i) CHECK(mixed.by_logits[i] == plain.by_logits[i]);
        for (std::size_t i = 20; i < 32; ++i) CHECK(mixed.by_logits[i] == 0);
    }
}

TEST_CASE("no tokens and one expert lose nothing", "[balance]") {
    for (const auto& [name, of] : losses()) {
        CAPTURE(name);
        CHECK(of({}).loss == 0);
        CHECK(of({}).by_logits.empty());
    }
    CHECK(importance_loss(std::vector{1.0, 2.0}, 1).loss == 0);
    CHECK(switch_loss(std::vector{1.0, 2.0}, std::vector{1.0}).loss == 1);
}

TEST_CASE("biases move against the load, by its sign or by its size", "[balance][oracle]") {
    std::vector<double> by_sign{0, 0, 1, 0}, by_size{0, 0, 1, 0};
    const std::vector<double> load{0.5, 0.25, 0.25, 0};

    sign_step(by_sign, load, 0.125);
    integral_step(by_size, load, 2, 0.25);

    CHECK(by_sign == std::vector<double>{-0.125, 0, 1, 0.125});
    CHECK(by_size == std::vector<double>{-0.5, 0, 0.75, 0.5});
}

TEST_CASE("capacity is ceil(T k factor / N)", "[balance][oracle]") {
    CHECK(expert_capacity(100, 10, 1, 1.0) == 10);
    CHECK(expert_capacity(100, 10, 1, 1.1) == 11);  // 100 x 1.1 is above 110 in double
    CHECK(expert_capacity(101, 10, 1, 1.0) == 11);
    CHECK(expert_capacity(64, 8, 2, 1.25) == 20);
    CHECK(expert_capacity(1, 64, 1, 1.0) == 1);
    CHECK(expert_capacity(100, 10, 1, 0) == 0);
    CHECK(expert_capacity(0, 10, 1, 2) == 0);
}

TEST_CASE("over capacity the first tokens of each expert stay", "[balance][oracle]") {
    router_outcome out;
    out.chosen = {1, 0, 1, 0, 0, 1, 1, 1, 1, 0};
    out.weights = {1, 0, 0.5, 0, 0, 0.4, 0.3, 0.7, 0.9, 0};

    const auto dropped = drop_over_capacity(2, 2, out);

    CHECK(dropped == std::vector<std::uint64_t>{2, 0});
    CHECK(out.chosen == std::vector<std::uint8_t>{1, 0, 1, 0, 0, 1, 0, 1, 0, 0});
    CHECK(out.weights == std::vector<double>{1, 0, 0.5, 0, 0, 0.4, 0, 0.7, 0, 0});
    CHECK(out.load == std::vector<double>{0.5, 0.5});
    CHECK(out.unrouted == 1);
}

TEST_CASE("a capacity of 0 drops all, and an empty batch has nothing to drop", "[balance]") {
    router_outcome out, empty;
    out.chosen = {1, 0, 0, 1};
    out.weights = {1, 0, 0, 1};

    CHECK(drop_over_capacity(2, 0, out) == std::vector<std::uint64_t>{1, 1});
    CHECK(out.load == std::vector<double>{0, 0});
    CHECK(out.unrouted == 2);
    CHECK(drop_over_capacity(2, 5, empty) == std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("balance says what does not fit", "[balance][error]") {
    const std::vector<double> two(2), three(3);
    std::vector<double> bias(2);
    router_outcome out;
    out.chosen = {1, 0, 1};

    CHECK_THROWS_WITH(
        switch_loss(three, two),
        "switch_loss: 3 logits came for 2 experts, but each token needs one for every expert");
    CHECK_THROWS_WITH(z_loss(two, 0), "z_loss: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(importance_loss(three, 2),
                      "importance_loss: 3 logits came for 2 experts, but each token needs one for "
                      "every expert");
    CHECK_THROWS_WITH(load_loss(two, 2, two, 1),
                      "load_loss: 2 thresholds came, but the 1 tokens need one each");
    CHECK_THROWS_WITH(load_loss(two, 2, std::vector{not_a_number}, 1),
                      "load_loss: a threshold is nan, but it must be finite where the token can be "
                      "routed");
    CHECK_THROWS_WITH(load_loss(two, 2, std::vector{0.5}, 0),
                      "load_loss: gate_noise is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(sign_step(bias, three, 1),
                      "sign_step: 3 loads came for 2 biases, but each expert needs one of both");
    CHECK_THROWS_WITH(sign_step(bias, two, -1),
                      "sign_step: rate is -1, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(integral_step(bias, std::vector{0.0, infinite}, 1, 0),
                      "integral_step: a load is inf, but it must be finite");
    CHECK_THROWS_WITH(integral_step(bias, two, 1, not_a_number),
                      "integral_step: leak is nan, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(expert_capacity(4, 0, 1, 1),
                      "expert_capacity: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(expert_capacity(4, 2, 3, 1),
                      "expert_capacity: k is 3 for 2 experts, but it must be in [1, experts]");
    CHECK_THROWS_WITH(expert_capacity(4, 2, 1, -1),
                      "expert_capacity: factor is -1, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(drop_over_capacity(2, 1, out),
                      "drop_over_capacity: 3 choices and 0 weights came for 2 experts, but each "
                      "token needs one of both an expert");
}
