// SPDX-License-Identifier: MIT
// What no log of a run can say: each is refused with file, place and rule.
#include <fmt/format.h>
#include <sys/stat.h>

#include <catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;
using sample::refusal_of;

TEST_CASE("quotes that are not closed, or stand within a cell, are refused", "[logs][error]") {
    const std::string rule = "not closed in that line, or stand within a cell, but each is to have";
    const std::string names = "step,layer,expert,tokens\n", first = "0,0,0,5\n",
                      rest = "0,0,2,3\n1,0,0,4\n1,0,1,4\n1,0,2,4\n";
    for (const auto* row : {"0,0,1,\"12\n", "0,0,1,12\"\n", "\"0,0,1,12\n", "0,0,\"1,12\n",
                            "0,0,1,1\"2\n", "0,0,1,\"1\"2\"\n", "0,0,\"1\"\",12\n", "0,0,1,\"\n"}) {
        CAPTURE(row);
        CHECK_THAT(refusal_of(names + first + row + rest), ContainsSubstring("FILE, line 3: "));
        CHECK_THAT(refusal_of(names + first + row + rest), ContainsSubstring(rule));
    }
    CHECK_THAT(refusal_of(names + "0,0,0,\"5\n" + rest), ContainsSubstring("FILE, line 2: "));
    CHECK_THAT(refusal_of("step,layer,\"expert,tokens\n" + first),
               ContainsSubstring("FILE: line 1: the quotes of '\"expert,tokens' are " + rule));
    CHECK_THAT(refusal_of("step,e0,\"e1\n0,1,2\n"), ContainsSubstring(rule));
    CHECK_THAT(refusal_of("step,e0,e1\n0,1,\"2\n1,2,2\n"), ContainsSubstring(rule));
    CHECK(refusal_of("step,layer,expert,tokens\n0,\"a \"\"b\"\", c\",0,\"5\"\n"
                     "0,\"a \"\"b\"\", c\", \"1\" ,6\n") == "(nothing)");
}

TEST_CASE("bytes behind an array are none of it", "[logs][error]") {
    const auto one = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    const std::string rule =
        ", whose shape is (6, 2, 4), but a file is of one array: a second numpy.save";
    CHECK_THAT(refusal_of(one + one),
               ContainsSubstring(
                   fmt::format("FILE: it has {} bytes behind the array of its header", one.size()) +
                   rule));
    CHECK_THAT(refusal_of(one + '\0'), ContainsSubstring("FILE: it has 1 bytes behind the array"));
    CHECK_THAT(refusal_of(sample::zip({{"counts.npy", one + one}})),
               ContainsSubstring("FILE:counts.npy: it has"));
    CHECK(refusal_of(one) == "(nothing)");
    for (const auto& bytes : {one, one + one}) {  // whose number a pipe does not tell
        const scratch_file place("");
        const std::string path = place.path + ".pipe";
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        std::thread writer([&] { std::ofstream(path, std::ios::binary) << bytes; });
        const auto read = [&] {
            const auto logs = open_logs(std::vector{path});
            return sample::cells_of(*logs.at(0).source);
        };
        if (bytes.size() > one.size())
            CHECK_THROWS_WITH(read(), ContainsSubstring("it has more bytes behind the array"));
        else
            CHECK(read() == sample::cells(false));
        writer.join();
        std::remove(path.c_str());
    }
}

TEST_CASE("a step below 0 is none", "[logs][error]") {
    const std::string rule = "the step is -7, but it must be a whole number >= 0";
    const std::string texts[] = {
        "step,layer,expert,tokens\n-7,0,0,5\n-7,0,1,4\n",
        "step,e0,e1\n-7,5,4\n",
        "{\"step\": -7, \"counts\": [5, 4]}\n",
        "{\"step\": -7, \"layer\": 0, \"expert\": 1, \"tokens\": 5}\n",
        "{\"step\": -7, \"top_indices\": [[0], [1]]}\n",
    };
    for (const auto& text : texts) CHECK_THAT(refusal_of(text), ContainsSubstring(rule));
    std::string steps;
    for (int s = 0; s < sample::steps; ++s) sample::append<std::int64_t>(steps, s - 7);
    CHECK_THAT(
        refusal_of(sample::zip(
            {{"counts.npy", sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>())},
             {"steps.npy", sample::npy("<i8", "(6,)", steps)}})),
        ContainsSubstring("FILE:steps: " + rule));
    // what has no loads is another event
    CHECK(
        sample::read({"{\"step\": -1, \"loss\": 3}\n{\"step\": 0, \"counts\": [5, 4]}\n"}).size() ==
        2);
}

