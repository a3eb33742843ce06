// SPDX-License-Identifier: MIT
// What is read where a log has more than the loads: each choice is right, or told, or refused.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using sample::refusal_of;
using sample::says;

namespace {

/// A wide table of one step, two experts and these families with their loads.
std::string wide(const std::vector<std::pair<std::string, std::pair<double, double>>>& families) {
    std::string names = "step", row = "0";
    for (const auto& [family, loads] : families) {
        names += fmt::format(",{0}/layer0/expert0,{0}/layer0/expert1", family);
        row += fmt::format(",{},{}", loads.first, loads.second);
    }
    return names + '\n' + row + '\n';
}

std::vector<double> loads_of(const opened_log& log) {
    load_record one;
    REQUIRE(log.source->next(one));
    return {one.loads.begin(), one.loads.end()};
}

std::string record(const std::string& members) { return "{\"step\": 0, " + members + "}\n"; }

const std::vector<double> wanted{30, 10};

}  // namespace

TEST_CASE("loads are read beside what is none, wherever that stands", "[logs]") {
    for (const auto* other : {"grad_norm", "router/GradNorm", "dropped_tokens", "aux_loss",
                              "load_std", "time_ms", "weight_norm"}) {
        CAPTURE(other);
        CHECK(loads_of(sample::open({wide({{other, {1, 2}}, {"tokens", {30, 10}}})})) == wanted);
        CHECK_THAT(
            refusal_of(wide({{other, {1, 2}}})),
            ContainsSubstring(fmt::format("line 1: its columns an expert are '{}', but", other)));
        const auto flat = record(fmt::format(R"("{}/layer0/expert0": 1)", other));
        CHECK_THAT(refusal_of(flat), ContainsSubstring(fmt::format("it has {}", other)));
    }
    CHECK(loads_of(sample::open({wide({{"normalized_load", {30, 10}}})})) == wanted);
}

TEST_CASE("what no word says to be loads is read with a note, after what one does", "[logs]") {
    const auto unknown = sample::open({wide({{"foo", {30, 10}}})});
    CHECK(says(unknown.notes, "'foo' was read as loads, which its name does not say"));
    CHECK(loads_of(sample::open({wide({{"foo", {1, 2}}, {"TokensPercentage", {30, 10}}})})) ==
          wanted);
    for (const auto* known : {"moe/tokens", "train", "layers.0.mlp"})
        CHECK(!says(sample::open({wide({{known, {30, 10}}})}).notes, "was read as loads"));
}

TEST_CASE("loads of training are read, not those of evaluation", "[logs]") {
    const std::string texts[] = {
        wide({{"eval/tokens", {1, 2}}, {"train/tokens", {30, 10}}}),
        wide({{"val/TokensTotal", {1, 2}}, {"train/TokensPercentage", {30, 10}}}),
        "step,expert,eval/count,train/count\n0,0,1,30\n0,1,2,10\n",
        record(R"("eval/tokens_per_expert": [1, 2], "train/tokens_per_expert": [30, 10])"),
        // in records of their own
        record(R"("eval/tokens_per_expert": [1, 2])") +
            record(R"("train/tokens_per_expert": [30, 10])"),
        record(R"("eval/tokens/layer_0": [1, 2])") + record(R"("train/tokens/layer_0": [30, 10])"),
    };
    for (const auto& bytes : texts) {
        const auto log = sample::open({bytes});
        CHECK(loads_of(log) == wanted);
        CHECK((says(log.notes, "was read, and 'eval/") || says(log.notes, "was read, and 'val/")));
    }
}

TEST_CASE("columns of ranks are added up, and one alone is named", "[logs]") {
    const std::string added = "the counts of 2 ranks were added up";
    const std::string texts[] = {
        wide({{"rank0/tokens", {10, 4}}, {"rank1/tokens", {20, 6}}}),
        wide({{"tokens_rank_0", {10, 4}}, {"tokens_rank_1", {20, 6}}}),
        "step,rank,e0,e1\n0,0,10,4\n0,1,20,6\n",
        record(R"("rank0/layer0/expert0": 10, "rank0/layer0/expert1": 4, )"
               R"("rank1/layer0/expert0": 20, "rank1/layer0/expert1": 6)"),
    };
    for (const auto& bytes : texts) {
        const auto log = sample::open({bytes});
        CHECK(loads_of(log) == wanted);
        CHECK(says(log.notes, added));
    }
    for (const auto& bytes :
         {wide({{"rank3/tokens", {30, 10}}}), std::string("step,rank,e0,e1\n0,3,30,10\n")}) {
        const auto log = sample::open({bytes});
        CHECK(loads_of(log) == wanted);
        CHECK(says(log.notes, "the counts are those of rank 3 alone, not of all"));
    }
}

