// SPDX-License-Identifier: MIT
// Logs that were read wrong without a word: each is refused, or read as it says.
#include <fmt/format.h>

#include <catch.hpp>
#include <fstream>
#include <moebius/base/text.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sample_log.hpp"
#include "scratch_folder.hpp"

using namespace moebius;

namespace {

std::string record(int step, int layer, const std::string& members) {
    return fmt::format("{{\"step\": {}, \"layer\": {}, {}}}\n", step, layer, members);
}

}  // namespace

TEST_CASE("rows of different numbers of experts are refused", "[logs][error]") {
    const std::string three = record(0, 0, R"("counts": [1, 2, 3])");
    const std::string rule = ": it has 2 loads, and a row before it 3, but each layer and step";
    const std::pair<std::string, std::string> cases[] = {
        {three + record(1, 0, R"("counts": [1, 2])"), "FILE, line 2" + rule},
        {three + record(0, 1, R"("counts": [1, 2])"), "FILE, line 2" + rule},
        {R"({"step": 0, "counts": [[1, 2, 3], [1, 2]]})", "FILE, line 1" + rule},
        {R"({"step": 0, "counts": {"layer0": [1, 2, 3], "layer1": [1, 2]}})",
         "FILE, line 1" + rule},
        {R"({"step": 0, "tokens/layer_0": [1, 2, 3], "tokens/layer_1": [1, 2]})",
         "FILE, line 1" + rule},
        {"step,layer0/e0,layer0/e1,layer0/e2,layer1/e0,layer1/e1\n0,1,2,3,1,2\n",
         "FILE, line 1" + rule},
    };
    for (const auto& [bytes, sentence] : cases)
        CHECK_THAT(sample::refusal_of(bytes), ContainsSubstring(sentence));
}

TEST_CASE("rows of all experts refuse another number of experts", "[logs][error]") {
    const std::string wide = "step,e0,e1\n0,1,2\n1,2,1\n";
    const std::string rows =
        record(0, 0, R"("counts": [1, 2])") + record(1, 0, R"("counts": [2, 1])");
    for (const auto& bytes : {wide, rows}) {
        CHECK_THAT(sample::refusal_of(bytes, {.experts = 3}),
                   ContainsSubstring("experts is 3, and it has loads of 2, but it must be 2"));
        CHECK(sample::refusal_of(bytes, {.experts = 2}) == "(nothing)");
    }
}

TEST_CASE("an expert without a number is refused, in a record as in a table", "[logs][error]") {
    const std::string came = " came, but it must be a number";
    const std::pair<std::string, std::string> cases[] = {
        {R"({"step": 0, "layer0/expert0": 1, "layer0/expert1": null})", "'null'" + came},
        {R"({"step": 0, "layer0/expert0": 1, "layer0/expert1": "NaN"})", "'\"NaN\"'" + came},
        {record(0, 0, R"("expert": 0, "tokens": 5)") +
             record(0, 0, R"("expert": 1, "tokens": null)"),
         "FILE, line 2, 'tokens': 'null'" + came},
        {record(0, 0, R"("expert": null, "tokens": 5)"), "FILE, line 1, 'expert': 'null'" + came},
        {R"({"step": 0, "layer": null, "counts": [1, 2]})", "'layer': it is null, but a layer is"},
        {R"({"step": 0, "layer0/expert0": "5"})",
         "'\"5\"' came, a text that holds one, but it must"},
    };
    for (const auto& [bytes, sentence] : cases)
        CHECK_THAT(sample::refusal_of(bytes), ContainsSubstring(sentence));
    // what has no loads at all is another event
    CHECK(sample::read({R"({"step": 0, "layer0/expert0": 1})"
                        "\n"
                        R"({"step": 1, "layer0/expert0": null, "note_expert0": "x"})"})
              .size() == 1);
}