TEST_CASE("a number that is none of a layer is refused", "[logs][error]") {
    const auto rule = [](const std::string& name) {
        return fmt::format(
            "the layer is {}, but as a number it must be a whole one from 0 to 65535", name);
    };
    for (const std::string name : {"2000000000", "-1", "0.5", "nan", "inf", "65536"}) {
        CAPTURE(name);
        CHECK_THAT(refusal_of("step,layer,expert,tokens\n0," + name + ",0,5\n0," + name + ",1,4\n"),
                   ContainsSubstring("FILE, line 2, column 'layer': " + rule(name)));
        CHECK_THAT(refusal_of("step,layer,e0,e1\n0," + name + ",5,4\n"),
                   ContainsSubstring("FILE, line 2, column 'layer': " + rule(name)));
        CHECK_THAT(refusal_of("{\"step\": 0, \"layer\": \"" + name + "\", \"counts\": [5, 4]}\n"),
                   ContainsSubstring("FILE, line 1: " + rule(name)));
    }
    CHECK_THAT(refusal_of("{\"step\": 0, \"layer\": -3, \"counts\": [5, 4]}\n"),
               ContainsSubstring("FILE, line 1: " + rule("-3")));
    CHECK_THAT(refusal_of("step,layer99999999/expert0,layer99999999/expert1\n0,5,4\n"),
               ContainsSubstring("FILE, line 1: " + rule("99999999")));
    const auto archive = [](std::int64_t layer) {
        std::string layers;
        for (const std::int64_t one : {std::int64_t{3}, layer}) sample::append(layers, one);
        return sample::zip(
            {{"counts.npy", sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>())},
             {"layers.npy", sample::npy("<i8", "(2,)", layers)}});
    };
    CHECK_THAT(refusal_of(archive(-1)), ContainsSubstring("FILE:layers.npy: " + rule("-1")));
    CHECK(refusal_of(archive(65535)) == "(nothing)");
    CHECK(refusal_of("step,layer,expert,tokens\n0,layers.-1,0,5\n0,layers.-1,1,4\n") ==
          "(nothing)");
}

TEST_CASE("a token that names one expert twice is refused", "[logs][error]") {
    const std::string rule =
        "expert 5: it was chosen twice by one token, but the choices of a token are of different";
    CHECK_THAT(refusal_of("{\"step\": 0, \"top_indices\": [[0, 5], [5, 5]]}\n"),
               ContainsSubstring("FILE, line 1, token 1 of 'top_indices', " + rule));
    CHECK(refusal_of("{\"step\": 0, \"top_indices\": [[0, 5], [5, 0]]}\n") == "(nothing)");
    CHECK(refusal_of("{\"step\": 0, \"top_indices\": [5, 5, 5]}\n") == "(nothing)");  // top-1

    const std::string names = "step,layer,token,expert\n", first = "0,0,0,5\n0,0,0,1\n";
    CHECK_THAT(refusal_of(names + first + "0,0,1,5\n0,0,1,5\n"),
               ContainsSubstring("FILE, line 5, column 'expert', " + rule));
    CHECK_THAT(refusal_of(names + "0,0,0,5\n0,0,0,5\n0,0,1,5\n0,0,1,2\n"),
               ContainsSubstring("FILE, line 3, column 'expert', " + rule));
    CHECK_THAT(refusal_of("step,layer,sequence,position,slot,expert\n0,0,0,0,0,5\n0,0,0,0,1,5\n"),
               ContainsSubstring(rule));
    // other tokens, layers, steps and sequences, and a word that comes again in a top-1 log
    for (const auto* rest : {"0,0,1,5\n0,0,1,2\n0,0,2,5\n0,0,2,2\n", "0,1,1,5\n0,1,1,2\n",
                             "1,0,1,5\n1,0,1,2\n", "0,0,1,5\n0,0,1,1\n0,0,1,5\n0,0,1,1\n"})
        CHECK(refusal_of(names + first + rest) == "(nothing)");
    CHECK(refusal_of("step,layer,token_id,expert\n0,0,7,5\n0,0,7,5\n0,0,8,1\n") == "(nothing)");
}

