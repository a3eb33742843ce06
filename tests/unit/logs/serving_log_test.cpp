// SPDX-License-Identifier: MIT
// Loads of serving, whose experts have copies, and records and arrays of layers.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

using sample::says;

struct cell_load {
    std::string layer;
    std::size_t expert;
    double load;
    bool operator==(const cell_load&) const = default;
};
std::vector<cell_load> loads_in(log_source& source) {
    std::vector<cell_load> out;
    for (const auto& one : sample::cells_of(source))
        out.push_back({one.layer, one.expert, one.load});
    return out;
}
std::vector<cell_load> loads_in(const std::string& text) {
    return loads_in(*sample::open({text}).source);
}

// experts 0 and 1 have two copies of three physical ones: 5 + 3 and 7
const std::vector<cell_load> summed = {{"0", 0, 8}, {"0", 1, 7}};

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
    std::string out;
    for (const T one : values) sample::append(out, one);
    return out;
}
std::string ints(const std::string& axes, const std::vector<int>& values) {
    return sample::npy("<i4", axes, bytes_of(values));
}

}  // namespace

TEST_CASE("loads of physical experts are added up under each name that serving gives them",
          "[logs]") {
    for (const auto* name : {"expert_load", "load", "counts", "expert_load_pass", "physical_count",
                             "global_physical_count", "num_tokens_per_expert_E"}) {
        CAPTURE(name);
        CHECK(loads_in(fmt::format("{{\"step\": 0, \"{}\": [5, 7, 3], "
                                   "\"physical_to_logical_map\": [0, 1, 0]}}\n",
                                   name)) == summed);
        for (const bool per_layer : {false, true}) {
            const auto log = sample::open(
                {sample::zip({{fmt::format("{}.npy", name), ints("(1, 1, 3)", {5, 7, 3})},
                              {"physical_to_logical_map.npy",
                               ints(per_layer ? "(1, 3)" : "(3,)", {0, 1, 0})}})});
            CHECK(loads_in(*log.source) == summed);
            CHECK(says(log.notes, "physical experts were added up to logical ones"));
        }
    }
}

TEST_CASE("how many loads stand beside a map says what they are of", "[logs]") {
    const auto text = [](const char* name, const char* loads) {
        return fmt::format("{{\"step\": 0, \"{}\": [{}], \"phy2log\": [0, 1, 0]}}\n", name, loads);
    };
    const auto log = sample::open({text("logical_count", "5, 7, 3")});
    CHECK(loads_in(*log.source) == summed);
    CHECK(says(log.notes, "'logical_count' has a load of each of 3 physical experts, not of 2"));
    CHECK(loads_in(text("logical_count", "8, 7")) == summed);
    const auto counts = sample::open({text("counts", "8, 7")});
    CHECK(loads_in(*counts.source) == summed);
    CHECK(says(counts.notes, "'counts' has a load of each of 2 logical experts, by its map"));
    for (const auto* name : {"counts", "logical_count"})
        CHECK_THAT(sample::refusal_of(text(name, "5, 7, 3, 4")),
                   ContainsSubstring("it has 4 loads, but its map is of 3 physical experts and 2 "
                                     "logical ones"));
    // as many of both: the name tells
    const std::string turned = "{\"step\": 0, \"NAME\": [5, 7], \"phy2log\": [1, 0]}\n";
    const auto named = [&](const std::string& name) {
        auto out = turned;
        return out.replace(out.find("NAME"), 4, name);
    };
    CHECK(loads_in(named("logical_count")) == std::vector<cell_load>{{"0", 0, 5}, {"0", 1, 7}});
    CHECK(loads_in(named("load")) == std::vector<cell_load>{{"0", 0, 7}, {"0", 1, 5}});
}

