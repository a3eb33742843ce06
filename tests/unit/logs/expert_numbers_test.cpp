// SPDX-License-Identifier: MIT
// How many experts there are, and from which number on they are counted.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

using sample::says;

/// The loads of the first record.
std::vector<double> first_loads(const opened_log& log) {
    load_record one;
    REQUIRE(log.source->next(one));
    return {one.loads.begin(), one.loads.end()};
}

const std::string long_names = "step,layer,expert,tokens\n";
const std::string guess =
    "experts are taken to be {}, the highest that has a row, plus one; "
    "--experts says otherwise";
std::string taken(int experts) { return fmt::format(fmt::runtime(guess), experts); }

}  // namespace

TEST_CASE("where rows of 0 are missing, how many experts there are is told as a guess", "[logs]") {
    const std::string texts[] = {
        long_names + "0,0,0,5\n0,0,1,7\n",
        long_names + "0,0,0,5\n0,0,1,7\n0,1,1,6\n",
        "{\"step\": 0, \"layer\": 0, \"counts\": {\"0\": 5, \"1\": 7}}\n",
        "{\"step\": 0, \"layer\": 0, \"top_indices\": [[0, 1], [1, 0]]}\n"
        "{\"step\": 1, \"layer\": 0, \"top_indices\": [[0, 1], [1, 0]]}\n",
        "{\"step\": 0, \"layer\": 0, \"expert\": 1, \"tokens\": 7}\n",
    };
    for (const auto& text : texts) {
        CAPTURE(text);
        CHECK(says(sample::open({text}).notes, taken(2)));
        CHECK_FALSE(says(sample::open({text}, {.experts = 4}).notes, "are taken to be"));
    }
    // a config says it
    const auto told = sample::open({"# {\"num_experts\": 4}\n" + texts[0]});
    CHECK(told.source->head().experts == 4);
    CHECK_FALSE(says(told.notes, "are taken to be"));
    // of a layer with more experts all have as many
    const auto log = sample::open({long_names + "0,0,0,5\n0,0,1,7\n0,1,0,6\n0,1,3,6\n"});
    CHECK(log.source->head().experts == 4);
    CHECK(says(log.notes, taken(4)));
}

TEST_CASE("where each expert has a load by its rule, their number is no guess", "[logs]") {
    const std::string texts[] = {
        long_names + "0,0,0,5\n0,0,1,0\n",
        // records that all have the same experts
        long_names + "0,0,0,5\n0,0,1,7\n0,1,0,6\n0,1,1,6\n1,0,0,5\n1,0,1,7\n1,1,0,6\n1,1,1,6\n",
        "step,e0,e1\n0,5,7\n",
        "{\"step\": 0, \"layer\": 0, \"counts\": [5, 7]}\n",
        "{\"step\": 0, \"layer_0/expert_0\": 5, \"layer_0/expert_1\": 7}\n",
    };
    for (const auto& text : texts) {
        CAPTURE(text);
        CHECK_FALSE(says(sample::open({text}).notes, "are taken to be"));
    }
    CHECK_FALSE(says(
        sample::open({sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>())}).notes,
        "are taken to be"));
}

TEST_CASE("experts that are numbered from 1 are counted from 0 in each format", "[logs]") {
    const auto tag = [](int l, int e) { return fmt::format("layer_{}/expert_{}", l + 1, e + 1); };
    std::string flat;
    for (int s = 0; s < sample::steps; ++s) {
        flat += fmt::format("{{\"step\": {}", s);
        for (int l = 0; l < sample::layers; ++l)
            for (int e = 0; e < sample::experts; ++e)
                flat += fmt::format(", \"{}\": {}", tag(l, e), sample::count(s, l, e));
        flat += "}\n";
    }
    auto wanted = sample::cells(false);
    for (auto& one : wanted) one.layer = one.layer == "0" ? "1" : "2";

    for (const auto& text : {flat, sample::wide_csv(tag), sample::events({{tag, 1}})}) {
        const auto log = sample::open({text});
        CHECK(says(log.notes, "its experts are numbered from 1"));
        CHECK(sample::cells_of(*log.source) == wanted);
    }
}

TEST_CASE("a long table is numbered from 1 where zeros or --experts show it", "[logs]") {
    const auto zeros = sample::open({long_names + "0,0,1,4\n0,0,2,0\n1,0,1,3\n1,0,2,1\n"});
    CHECK(says(zeros.notes, "its experts are numbered from 1"));
    CHECK(first_loads(zeros) == std::vector<double>{4, 0});
    CHECK(first_loads(sample::open({"{\"step\": 0, \"counts\": {\"1\": 4, \"2\": 0}}\n"})) ==
          std::vector<double>{4, 0});

    const auto given = sample::open({long_names + "0,0,1,4\n0,0,2,7\n"}, {.experts = 2});
    CHECK(says(given.notes, "its experts are numbered from 1"));
    CHECK(first_loads(given) == std::vector<double>{4, 7});

    // without either the first may be dead
    const auto unknown = sample::open({long_names + "0,0,1,4\n0,0,2,7\n"});
    CHECK(says(unknown.notes, "no layer has a row of expert 0, which counts as dead"));
    CHECK(first_loads(unknown) == std::vector<double>{0, 4, 7});
}

TEST_CASE("rows of experts 1 to N and never of 0 are numbered from 1", "[logs]") {
    const std::string rest = "0,0,3,2\n0,0,4,1\n0,1,2,5\n0,1,4,6\n";
    const std::string texts[] = {
        long_names + "0,0,1,4\n0,0,2,7\n" + rest,
        "{\"step\": 0, \"counts\": {\"1\": 4, \"2\": 7, \"3\": 2, \"4\": 1}}\n",
        "{\"step\": 0, \"expert\": 1, \"tokens\": 4}\n"
        "{\"step\": 0, \"expert\": 2, \"tokens\": 7}\n"
        "{\"step\": 0, \"expert\": 3, \"tokens\": 2}\n"
        "{\"step\": 0, \"expert\": 4, \"tokens\": 1}\n",
    };
    for (const auto& text : texts) {
        CAPTURE(text);
        const auto log = sample::open({text});
        CHECK(says(log.notes, "its experts are numbered from 1"));
        CHECK(first_loads(log) == std::vector<double>{4, 7, 2, 1});
        // whoever says that there are five is believed
        CHECK(first_loads(sample::open({text}, {.experts = 5})) ==
              std::vector<double>{0, 4, 7, 2, 1});
    }

    // of 6 experts the first may be dead, and of an unknown number these may be chosen ones
    for (const auto* row : {"0,0,5,3\n", "0,0,6,3\n"}) {
        const auto log = sample::open({long_names + "0,0,1,4\n0,0,2,7\n" + rest + row});
        CHECK(says(log.notes, "no layer has a row of expert 0, which counts as dead"));
        CHECK(first_loads(log).front() == 0);
    }
}

TEST_CASE("a log that is followed keeps its numbering from 1", "[logs]") {
    const scratch_file file(
        "{\"step\": 0, \"layer_1/expert_1\": 5, \"layer_1/expert_2\": 7}\n"
        "{\"step\": 1, \"layer_1/expert_1\": 6, \"layer_1/expert_2\": 6}\n"
        "{\"step\": 2, \"layer_1/expert_1\": 4, \"layer_1/expert_2\": 8}\n");
    const auto log = follow_log(file.path);
    for (const double first : {5.0, 6.0}) {
        const auto records = log->next_step();
        REQUIRE(records.size() == 1);
        CHECK(std::vector<double>(records[0].loads.begin(), records[0].loads.end()) ==
              std::vector<double>{first, 12 - first});
    }
}