TEST_CASE("columns of several runs are refused", "[logs][error]") {
    CHECK_THAT(refusal_of(wide({{"a - tokens", {1, 2}}, {"b - tokens", {1, 2}}})),
               ContainsSubstring("line 1: it has columns of the runs 'a' and 'b', but a log is"));
}

TEST_CASE("rows are choices where no column may be their loads", "[logs][error]") {
    CHECK(sample::read({"token,layer,expert\n0,0,1\n0,0,1\n1,0,0\n"}) ==
          std::vector<sample::cell>{{0, "0", 0, 1, -1}, {0, "0", 1, 2, -1}});
    CHECK(sample::read({"step,layer,expert,num_tokens\n0,0,0,3\n0,0,1,1\n"}) ==
          std::vector<sample::cell>{{0, "0", 0, 3, -1}, {0, "0", 1, 1, -1}});
    for (const auto* name : {"grad_norm", "zz", "aux_loss"})
        CHECK_THAT(refusal_of(fmt::format("step,layer,expert,{}\n0,0,0,3\n0,0,1,1\n", name)),
                   ContainsSubstring(fmt::format("FILE, line 2, column '{}': it may be loads or "
                                                 "none, which its name does not say",
                                                 name)));
}

TEST_CASE("an archive has steps, scores and layers under other names, too", "[logs]") {
    const auto archive = [](std::vector<std::pair<std::string, std::string>> more) {
        more.emplace_back("counts.npy",
                          sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>()));
        return sample::zip(more);
    };
    std::string steps, biases, layers;
    for (int s = 0; s < sample::steps; ++s) sample::append<std::int64_t>(steps, 100 * s);
    sample::each([&](int s, int l, int e) { sample::append(biases, sample::bias(s, l, e)); });
    for (const int layer : {3, 7}) sample::append<std::int64_t>(layers, layer);
    const auto of_steps = sample::npy("<i8", "(6,)", steps);

    auto cells = sample::cells(true);
    for (auto& one : cells) {
        one.step *= 100;
        one.layer = one.layer == "0" ? "3" : "7";
    }
    CHECK(sample::read({archive({{"iteration.npy", of_steps},
                                 {"expert_bias.npy", sample::npy("<f8", "(6, 2, 4)", biases)},
                                 {"layers.npy", sample::npy("<i8", "(2,)", layers)}})}) == cells);
    CHECK(says(sample::open({archive({{"loads.npy", of_steps}})}).notes,
               "'counts' was read, and 'loads' was not"));
    CHECK_THAT(refusal_of(archive({{"iteration.npy", sample::npy("<i8", "(1,)", steps)}})),
               ContainsSubstring("FILE:iteration.npy: its shape is (1), but loads have 6 steps"));
}

TEST_CASE("parts whose steps have numbers are not counted on", "[logs][error]") {
    const auto part = [](int from) {
        std::string steps;
        for (const int s : {from, from + 1}) sample::append<std::int64_t>(steps, s);
        return sample::zip({{"counts.npy", sample::npy("<i4", "(2, 2)",
                                                       std::string("\1\0\0\0\2\0\0\0\3\0\0\0\4"
                                                                   "\0\0\0",
                                                                   16))},
                            {"steps.npy", sample::npy("<i8", "(2,)", steps)}});
    };
    CHECK(sample::read({part(0), part(2)}).size() == 8);
    for (const int from : {0, 1})
        CHECK_THROWS_WITH(
            sample::read({part(0), part(from)}),
            ContainsSubstring(fmt::format("step {} came after 1, but steps must increase", from)));
}

TEST_CASE("a map of experts has a copy of each, and no loads in free places", "[logs][error]") {
    const auto mapped = [](const std::string& map, const std::string& more = "") {
        return record(
            fmt::format(R"("physical_to_logical_map": {}, "expert_load": [5, 6, 1]{})", map, more));
    };
    CHECK_THAT(refusal_of(mapped("[0, 2, 0]")),
               ContainsSubstring("FILE, line 1: its map of physical experts has no copy of "
                                 "logical expert 1, but each needs one"));
    CHECK(refusal_of(mapped("[0, 2, 0]", R"(, "rank": 1)")) == "(nothing)");
    CHECK_THAT(refusal_of(mapped("[0, 1, -1]")),
               ContainsSubstring("FILE, line 1: physical expert 2 has a load of 1, but its map"));
}