TEST_CASE("a number that a record or a config has as a text is told as one", "[logs][error]") {
    const std::string holds = " came, a text that holds one, but it must be a number";
    const std::string config = " a text, but it must be a number";
    const std::pair<std::string, std::string> cases[] = {
        {R"({"step": "0", "counts": [1, 2]})", "FILE, line 1, 'step': '\"0\"'" + holds},
        {R"({"step": "late", "counts": [1, 2]})",
         "FILE, line 1, 'step': '\"late\"' came, but it must be a number"},
        {R"({"step": 0, "expert": "1", "tokens": 5})", "'expert': '\"1\"'" + holds},
        {R"({"step": 0, "counts": [1, "2"]})", "'loads': '\"2\"'" + holds},
        {R"({"step": 0, "counts": [1, 2], "feedback": "3"})", "'feedback': '\"3\"'" + holds},
        {R"({"step": 0, "counts": [1, 2], "top_k": "1"})",
         "FILE, line 1: it says that top_k is \"1\"," + config},
        {R"({"config": {"feedback": "3"}})"
         "\n"
         R"({"step": 0, "counts": [1, 2]})",
         "FILE, line 1: it says that feedback is \"3\"," + config},
        {"# {\"eta\": \"0.1\"}\nstep,layer,expert,count\n0,0,0,1\n0,0,1,2\n",
         "FILE, line 1: it says that eta is \"0.1\"," + config},
    };
    for (const auto& [bytes, sentence] : cases)
        CHECK_THAT(sample::refusal_of(bytes), ContainsSubstring(sentence));
    // what has another use under such a name, or no number, is no setting, and another name may
    // have the steps
    CHECK(sample::refusal_of(R"({"config": {"batch": "large"}})"
                             "\n"
                             R"({"step": "a", "iteration": 0, "counts": [1, 2]})") == "(nothing)");
}

TEST_CASE("a total beside the loads of each expert is none of them", "[logs]") {
    const std::vector<sample::cell> wanted{{0, "0", 0, 1, -1}, {0, "0", 1, 3, -1}};

    CHECK(sample::read({record(0, 0, R"("tokens": 4, "tokens_per_expert": [1, 3])")}) == wanted);
    CHECK(sample::read({record(0, 0, R"("count": 4, "counts": [1, 3])")}) == wanted);
    CHECK(sample::read({"step,layer,tokens,expert,expert_load\n0,0,4,0,1\n0,0,4,1,3\n"}) == wanted);
}

TEST_CASE("of several loads of an expert the counts of all ranks are read", "[logs]") {
    const std::vector<sample::cell> wanted{{0, "0", 0, 10, -1}, {0, "0", 1, 30, -1}};
    const std::string files[] = {
        "step,layer,expert,local_tokens_per_expert,global_tokens_per_expert\n0,0,0,9,10\n0,0,1,1,"
        "30\n",
        "step,layer,expert,prob,count\n0,0,0,0.25,10\n0,0,1,0.75,30\n",
        record(0, 0, R"("expert": 0, "count": 10, "prob": 0.25)") +
            record(0, 0, R"("expert": 1, "count": 30, "prob": 0.75)"),
        record(0, 0, R"("local_tokens_per_expert": [9, 1], "global_tokens_per_expert": [10, 30])"),
    };
    for (const auto& bytes : files) {
        auto log = sample::open({bytes});
        CHECK(sample::cells_of(*log.source) == wanted);
    }
    CHECK(sample::says(sample::open({files[0]}).notes,
                       "'global_tokens_per_expert' was read, and "
                       "'local_tokens_per_expert' was not"));
}

TEST_CASE("counts that are a rank's own by their name are told", "[logs]") {
    const auto array = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    for (const auto& bytes :
         {std::string("step,layer,expert,local_tokens_per_expert\n0,0,0,9\n0,0,1,1\n"),
          record(0, 0, R"("local_tokens_per_expert": [9, 1])"),
          sample::zip({{"local_tokens_per_expert.npy", array}}),
          std::string("step,local_tokens/expert_0,local_tokens/expert_1\n0,9,1\n")})
        CHECK(sample::says(sample::open({bytes}).notes, "is by its name what one rank counts"));
    CHECK(!sample::says(
        sample::open({record(0, 0, R"("local_tokens_per_expert": [9, 1], "rank": 0)")}).notes,
        "by its name"));
}

