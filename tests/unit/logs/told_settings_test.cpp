// SPDX-License-Identifier: MIT
// Parts of a log that say other things of their run.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

/// The sample's counts, and what is said of them.
std::string array(const std::string& config) {
    std::string letters;  // UTF-32
    for (const char c : config) letters += c + std::string(3, '\0');
    return sample::zip(
        {{"counts.npy", sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>())},
         {"config.npy", sample::npy(fmt::format("<U{}", config.size()), "()", letters)}});
}

/// Three steps from one on.
std::string table(const std::string& config, int from) {
    std::string rows = "# " + config + "\nstep,e0,e1\n";
    for (int s = from; s < from + 3; ++s) rows += fmt::format("{},40,24\n", s);
    return rows;
}

std::string records(const std::string& config, int from) {
    std::string rows = "{\"config\": " + config + "}\n";
    for (int s = from; s < from + 3; ++s)
        rows += fmt::format("{{\"step\": {}, \"counts\": [40, 24]}}\n", s);
    return rows;
}

}  // namespace

TEST_CASE("parts of other rules are no parts of one run", "[logs][error]") {
    const std::string pairs[][3] = {
        {R"({"feedback": 3})", R"({"feedback": 5})", "it says that feedback is 5, and "},
        {R"({"eta": 0.1})", R"({"eta": 0.2})", "it says that rate is 0.2, and "},
        {R"({"top_k": 1})", R"({"top_k": 2})", "it says that top_k is 2, and "},
        {R"({"decay": 1})", R"({"decay": 2})", "it says that decay is 2, and "},
        {R"({"beta": 1})", R"({"beta": 2})", "it says that beta is 2, and "},
        {R"({"bias_rate": 0.1})", R"({"bias_rate": 0.2})", "it says that bias_rate is 0.2, and "},
        {R"({"bias_rate": 1})", R"({"bias_rate": 1, "bias_leak": 0.5})",
         "it says that bias_leak is 0.5, and "},
        {R"({"gate": "softmax"})", R"({"gate": "sigmoid"})", "it says that gate is sigmoid, and "},
        {R"({"balancer": "sign"})", R"({"balancer": "none"})",
         "it says that balancer is none, and "},
    };
    for (const auto& [one, other, said] : pairs) {
        CHECK_THROWS_WITH(sample::open({array(one), array(other)}),
                          ContainsSubstring(said) && ContainsSubstring("no parts of one run"));
        CHECK_THROWS_WITH(sample::open({table(one, 0), table(other, 3)}), ContainsSubstring(said));
        CHECK_THROWS_WITH(sample::open({records(one, 0), records(other, 3)}),
                          ContainsSubstring(said));
    }
}

TEST_CASE("a balancer's name is that of its rule, or is named as unknown", "[logs]") {
    const auto open = [](const std::string& config, const log_options& options = {}) {
        return sample::open({"# {" + config + "}\nstep,expert_0,expert_1\n0,5,7\n1,6,6\n"},
                            options);
    };
    const auto rule = [&](const std::string& name) {
        return open("\"eta\": 0.1, \"balancer\": \"" + name + "\"").source->head().balancer;
    };
    for (const std::string name : {"sign", "loss_free", "loss-free", "DeepSeek-V3", "centred-sign",
                                   "torchtitan", "sign,gain=0.001"})
        CHECK(rule(name) == "sign");
    CHECK(rule("Integral") == "integral");
    CHECK(rule("None") == "none");
    const std::string magic = R"("eta": 0.1, "feedback": 2, "balancer": "magic")";
    const auto unknown = open(magic), told = open(magic, {.balancer = "sign"});
    CHECK(sample::says(unknown.notes, "it says that the balancer is 'magic', which is none of"));
    CHECK(!unknown.source->head().rate);
    CHECK(!follows_loads(unknown.source->head()));
    CHECK(told.source->head().balancer == "sign");
    CHECK(told.source->head().rate == 0.1);
    CHECK(!sample::says(told.notes, "which is none of"));
    const auto text = open(R"("eta": "fast", "decay": 2)");
    CHECK(sample::says(text.notes, "line 1: it says that eta is 'fast', which is no number"));
    CHECK(text.source->head().decay == 2);
}

TEST_CASE("ranks of other rules are no parts of one run", "[logs][error]") {
    const scratch_file one(array(R"({"feedback": 3})"), "_rank0.npz"),
        other(array(R"({"feedback": 5})"), "_rank1.npz");
    CHECK_THROWS_WITH(open_logs(std::vector{one.path, other.path}, {}),
                      ContainsSubstring("it says that feedback is 5, and " + one.path +
                                        " that it is 3: they are no parts of one run"));
}

TEST_CASE("parts of other tokens are parts of one run, and it is said", "[logs]") {
    const std::string one = R"({"tokens": 32})", other = R"({"tokens": 64})";
    const std::string said = "that it is 32, which was taken for all parts";
    for (const auto& files : {std::vector{array(one), array(other)},
                              {table(one, 0), table(other, 3)},
                              {records(one, 0), records(other, 3)}}) {
        const auto log = sample::open(files);
        CHECK(log.source->head().tokens == 32);
        CHECK(sample::says(log.notes, said));
        CHECK_FALSE(sample::says(sample::open(files, {.tokens = 64}).notes, said));
    }
}

TEST_CASE("what one part says of the run holds for all", "[logs]") {
    const auto rule = R"({"feedback": 3, "bias_rate": 1, "bias_leak": 0.5, "gate": "sigmoid"})";
    for (const auto& files :
         {std::vector{array("{}"), array(rule)}, {table("{}", 0), table(rule, 3)}}) {
        const auto log = sample::open(files);
        CHECK(log.source->head().feedback == 3);
        CHECK(log.source->head().bias_leak == 0.5);
        CHECK(log.source->head().gate == "sigmoid");
        CHECK_FALSE(sample::says(log.notes, "says that"));
    }
}