TEST_CASE("a map in an archive has a row a layer, and places that are free have no loads",
          "[logs][error]") {
    const auto archive = [](const std::string& axes, const std::vector<int>& map) {
        return sample::zip({{"expert_load.npy", ints("(1, 2, 3)", {5, 7, 3, 1, 2, 4})},
                            {"physical_to_logical_map.npy", ints(axes, map)}});
    };
    CHECK(loads_in(archive("(2, 3)", {0, 1, 0, 1, 1, 0})) ==
          std::vector<cell_load>{{"0", 0, 8}, {"0", 1, 7}, {"1", 0, 4}, {"1", 1, 3}});
    CHECK(loads_in(archive("(3,)", {0, 1, 0})) ==
          std::vector<cell_load>{{"0", 0, 8}, {"0", 1, 7}, {"1", 0, 5}, {"1", 1, 2}});
    CHECK_THAT(sample::refusal_of(archive("(3, 2)", {0, 1, 0, 1, 1, 0})),
               ContainsSubstring("its shape is (3, 2), but [physical experts] or [layers, "));
    CHECK_THAT(
        sample::refusal_of(archive("(3,)", {0, 1, -1})),
        ContainsSubstring("step 0, layer 0: physical expert 2 has a load of 3, but its map"));
}

TEST_CASE("records of layers within one of a step are read as records", "[logs]") {
    const std::vector<cell_load> wanted = {{"3", 0, 5}, {"3", 1, 7}, {"4", 0, 6}, {"4", 1, 2}};
    const std::string texts[] = {
        R"({"step": 0, "layers": [{"layer_id": 3, "counts": [5, 7]}, {"layer_id": 4, "counts": [6, 2]}]})",
        R"({"step": 0, "moe_layers": [{"layer": 3, "experts": [{"expert": 0, "load": 5},
           {"expert": 1, "load": 7}]}, {"layer": 4, "experts": [{"load": 6}, {"load": 2}]}]})",
        R"({"step": 0, "layers": {"3": {"counts": [5, 7]}, "4": {"counts": [6, 2]}}})",
        R"({"step": 0, "moe": {"layers": [{"layer": 3, "load": [5, 7]}, {"layer": 4, "load": [6, 2]}]}})",
        R"({"records": [{"step": 0, "layer": 3, "counts": [5, 7]}, {"step": 0, "layer": 4, "counts": [6, 2]}]})",
    };
    for (auto text : texts) {
        std::replace(text.begin(), text.end(), '\n', ' ');
        CAPTURE(text);
        CHECK(loads_in(text + "\n") == wanted);
    }
    // a place is the layer that is not named, and what stands beside is of each: a row a layer
    CHECK(loads_in(R"({"step": 0, "phy2log": [[0, 1, 0], [1, 0, 1]], "layers": )"
                   R"([{"load": [5, 7, 3]}, {"load": [6, 2, 1]}]})") ==
          std::vector<cell_load>{{"0", 0, 8}, {"0", 1, 7}, {"1", 0, 2}, {"1", 1, 7}});
    // what has no loads is no record
    CHECK(loads_in(R"({"step": 0, "counts": [5, 7], "experts": [{"id": 0}, {"id": 1}]})") ==
          std::vector<cell_load>{{"0", 0, 5}, {"0", 1, 7}});
}

TEST_CASE("arrays of a layer each are read side by side", "[logs]") {
    const std::vector<cell_load> wanted = {{"2", 0, 5}, {"2", 1, 7}, {"10", 0, 6}, {"10", 1, 2},
                                           {"2", 0, 4}, {"2", 1, 8}, {"10", 0, 7}, {"10", 1, 1}};
    const auto named = [](const std::string& a, const std::string& b) {
        return sample::zip({{b + ".npy", ints("(2, 2)", {6, 2, 7, 1})},
                            {a + ".npy", ints("(2, 2)", {5, 7, 4, 8})}});
    };
    for (const std::string name : {"layer_{}", "layers.{}.mlp.tokens_per_expert",
                                   "tokens_per_expert/layer_{}", "layer_{}_expert_counts"}) {
        CAPTURE(name);
        const auto of = [&](int l) { return fmt::format(fmt::runtime(name), l); };
        const auto log = sample::open({named(of(2), of(10))});
        CHECK(loads_in(*log.source) == wanted);
        CHECK(says(log.notes, "arrays of 2 layers were read side by side"));
    }
    CHECK_THAT(sample::refusal_of(sample::zip({{"layer_0.npy", ints("(2, 2)", {6, 2, 7, 1})},
                                               {"layer_1.npy", ints("(1, 2)", {5, 7})}})),
               ContainsSubstring("layer 1 has another number of steps than layer 0"));
    CHECK_THAT(sample::refusal_of(sample::zip({{"layer_0.npy", ints("(1, 2)", {6, 2})},
                                               {"layer_1.npy", ints("(1, 3)", {5, 7, 1})}})),
               ContainsSubstring("layer 0 has 2 experts, and layer 1 has 3"));
}