TEST_CASE("a router trace has as many experts as its logits", "[logs]") {
    const auto trace = [](int step, const char* chosen, const char* more) {
        return record(step, 0, fmt::format(R"("top_indices": {}{})", chosen, more));
    };
    const auto* of_four = R"(, "logit_shape": [2, 4])";

    auto log = sample::open({trace(0, "[[0], [1]]", of_four) + trace(1, "[[1], [1]]", "")});

    CHECK(log.source->head().experts == 4);
    CHECK(!sample::says(log.notes, "without a row"));
    CHECK(sample::cells_of(*log.source).size() == 8);
    CHECK_THAT(sample::refusal_of(trace(0, "[[4]]", of_four)),
               ContainsSubstring("FILE, line 1: expert 4 was chosen, but 'logit_shape' has 4"));
    CHECK_THAT(sample::refusal_of(trace(0, "[[1]]", of_four) +
                                  trace(1, "[[1]]", R"(, "logit_shape": [1, 5])")),
               ContainsSubstring("FILE, line 2, 'logit_shape': it has 5 loads"));
}

TEST_CASE("a map of physical experts has several names and stays until another comes", "[logs]") {
    const auto load = [](int step, const std::string& more = "") {
        return fmt::format("{{\"step\": {}, \"expert_load\": [[5, 6, 1]]{}}}\n", step, more);
    };
    const std::vector<sample::cell> first{{0, "0", 0, 11, -1}, {0, "0", 1, 1, -1}},
        next{{1, "0", 0, 11, -1}, {1, "0", 1, 1, -1}};
    auto both = first;
    both.insert(both.end(), next.begin(), next.end());
    for (const auto* name :
         {"physical_to_logical_map", "last_physical_to_logical_map", "phy2log"}) {
        const auto map = fmt::format("\"{}\": [[0, 0, 1]]", name);
        CHECK(sample::read({load(0, ", " + map)}) == first);
        CHECK(sample::read({load(0, ", " + map) + load(1)}) == both);
        CHECK(sample::read({"{" + map + "}\n" + load(0) + load(1)}) == both);
    }
    const auto moved = sample::read(
        {load(0, R"(, "phy2log": [[0, 0, 1]])") + load(1, R"(, "phy2log": [[0, 1, 1]])")});
    REQUIRE(moved.size() == 4);
    CHECK(moved[2].load == 5);
    // counts of logical experts are what they are
    CHECK(sample::read({R"({"step": 0, "logical_count": [[11, 1]], "phy2log": [[0, 0, 1]]})"}) ==
          first);
    CHECK_THAT(
        sample::refusal_of(R"({"step": 0, "expert_load": [[5, 1], [5, 1]], "phy2log": [[0, 0]]})"),
        ContainsSubstring("FILE, line 1: its map of physical experts has no row of layer 1"));
    CHECK_THAT(sample::refusal_of(load(0, R"(, "log2phy": [[[0, 1], [2]]])")),
               ContainsSubstring("it has 'log2phy', but 'physical_to_logical_map' is needed"));
}

TEST_CASE("tensors of whole numbers of an event file are read, and others are noted", "[logs]") {
    const auto event = [](int layer, const std::string& tensor) {
        const auto value = sample::field(1, fmt::format("tokens_per_expert/layer_{}", layer)) +
                           sample::field(8, tensor);
        return sample::event_record(sample::field(2, 7) +
                                    sample::field(5, sample::field(1, value)));
    };
    const std::string packed{"\x05\xac\x02", 3};  // 5, 300
    const std::vector<sample::cell> wanted{{7, "0", 0, 5, -1}, {7, "0", 1, 300, -1}};
    const std::string float16{"\0\x45\0\x5c", 4};

    for (const auto& [type, number] : {std::pair{3, 7}, std::pair{9, 10}}) {
        const auto head = sample::field(1, type);
        CHECK(sample::read({event(0, head + sample::field(number, packed))}) == wanted);
        CHECK(sample::read({event(0, head + sample::field(number, 5) + sample::field(number, 44))})
                  .size() == 2);
        CHECK_THAT(sample::refusal_of(event(0, head + sample::field(number, "\x05\xac"))),
                   ContainsSubstring("its message is damaged"));
    }
    auto log = sample::open({event(0, sample::field(1, 9) + sample::field(10, packed)) +
                             event(1, sample::field(1, 19) + sample::field(4, float16))});
    CHECK(sample::says(log.notes, "'tokens_per_expert/layer_1' is a tensor of a type that is not"));
    CHECK(sample::cells_of(*log.source) == wanted);
}

