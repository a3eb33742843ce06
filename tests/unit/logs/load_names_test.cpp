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
        wide({{"rank.0/tokens", {10, 4}}, {"rank.1/tokens", {20, 6}}}),
        wide({{"rank=0/tokens", {10, 4}}, {"rank 1/tokens", {20, 6}}}),
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
    CHECK(sample::read({"token,layer,expert\n0,0,1\n1,0,1\n2,0,0\n"}) ==
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
    const auto one = sample::npy("<i8", "(1,)", steps.substr(0, 8));
    CHECK_THAT(refusal_of(archive({{"iteration.npy", one}})),
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
    CHECK_THROWS_WITH(sample::read({part(0), part(0)}),
                      ContainsSubstring("step 0 came after 0 of"));
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

TEST_CASE("of several steps, layers or loads by the same name one is read, and told", "[logs]") {
    CHECK(says(sample::open({"_step,global_step,e0,e1\n0,7,30,10\n"}).notes,
               "'_step' was read, and 'global_step' was not"));
    CHECK(says(sample::open({"step,expert,tokens,tokens\n0,0,30,1\n0,1,10,1\n"}).notes,
               "'tokens' comes twice: the first was read"));
    CHECK(says(sample::open({R"({"_step": 3, "step": 5, "counts": [30, 10]})"}).notes,
               "'step' was not read: another name has the steps"));
    CHECK(sample::read({"step,layer,expert,tokens\n0,1.0,0,3\n0,1.0,1,4\n"}).front().layer == "1");
}

TEST_CASE("micro-batches of a step are added up", "[logs]") {
    const std::string texts[] = {
        "step,micro_batch,expert,tokens\n0,0,0,10\n0,0,1,4\n0,1,0,20\n0,1,1,6\n",
        "step,microbatch,e0,e1\n0,0,10,4\n0,1,20,6\n",
        record(R"("micro_batch": 0, "counts": [10, 4])") +
            record(R"("micro_batch": 1, "counts": [20, 6])")};
    for (const auto& bytes : texts) {
        const auto log = sample::open({bytes});
        CHECK(loads_of(log) == wanted);
        CHECK(says(log.notes, "the counts of the micro-batches of a step were added up"));
    }
}

TEST_CASE("an expert's number may stand before what is told of it", "[logs]") {
    CHECK(loads_of(sample::open({"step,moe/layer_0/expert_0/token_count,"
                                 "moe/layer_0/expert_1/token_count\n0,30,10\n"})) == wanted);
    CHECK(loads_of(sample::open({"step,layers.0.experts.0.load,layers.0.experts.1.load,"
                                 "layers.0.experts.1.w1.grad\n0,30,10,7\n"})) == wanted);
    CHECK(loads_of(sample::open(
              {record(R"("l0/expert_0/bias": 0.5, "l0/expert_0/tokens": 30, )"
                      R"("l0/expert_1/bias": 0.5, "l0/expert_1/tokens": 10)")})) == wanted);
    CHECK(sample::read({"step,expert_0/layer_3,expert_1/layer_3\n0,30,10\n"}) ==
          std::vector<sample::cell>{{0, "3", 0, 30, -1}, {0, "3", 1, 10, -1}});
    CHECK(loads_of(sample::open({"step,tokens_expert0_layer3,tokens_expert1_layer3\n0,30,10\n"})) ==
          wanted);
}

TEST_CASE("records have loads within objects, and by experts' names", "[logs]") {
    const std::string texts[] = {
        R"("layers": {"0": {"counts": [30, 10]}})", R"("moe": {"layer_0": [30, 10]})",
        R"("moe": {"layer_0": {"tokens_per_expert": [30, 10], "note": {"a": [1]}}})",
        R"("expert_counts": {"1": 10, "0": 30})",
        R"("counts": {"layer_0": {"expert_0": 30, "expert_1": 10}})"};
    for (const auto& members : texts) CHECK(loads_of(sample::open({record(members)})) == wanted);
    CHECK_THAT(
        refusal_of(record(R"("counts": {"0": 30, "rest": 10})")),
        ContainsSubstring("FILE, line 1, 'counts': 'rest' came, but the number of an expert"));
    CHECK_THAT(refusal_of(record(R"("physical_to_logical_map": {"layer_0": [0, 1]})")),
               ContainsSubstring("it has physical_to_logical_map, but counts"));
}

TEST_CASE("what a wide table lacks is read as it must be, and told", "[logs]") {
    const auto from_1 = sample::open({"step,expert_1,expert_2\n0,30,10\n"});
    CHECK(loads_of(from_1) == wanted);
    CHECK(says(from_1.notes, "its experts are numbered from 1"));
    CHECK(says(sample::open({"epoch,e0,e1\n0,30,10\n"}).notes, "it has no column of steps"));
}

TEST_CASE("an expert whose load was not logged is no dead one", "[logs]") {
    CHECK_THAT(refusal_of("step,layer3/e0,layer3/e2\n0,30,10\n"),
               ContainsSubstring("layer 3 has a column of expert 2 and none of 1, but"));
    CHECK_THAT(refusal_of("step,layer,e0,e2\n0,3,30,10\n"),
               ContainsSubstring("it has a column of expert 2 and none of 1, but"));
    const std::string loads = R"("e/layer3/expert0": 30, "e/layer3/expert2": 10)";
    CHECK_THAT(refusal_of(record(loads) + record(loads).replace(9, 1, "1")),
               ContainsSubstring("2 of 3 experts have a row, but all must where each load names"));
}

TEST_CASE("layers come in the order of their numbers, and a mean of them is told", "[logs]") {
    const auto log =
        sample::open({"step,layer,expert,tokens\n0,layers.10.mlp,0,1\n0,layers.10.mlp,1,3\n"
                      "0,layers.2.mlp,0,1\n0,layers.2.mlp,1,3\n0,mean,0,1\n0,mean,1,3\n"});
    CHECK(log.source->head().layers ==
          std::vector<std::string>{"layers.2.mlp", "layers.10.mlp", "mean"});
    CHECK(says(log.notes, "layer 'mean' was read as one of the layers, though its name is that"));
}

TEST_CASE("a dump of Megatron's has as many forwards as it says, and its rank", "[logs]") {
    const auto dump = [](const std::string& forwards) {
        std::string loads, rank;
        for (const int load : {1, 2, 3, 4, 0, 0}) sample::append<std::int32_t>(loads, load);
        sample::append<std::int64_t>(rank, 5);
        return sample::zip({{"loads.npy", sample::npy("<i4", "(1, 3, 2)", loads)},
                            {"dump_version.npy", sample::npy("<U1", "()", "1\0\0\0")},
                            {"ep_rank.npy", sample::npy("<i8", "()", rank)},
                            {"forward_counts.npy", sample::npy("|u1", "(1,)", forwards)}});
    };
    const auto log = sample::open({dump("\2")});
    CHECK(sample::cells_of(*log.source).size() == 4);
    CHECK(says(log.notes, "the counts are those of rank 5 alone"));
    CHECK_THAT(refusal_of(dump("\4")),
               ContainsSubstring("FILE:forward_counts.npy: 4 forwards of layer 0 came, but loads "
                                 "have 3"));
}