TEST_CASE("torchtitan's names of arrays of E experts are known", "[logs]") {
    const auto log = sample::open({sample::zip(
        {{"tokens_per_expert_E.npy", ints("(1, 1, 2)", {5, 7})},
         {"expert_bias_E.npy", sample::npy("<f8", "(1, 1, 2)", bytes_of<double>({0.5, -0.5}))}})});
    const auto cells = sample::cells_of(*log.source);
    REQUIRE(cells.size() == 2);
    CHECK(cells[1].load == 7);
    CHECK(cells[1].score == -0.5);
}

TEST_CASE("a file whose names are not known says which it has", "[logs][error]") {
    CHECK_THAT(sample::refusal_of("{\"step\": 0, \"foo\": [1, 2], \"bar\": 3}\n"),
               ContainsSubstring("no name in it is known to be of loads: it has bar, foo, but "
                                 "counts, loads or tokens_per_expert"));
    CHECK_THAT(sample::refusal_of("{\"step\": 0, \"counts\": \"5 7\"}\n"),
               ContainsSubstring("FILE, line 1, 'counts': it is a text, but numbers are needed"));
}

TEST_CASE("loads of physical experts without a map are told to be counted apart", "[logs]") {
    const auto notes = [](const std::string& text) { return sample::open({text}).notes; };
    const std::string words = "is by its name of physical experts: copies of one expert are";
    const std::string apart[] = {
        "{\"step\": 0, \"layer\": 0, \"global_physical_count\": [5, 7, 3]}\n",
        "{\"step\": 0, \"physical_count\": [[5, 7, 3], [1, 2, 3]]}\n",
        "{\"step\": 0, \"physical_expert_load\": [5, 7, 3]}\n",
        "{\"step\": 0, \"expert_load_pass\": [[5, 7, 3], [1, 2, 3]]}\n",
        sample::zip({{"expert_load_window.npy", ints("(1, 1, 3)", {5, 7, 3})}}),
        "step,layer,expert,physical_count\n0,0,0,5\n0,0,1,7\n",
        "step,layer,physical_expert,load\n0,0,0,5\n0,0,1,7\n",
        "step,layer,physical_expert_id,load\n0,0,0,5\n0,0,1,7\n",
        "step,layer0/physical_expert_0,layer0/physical_expert_1\n0,5,7\n",
        sample::zip({{"physical_count.npy", ints("(1, 1, 3)", {5, 7, 3})}}),
        sample::zip({{"layer_0_physical_count.npy", ints("(1, 3)", {5, 7, 3})},
                     {"layer_1_physical_count.npy", ints("(1, 3)", {5, 7, 3})}})};
    for (const auto& text : apart) {
        CAPTURE(text);
        CHECK(says(notes(text), words));
    }
    const std::string known[] = {
        "{\"step\": 0, \"physical_count\": [5, 7, 3], \"phy2log\": [0, 1, 0]}\n",
        "{\"step\": 0, \"logical_count\": [5, 7, 3]}\n",
        "{\"step\": 0, \"expert_load\": [5, 7, 3]}\n",
        "{\"step\": 0, \"expert_load_pass\": [5, 7, 3], \"phy2log\": [0, 1, 0]}\n",
        sample::zip({{"physical_count.npy", ints("(1, 1, 3)", {5, 7, 3})},
                     {"phy2log.npy", ints("(3,)", {0, 1, 0})}}),
        "step,layer,logical_expert_id,load\n0,0,0,5\n0,0,1,7\n"};
    for (const auto& text : known) {
        CAPTURE(text);
        CHECK_FALSE(says(notes(text), words));
    }
}

TEST_CASE("copies whose rows name their logical expert are added up", "[logs]") {
    const std::string rows = "0,0,0,0,5\n0,0,1,1,7\n0,0,2,0,3\n";
    for (const auto* names : {"step,layer,physical_expert_id,logical_expert_id,load\n",
                              "step,layer,physical_expert,expert,load\n"}) {
        CAPTURE(names);
        const auto log = sample::open({names + rows});
        CHECK(loads_in(*log.source) == summed);
        CHECK(says(log.notes, "copies of an expert were added up, as"));
        CHECK_FALSE(says(log.notes, "counted apart"));
    }
}