TEST_CASE("layers are found wherever a name has their number", "[logs]") {
    for (const auto* name : {"layers.{}.mlp.experts.{}", "L{}E{}", "layer_{}_tokens_per_expert_{}",
                             "decoder.layers.{}.mlp.router/expert{}", "Layer {} Expert {}",
                             "model.layers.{}.block_sparse_moe.experts.{}", "l{}_e{}"}) {
        const auto named = [name](int l, int e) { return fmt::format(fmt::runtime(name), l, e); };
        CAPTURE(name);
        CHECK(sample::read({sample::wide_csv(named)}) == sample::cells(false));
        CHECK(sample::read({sample::events({{named, 1}})}) == sample::cells(false));
    }
    std::string records;
    for (int s = 0; s < sample::steps; ++s) {
        std::string members;
        for (int l = 0; l < sample::layers; ++l)
            members += fmt::format(", \"layers.{}.router/tokens_per_expert\": [{}, {}, {}, {}]", l,
                                   sample::count(s, l, 0), sample::count(s, l, 1),
                                   sample::count(s, l, 2), sample::count(s, l, 3));
        records += fmt::format("{{\"step\": {}{}}}\n", s, members);
    }
    CHECK(sample::read({records}) == sample::cells(false));
}

TEST_CASE("names that may be those of layers are never read as one layer", "[logs][error]") {
    const auto named = [](int l, int e) { return fmt::format("h.{}.experts.{}", l, e); };
    const std::string rule = "'h.0' and 'h.1' differ in their numbers, but only after 'layer'";

    CHECK_THAT(sample::refusal_of(sample::wide_csv(named)), ContainsSubstring(rule));
    CHECK_THAT(sample::refusal_of(sample::events({{named, 1}})), ContainsSubstring(rule));
    CHECK_THAT(sample::refusal_of(R"({"step": 0, "h.0.experts.0": 1, "h.1.experts.0": 2})"),
               ContainsSubstring(rule));
}

TEST_CASE("arrays of ranks are added up, and their parts follow one another", "[logs]") {
    const auto counts = sample::counts_as<std::int32_t>();
    const auto part = [&](std::size_t from, std::size_t to) {
        return sample::npy("<i4", fmt::format("({}, 2, 4)", to - from),
                           counts.substr(32 * from, 32 * (to - from)));
    };
    const auto zip = [](const std::string& npy) { return sample::zip({{"counts.npy", npy}}); };
    auto doubled = sample::cells(false);
    for (auto& one : doubled) one.load *= 2;
    const scratch_file first(part(0, 6), "_rank0.npy"), second(part(0, 6), "_rank1.npy"),
        begin(part(0, 2), "_rank1.npy"), end(part(2, 6), "_rank1.npy"),
        packed(zip(part(0, 6)), "_rank0.npz"), other(zip(part(0, 6)), "_rank1.npz"),
        unnamed(part(0, 6), ".npy");
    const auto open = [](const std::vector<std::string>& paths) {
        return std::move(open_logs(paths, {.top_k = 2, .tokens = 1000}).at(0));
    };

    CHECK(sample::cells_of(*open({first.path, second.path}).source) == doubled);
    CHECK(sample::cells_of(*open({packed.path, other.path}).source) == doubled);
    CHECK(sample::cells_of(*open({first.path, begin.path, end.path}).source) == doubled);
    CHECK(sample::says(open({first.path, second.path}).notes, "counts of 2 ranks were added up"));
    CHECK_THROWS_WITH(sample::cells_of(*open({first.path, begin.path}).source),
                      ContainsSubstring("it has another number of steps than the rank before it"));
    const scratch_file table(sample::long_csv(), "_rank0.csv"), no_rank(sample::long_csv(), ".csv");
    for (const auto& paths : {std::vector{first.path, second.path, unnamed.path},
                              {unnamed.path, first.path},
                              {table.path, no_rank.path}})
        CHECK_THROWS_WITH(
            open(paths),
            ContainsSubstring("its name has no rank, but those of other parts have one"));
}