TEST_CASE("a slot of serving that holds no expert has no loads, and is left out", "[logs][error]") {
    const std::vector<sample::cell> wanted{{0, "0", 0, 8, -1}, {0, "0", 1, 7, -1}};
    const auto rows = [](int load) {
        return fmt::format(
            "step,layer,physical_expert_id,logical_expert_id,load\n"
            "0,0,0,0,5\n0,0,1,1,7\n0,0,2,-1,{}\n0,0,3,0,3\n",
            load);
    };
    const auto record = [](int physical, int logical, int load) {
        return fmt::format(
            "{{\"step\": 0, \"layer\": 0, \"physical_expert_id\": {}, "
            "\"logical_expert_id\": {}, \"load\": {}}}\n",
            physical, logical, load);
    };
    const auto records = [&](int load) {
        return record(0, 0, 5) + record(1, 1, 7) + record(2, -1, load) + record(3, 0, 3);
    };
    const auto map = [](int load) {
        return fmt::format(
            "{{\"step\": 0, \"expert_load\": [[5, 7, {}, 3]], "
            "\"physical_to_logical_map\": [[0, 1, -1, 0]]}}\n",
            load);
    };
    CHECK(sample::read({rows(0)}) == wanted);
    CHECK(sample::read({records(0)}) == wanted);
    CHECK(sample::read({map(0)}) == wanted);
    const std::string rule =
        "physical expert 2 has a load of 4, but its map says that the place is free (-1)";
    CHECK_THAT(refusal_of(rows(4)),
               ContainsSubstring("FILE, line 4, column 'logical_expert_id': " + rule));
    CHECK_THAT(refusal_of(records(4)),
               ContainsSubstring("FILE, line 3, 'logical_expert_id': " + rule));
    CHECK_THAT(refusal_of(map(4)), ContainsSubstring(rule));
    CHECK_THAT(refusal_of("step,layer,expert,load\n0,0,-1,0\n0,0,1,5\n"),
               ContainsSubstring("the expert is -1, but it must be a whole number from 0"));
}

TEST_CASE("ids of experts are no loads, and refused by their name", "[logs][error]") {
    const auto array = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    for (const std::string name : {"expert_ids", "topk_ids", "topk_idx", "top_indices", "top1_ids",
                                   "selected_experts", "routed_experts", "layer_0_topk_ids",
                                   "layer_1/selected_experts", "indices", "expertIdx"}) {
        CAPTURE(name);
        const auto rule =
            "is by its name of ids, which tell the expert of each choice, but loads are needed";
        CHECK_THAT(refusal_of(sample::zip({{name + ".npy", array}})), ContainsSubstring(rule));
        CHECK_THAT(refusal_of(sample::zip({{name + ".npy", array}, {"other.npy", array}})),
                   ContainsSubstring(rule));
        if (name != "top_indices")  // which Megatron's router trace has
            CHECK_THAT(refusal_of("{\"step\": 0, \"" + name + "\": [[0, 3], [2, 1]]}\n"),
                       ContainsSubstring(rule));
        // beside loads they are left alone
        CHECK(refusal_of(sample::zip({{name + ".npy", array}, {"counts.npy", array}})) ==
              "(nothing)");
    }
    for (const std::string name : {"counts", "tokens_per_expert", "selected_expert_counts", "arr_0",
                                   "expert_id_counts", "run_id", "topk_weights", "choices"}) {
        CAPTURE(name);
        CHECK(refusal_of(sample::zip({{name + ".npy", array}})) == "(nothing)");
    }
}

TEST_CASE("an array in a file that is named for ids is refused", "[logs][error]") {
    const scratch_file place(sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>()));
    const auto open_as = [&](const std::string& name) {
        const std::string path = place.path + name;
        std::filesystem::copy_file(place.path, path);
        const auto opened = [&] { return open_logs(std::vector{path}).size(); };
        std::string said = "(nothing)";
        try {
            (void)opened();
        } catch (const io_error& refused) {
            said = refused.what();
        }
        std::filesystem::remove(path);
        return said;
    };

    CHECK_THAT(open_as("_top1_ids_ST.npy"), ContainsSubstring("is by its name of ids"));
    CHECK(open_as("_run_id_3.npy") == "(nothing)");
}