namespace {

constexpr int steps_of_rank = 12;

/// Loads that change, as rows of one rank.
std::string array_of_rank(int seed, int last_differs = 0) {
    std::string counts;
    for (int s = 0; s < steps_of_rank; ++s)
        for (int e = 0; e < 8; ++e)
            sample::append<std::int32_t>(counts,
                                         20 + (7 * s + 3 * e + seed) % 11 +
                                             (e == 0 && s + 1 == steps_of_rank ? last_differs : 0));
    return sample::npy("<i4", fmt::format("({}, 2, 4)", steps_of_rank), counts);
}
std::string table_of_rank(int rank, int seed, int steps) {
    std::string rows;
    for (int s = 0; s < steps; ++s)
        for (int e = 0; e < 8; ++e)
            rows += fmt::format("{},{},{},{},{}\n", s, rank, e / 4, e % 4,
                                20 + (7 * s + 3 * e + seed) % 11);
    return rows;
}
const std::string names_of_ranks = "step,rank,layer,expert,tokens\n";

}  // namespace

TEST_CASE("ranks that each have the counts of all count once", "[logs]") {
    const std::string copies = "the counts of 2 ranks are the same in all steps",
                      added = "the counts of 2 ranks were added up";
    const auto first_load = [](const opened_log& log) {
        load_record one;
        REQUIRE(log.source->next(one));
        return one.loads.front();
    };
    const scratch_file zero(array_of_rank(0), "_rank0.npy"), same(array_of_rank(0), "_rank1.npy"),
        other(array_of_rank(1), "_rank1.npy"), nearly(array_of_rank(0, 1), "_rank1.npy");
    const auto open = [&](const scratch_file& one) {
        return std::move(open_logs(std::vector{zero.path, one.path}).at(0));
    };
    const auto same_array = open(same), other_array = open(other), near_array = open(nearly);
    CHECK(sample::says(same_array.notes, copies));
    CHECK(first_load(same_array) == 20);
    CHECK(sample::says(other_array.notes, added));
    CHECK(first_load(other_array) == 41);
    CHECK(sample::says(near_array.notes, added));

    const auto table = [&](int seed) {
        return sample::open({names_of_ranks + table_of_rank(0, 0, steps_of_rank) +
                             table_of_rank(1, seed, steps_of_rank)});
    };
    const auto same_rows = table(0), other_rows = table(1);
    CHECK(sample::says(same_rows.notes, copies));
    CHECK(first_load(same_rows) == 20);
    CHECK(sample::says(other_rows.notes, added));
    CHECK(first_load(other_rows) == 41);
}

TEST_CASE("ranks that differ behind those steps by which they were copies are refused", "[logs]") {
    std::string counts;
    for (int s = 0; s < 300; ++s)
        for (int e = 0; e < 4; ++e) sample::append<std::int32_t>(counts, 20 + (s * (e + 1)) % 13);
    const auto npy = [](const std::string& of) { return sample::npy("<i4", "(300, 1, 4)", of); };
    auto differs = counts;
    ++differs[16 * 290];
    const scratch_file zero(npy(counts), "_rank0.npy"), one(npy(differs), "_rank1.npy");
    const auto log = std::move(open_logs(std::vector{zero.path, one.path}).at(0));
    CHECK_THROWS_WITH(sample::cells_of(*log.source),
                      ContainsSubstring("its loads of step 290 are not those of the rank before"));
}

TEST_CASE("a rank that ends early and one that is missing are named", "[logs]") {
    const auto log = sample::open(
        {names_of_ranks + table_of_rank(0, 0, 5) + table_of_rank(3, 1, steps_of_rank)});
    CHECK(sample::says(log.notes, "rank 0 has no rows behind step 4, where others go on"));
    CHECK(!sample::says(log.notes, "rank 3 has no rows"));
    CHECK(sample::says(log.notes, "of ranks 0 to 3, but none of 1, 2: where"));
    const scratch_file zero(array_of_rank(0), "_rank0.npy"), two(array_of_rank(1), "_rank2.npy"),
        one(array_of_rank(1), "_rank1.npy");
    CHECK(sample::says(open_logs(std::vector{zero.path, two.path}).at(0).notes,
                       "of ranks 0 to 2, but none of 1: where"));
    CHECK(!sample::says(open_logs(std::vector{zero.path, one.path}).at(0).notes, "but none of"));
}

TEST_CASE("arrays that follow one another are told in the order in which they are read", "[logs]") {
    const auto bytes = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    const scratch_file a(bytes, ".npy"), b(bytes, ".npy"), rank0(bytes, "_rank0.npy"),
        more(bytes, "_rank0.npy"), rank1(bytes, "_rank1.npy");
    const auto notes = [](const std::vector<std::string>& paths) {
        return open_logs(paths, {}).at(0).notes;
    };
    const std::string said = "the files were taken as parts of one run, in this order: ";

    CHECK(sample::says(notes({b.path, a.path}), fmt::format("{}{}, {}; those of ranks", said,
                                                            excerpt(b.path), excerpt(a.path))));
    CHECK(sample::says(notes({rank0.path, more.path}), said));
    CHECK_FALSE(sample::says(notes({rank0.path, more.path}), "those of ranks"));
    CHECK_FALSE(sample::says(notes({rank0.path, rank1.path}), said));
    CHECK_FALSE(sample::says(notes({a.path}), said));
}

TEST_CASE("a file's name says a rank as a column's does", "[logs]") {
    const auto bytes = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    const auto notes = [&](const std::string& first, const std::string& second) {
        const scratch_file one(bytes, first), other(bytes, second);
        return open_logs(std::vector{one.path, other.path}).at(0).notes;
    };

    for (const auto& word :
         {"_rank", "_rank_", ".Rank-", "_frank_rank", ".rank.", "-rank=", "_rank "})
        CHECK(sample::says(notes(fmt::format("{}0.npy", word), fmt::format("{}1_of_2.npy", word)),
                           "the counts of 2 ranks were added up"));
    for (const auto& word : {"_lowrank", "_rank_of_", "_rank--", "_rank..", ".frank.", "_lora_rank",
                             "-LoRA-rank-", "_low-rank-", "_svd.rank"})  // parts by steps
        CHECK_FALSE(sample::says(notes(fmt::format("{}0.npy", word), fmt::format("{}1.npy", word)),
                                 "the counts of"));
}

TEST_CASE("a folder whose whole name is a rank says that of its files", "[logs]") {
    const auto bytes = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    const auto notes = [&](const std::string& first, const std::string& second) {
        const scratch_folder run;
        return open_logs(std::vector{run.add(first, bytes), run.add(second, bytes)}).at(0).notes;
    };
    const std::string added = "the counts of 2 ranks were added up";

    CHECK(sample::says(notes("rank0/loads.npy", "rank1/loads.npy"), added));
    for (const std::string word : {"dp", "DP_", "r", "gpu", "worker-", "dp_rank", "ep-rank-"})
        CHECK(sample::says(notes(word + "0/loads.npy", word + "1/loads.npy"), added));
    for (const std::string word : {"run", "tp", "lora_r", "er"})
        CHECK_FALSE(sample::says(notes(word + "0/loads.npy", word + "1/loads.npy"), added));
    // of a run, which has one folder, or of a rank
    CHECK_FALSE(sample::says(notes("r0/a.npy", "r0/b.npy"), "alone, not of all"));
    CHECK(sample::says(notes("dp0/a.npy", "dp0/b.npy"), "those of rank 0 alone"));
    CHECK(sample::says(notes("Rank_10/loads.npy", "Rank_2/loads.npy"), added));
    CHECK_FALSE(sample::says(notes("lora_rank8/loads.npy", "lora_rank16/loads.npy"), added));
    CHECK_FALSE(sample::says(notes("rank0/a/loads.npy", "rank1/a/loads.npy"), added));
    // what the file says comes first
    CHECK(sample::says(notes("rank0/loads_rank3.npy", "rank0/loads_rank4.npy"), added));
    CHECK(sample::says(notes("rank0/lora_rank8.npy", "rank1/lora_rank8.npy"), added));
    CHECK(sample::says(notes("lora_rank8_rank0.npy", "lora_rank8_rank1.npy"), added));
    CHECK_FALSE(sample::says(notes("rank8_lora/a.npy", "rank16_lora/a.npy"), added));
}

TEST_CASE("what records say of their own choices is read and held against them", "[logs]") {
    const auto records = [](const std::string& first, const std::string& second) {
        const std::string loads = R"("counts": [16, 15], )";
        return R"({"step": 0, )" + loads + first + "}\n" + R"({"step": 1, )" + loads + second +
               "}\n";
    };
    const std::string said = R"("top_k": 2, "tokens": 62)", other = R"("top_k": 2, "tokens": 124)";
    const auto halved = sample::open({records(said, said)}),
               running = sample::open({records(said, other)});
    CHECK(halved.source->head().top_k == 2);
    CHECK(sample::says(halved.notes, "sum to 31, and tokens x top-k are 124"));
    CHECK(!sample::says(running.notes, "tokens x top-k"));  // a total that grows
    const auto traced = [](const std::string& members) {
        return sample::refusal_of(R"({"step": 0, "top_indices": [[0], [1]], )" + members + "}\n");
    };
    CHECK_THAT(traced(R"("topk": 2)"),
               ContainsSubstring("a token's experts are 1, but 'topk' is 2"));
    CHECK_THAT(traced(R"("num_tokens": 3)"),
               ContainsSubstring("'top_indices' has 2 tokens, but 'num_tokens' is 3"));
}

TEST_CASE("counts rounded to bfloat16 or padded are not halved", "[logs]") {
    const auto open = [](const std::vector<int>& loads) {
        std::string counts;
        for (int s = 0; s < 40; ++s)
            for (const int load : loads) sample::append<std::int32_t>(counts, load);
        return sample::open({sample::npy("<i4", "(40, 1, 4)", counts)});
    };
    const auto first = [](const opened_log& log) {
        load_record one;
        REQUIRE(log.source->next(one));
        return one.loads.front();
    };
    const auto rounded = open({486, 510, 516, 532}), unknown = open({286, 310, 314, 398}),
               padded = open({128, 256, 384, 1280}), doubled = open({486, 510, 514, 532});
    CHECK(first(rounded) == 486);
    CHECK(!sample::says(rounded.notes, "all counts are even"));
    CHECK(first(unknown) == 286);
    CHECK(sample::says(unknown.notes, "--tokens says what they count"));
    CHECK(first(padded) == 128);
    CHECK(first(doubled) == 243);
}

TEST_CASE("counts that are doubled in a part of the log are refused", "[logs][error]") {
    std::string counts;
    for (int s = 0; s < 400; ++s)
        for (const int load : {2, 6, 4, 8})
            sample::append<std::int32_t>(counts, s < 300 ? load : load + (load == 2) - (load == 8));
    const auto array = sample::npy("<i4", "(400, 1, 4)", counts);

    CHECK_THAT(
        sample::refusal_of(array),
        ContainsSubstring("FILE, step 300, layer 0: a load is 3, but all counts before are even"));
    CHECK(sample::refusal_of(array, {.tokens = 20}) == "(nothing)");
}
