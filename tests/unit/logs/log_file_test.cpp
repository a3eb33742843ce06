// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <random>

#include "catch.hpp"
#include "sample_log.hpp"

using namespace moebius;
using sample::refusal_of;

namespace {

std::string layer_expert(int l, int e) {
    return "train/TokensTotal/layer" + std::to_string(l) + "/expert" + std::to_string(e);
}

std::string json_lines() {
    std::string out;
    for (int s = 0; s < sample::steps; ++s)
        for (int l = 0; l < sample::layers; ++l) {
            std::string counts, biases;
            for (int e = 0; e < sample::experts; ++e) {
                counts += (e > 0 ? "," : "") + std::to_string(sample::count(s, l, e));
                biases += (e > 0 ? "," : "") + std::to_string(sample::bias(s, l, e));
            }
            out += "{\"step\": " + std::to_string(s) + ", \"layer\": " + std::to_string(l) +
                   ", \"counts\": [" + counts + "], \"bias\": [" + biases + "]}\n";
        }
    return out;
}

const std::string shape = "(6, 2, 4)";

/// Lines less the first in another order.
std::string shuffled(const std::string& table) {
    std::vector<std::string> lines;
    for (std::size_t from = 0; from < table.size(); from = table.find('\n', from) + 1)
        lines.push_back(table.substr(from, table.find('\n', from) + 1 - from));
    std::mt19937 rng{7};
    std::shuffle(lines.begin() + 1, lines.end(), rng);
    std::string out;
    for (const auto& line : lines) out += line;
    return out;
}

}  // namespace

TEST_CASE("a log reads the same from each format", "[logs][oracle]") {
    const auto plain = sample::cells(false), with_bias = sample::cells(true);

    CHECK(sample::read({sample::npy("<i4", shape, sample::counts_as<std::int32_t>())}) == plain);
    CHECK(sample::read({sample::npy("<u2", shape, sample::counts_as<std::uint16_t>())}) == plain);
    CHECK(sample::read({sample::npy("<f8", shape, sample::counts_as<double>())}) == plain);
    CHECK(sample::read({sample::long_csv()}) == with_bias);
    CHECK(sample::read({sample::long_csv('\t')}) == with_bias);
    CHECK(sample::read({sample::wide_csv(layer_expert)}) == plain);
    CHECK(sample::read({sample::wide_csv([](int l, int e) {
              return "\"run - moe-expert/tokens_layer" + std::to_string(l) + "_expert" +
                     std::to_string(e) + '"';
          })}) == plain);
    CHECK(sample::read({json_lines()}) == with_bias);
    CHECK(sample::read({sample::events({{layer_expert, 1}})}) == plain);
}

TEST_CASE("quotes, ends of lines, marks and blanks change nothing in a table", "[logs][property]") {
    const auto plain = sample::long_csv();
    std::string quoted, blanks;
    for (const char c : plain) {
        quoted += c == ',' ? "\",\"" : c == '\n' ? "\"\r\n\"" : std::string(1, c);
        blanks += c == ',' ? " , " : c == '\n' ? "\n\n" : std::string(1, c);
    }
    quoted = "\xEF\xBB\xBF\"" + quoted.substr(0, quoted.size() - 1);
    std::string worded = plain;  // a layer's name in place of its number
    for (std::size_t at = plain.find('\n'); (at = worded.find('\n', at)) + 1 < worded.size();
         at += 9)
        worded.insert(worded.find(',', at) + 1, "layers.");
    auto wanted = sample::cells(true);

    CHECK(sample::read({quoted}) == wanted);
    CHECK(sample::read({blanks}) == wanted);
    for (auto& one : wanted) one.layer = "layers." + one.layer;
    CHECK(sample::read({worded}) == wanted);
}

TEST_CASE("the columns of a wide table may be in any order, biases among them",
          "[logs][property]") {
    std::string table = "Step";
    const auto name = [](const char* family, int l, int e) {
        return fmt::format(",{}/layer_{}_expert_{}", family, l, e);
    };
    const auto row = [&](const std::function<std::string(int, int)>& cell) {
        for (const int e : {2, 0, 3, 1})
            for (const int l : {1, 0}) table += cell(l, e);
    };
    row([&](int l, int e) { return name("tokens", l, e) + name("bias", l, e); });
    for (int s = 0; s < sample::steps; ++s) {
        table += fmt::format("\n{}", s);
        row([&](int l, int e) {
            return fmt::format(",{},{}", sample::count(s, l, e), sample::bias(s, l, e));
        });
    }

    CHECK(sample::read({table}) == sample::cells(true));
}

TEST_CASE("of what an event file has of experts the counts are read", "[logs]") {
    const auto percent = [](int l, int e) {
        return fmt::format("train/TokensPercentage/layer{}/expert{}", l, e);
    };
    const auto files = [&](int from, int to) {
        return sample::events({{percent, 0.1F}, {layer_expert, 1}}, from, to);
    };

    auto log = sample::open({files(0, 2), files(2, sample::steps)});

    CHECK(sample::cells_of(*log.source) == sample::cells(false));
    CHECK(sample::says(log.notes,
                       "'train/TokensTotal' was read, and 'train/TokensPercentage' was not"));
}

TEST_CASE("an archive has loads, biases, steps, losses and what the run says", "[logs][oracle]") {
    std::string biases, steps, loss, text;
    sample::each([&](int s, int l, int e) { sample::append(biases, sample::bias(s, l, e)); });
    for (int s = 0; s < sample::steps; ++s) sample::append<std::int64_t>(steps, 10 * s + 5);
    for (int s = 0; s < sample::steps; ++s) sample::append<float>(loss, 2);
    const std::string config =
        R"({"top_k": 2, "batch": 5, "length": 100, "eta": 0.5, "sign": 0.001, "gate": "sigmoid",
            "feedback": 3.0, "feedback_end": null, "decay": 1.0, "beta": 1.0})";
    for (const char letter : config)
        sample::append(text, static_cast<std::uint32_t>(static_cast<unsigned char>(letter)));

    const auto log = sample::open({sample::zip(
        {{"counts.npy", sample::npy("<i4", shape, sample::counts_as<std::int32_t>())},
         {"scores.npy", sample::npy("<f8", shape, biases)},
         {"steps.npy", sample::npy("<i8", "(6,)", steps)},
         {"aux_loss.npy", sample::npy("<f4", "(6,)", loss)},
         {"config.npy", sample::npy("<U" + std::to_string(config.size()), "()", text)}})});

    auto wanted = sample::cells(true);
    for (auto& one : wanted) one.step = 10 * one.step + 5;
    const auto& head = log.source->head();
    CHECK(head.top_k == 2);
    CHECK(head.tokens == 500);
    CHECK(head.rate == 0.5);
    CHECK(head.feedback == 3);
    CHECK(head.bias_rate == 0.001);
    CHECK(head.gate == "sigmoid");
    CHECK(head.balancer == "feedback");
    CHECK(log.series.at(0).name == "aux_loss");
    CHECK(log.series.at(0).values == std::vector<double>(6, 2));
    CHECK(sample::cells_of(*log.source) == wanted);
}

TEST_CASE("a feedback that moves is read step by step", "[logs]") {
    std::string feedback;
    for (int s = 0; s < sample::steps; ++s) sample::append(feedback, 0.5 * s);
    const auto archive = [&](const std::string& of_steps) {
        return sample::zip(
            {{"counts.npy", sample::npy("<i4", shape, sample::counts_as<std::int32_t>())},
             {"feedback.npy", sample::npy("<f8", of_steps, feedback)}});
    };

    const auto log = sample::open({archive("(6,)")});
    for (load_record one; log.source->next(one);)
        CHECK(one.feedback == 0.5 * static_cast<double>(one.step));

    CHECK_THAT(refusal_of(archive("(2, 3)")),
               ContainsSubstring("FILE:feedback.npy: its shape is (2, 3), but loads have 6 steps"));
    feedback.replace(8, 8, std::string("\0\0\0\0\0\0\xf8\x7f", 8));
    CHECK_THAT(refusal_of(archive("(6,)")),
               ContainsSubstring("FILE:feedback: nan came, but it must be finite"));
}

TEST_CASE("an array in Fortran's order is the same log", "[logs][property]") {
    std::string data;
    for (int e = 0; e < sample::experts; ++e)
        for (int l = 0; l < sample::layers; ++l)
            for (int s = 0; s < sample::steps; ++s)
                sample::append(data, static_cast<std::int32_t>(sample::count(s, l, e)));

    CHECK(sample::read({sample::npy("<i4", shape, data, true)}) == sample::cells(false));
}

TEST_CASE("rows that begin alike and numbers that float does not hold are read in full",
          "[logs][property]") {
    // steps and layers that begin as others do, quotes between, and a number of each kind
    const double loads[] = {3, 16777217, 0.1, 123456789012345.5, 5, 6};
    std::string ordered = "step,layer,expert,tokens\n", turned = "expert,tokens,layer,step\n";
    for (const int step : {1, 2, 11, 12, 111})
        for (const int layer : {1, 2, 12})
            for (int e = 0; e < 6; ++e) {
                const auto load = fmt::format("{}", loads[(e + layer + step) % 6]);
                const char* mark = step == 2 && e == 3 ? "\"" : "";
                ordered += fmt::format("{},{},{}{}{},{}\n", step, layer, mark, e, mark, load);
                turned += fmt::format("{},{},{},{}\n", e, load, layer, step);
            }

    const auto read = sample::cells_of(*sample::open({ordered}).source);

    CHECK(read == sample::cells_of(*sample::open({turned}).source));
    REQUIRE(read.size() == 5 * 3 * 6);
    CHECK(std::count_if(read.begin(), read.end(), [](auto& one) { return one.load == 16777217; }) ==
          15);
    CHECK(std::count_if(read.begin(), read.end(), [](auto& one) { return one.load == 0.1; }) == 15);
}

TEST_CASE("the order of rows and how a log is split change nothing", "[logs][property]") {
    const auto whole = sample::long_csv();
    const auto half = whole.find("\n3,0,0") + 1, head = whole.find('\n') + 1;
    const auto first =
        sample::npy("<i4", "(2, 2, 4)", sample::counts_as<std::int32_t>().substr(0, 64));
    const auto rest = sample::npy("<i4", "(4, 2, 4)", sample::counts_as<std::int32_t>().substr(64));

    CHECK(sample::read({shuffled(whole)}) == sample::cells(true));
    CHECK(sample::read({whole.substr(0, half), whole.substr(0, head) + whole.substr(half)}) ==
          sample::cells(true));
    CHECK(sample::read({first, rest}) == sample::cells(false));
}

TEST_CASE("rows of chosen experts alone leave the others 0", "[logs]") {
    const std::string dump = "layer_id,expert_id,count\n0,1,5\n0,3,7\n1,0,2\n1,1,1\n";

    auto log = sample::open({dump}, {.experts = 6});
    load_record first;
    REQUIRE(log.source->next(first));

    CHECK(std::vector<double>(first.loads.begin(), first.loads.end()) ==
          std::vector<double>{0, 5, 0, 7, 0, 0});
    CHECK(sample::says(log.notes, "experts without a row count as 0, of 6 in all"));
    CHECK(!sample::says(log.notes, "numbered from 1"));
    CHECK(sample::says(
        sample::open({"layer,expert,count\n1,1,5\n1,2,7\n2,1,2\n2,2,1\n"}).notes,
        "no layer has a row of expert 0, which counts as dead: where experts are numbered"));
}

TEST_CASE("a router trace is counted, and ranks are added up", "[logs]") {
    const std::string first =
        R"({"step": 3, "layer": 2, "rank": 0, "num_tokens": 2, "topk": 2, "top_indices": [[0, 2], [2, 1]]})";
    const std::string other =
        R"({"step": 3, "layer": 2, "rank": 1, "num_tokens": 1, "topk": 2, "top_indices": [[3, 2]]})";
    const auto cells = std::vector<sample::cell>{
        {3, "2", 0, 1, -1}, {3, "2", 1, 1, -1}, {3, "2", 2, 3, -1}, {3, "2", 3, 1, -1}};

    auto log = sample::open({first + '\n' + other + '\n'});

    CHECK(log.source->head().top_k == 2);
    CHECK(sample::cells_of(*log.source) == cells);
    CHECK(sample::read({first, other}) == cells);
    CHECK(sample::says(sample::open({first}).notes, "those of rank 0 alone"));
}

TEST_CASE("physical experts are added up to logical ones", "[logs]") {
    const std::string record =
        R"({"step": 0, "expert_load": [[5, 1, 2, 4]], "physical_to_logical_map": [[0, 2, 1, 0]]})";

    CHECK(sample::read({record}) ==
          std::vector<sample::cell>{{0, "0", 0, 9, -1}, {0, "0", 1, 2, -1}, {0, "0", 2, 1, -1}});
}

TEST_CASE("a table with words of its own has a log for each of them", "[logs]") {
    const scratch_file file(
        "model,domain,layer,expert,tokens\na,x,0,0,3\na,x,0,1,4\nb,x,0,0,1\nb,x,0,1,2\nb,x,0,2,"
        "5\n");
    const std::vector<std::string> paths{file.path};

    auto logs = open_logs(paths);

    REQUIRE(logs.size() == 2);
    CHECK(logs[0].name == "a x");
    CHECK(logs[0].source->head().experts == 2);
    CHECK(logs[1].name == "b x");
    CHECK(logs[1].source->head().experts == 3);
}

TEST_CASE("a damaged array is refused with file, place and rule", "[logs][error]") {
    const std::string counts = sample::counts_as<std::int32_t>();
    std::string negative = counts, not_finite = sample::counts_as<double>();
    negative[4 * 9 + 3] = '\x80';  // step 1, layer 0, expert 1
    not_finite.replace(8 * 14, 8, std::string("\0\0\0\0\0\0\xf8\x7f", 8));

    CHECK_THAT(refusal_of(sample::npy("<i4", shape, negative)),
               ContainsSubstring("FILE: step 1, layer 0, expert 1 is -2147483"));
    CHECK_THAT(refusal_of(sample::npy("<f8", shape, not_finite)),
               ContainsSubstring("FILE: step 1, layer 1, expert 2 is nan, but it must be >= 0"));
    CHECK_THAT(refusal_of(sample::npy("<i4", shape, counts.substr(0, 80))),
               ContainsSubstring("FILE: the NPY file ends too early"));
    CHECK_THAT(refusal_of(sample::npy("<c8", shape, counts)), ContainsSubstring("are <c8, but"));
    CHECK_THAT(refusal_of(sample::npy("<i4", "(3, 2, 2, 4)", counts)),
               ContainsSubstring("FILE: its shape is (3, 2, 2, 4), but loads are [steps, layers"));
    CHECK_THAT(refusal_of(sample::zip({{"a.npy", "x"}, {"b.npy", "y"}})),
               ContainsSubstring("FILE: its arrays are a.npy, b.npy, but 'counts' or 'loads'"));
    CHECK_THAT(refusal_of(sample::zip({{"counts.npy", sample::npy("<i4", shape, counts)},
                                       {"scores.npy", sample::npy("<i4", "(6, 8)", counts)}})),
               ContainsSubstring("FILE:scores.npy: its shape is (6, 8), but loads have (6, 2, 4)"));
}

TEST_CASE("settings that no run can have are refused", "[logs][error]") {
    const auto array = sample::npy("<i4", shape, sample::counts_as<std::int32_t>());
    CHECK_THAT(refusal_of(array, {.top_k = -3}), ContainsSubstring("top_k is -3, but it must be"));
    for (const double top_k : {0.0, 1e-9, 1.5})
        CHECK_THAT(refusal_of(array, {.top_k = top_k}),
                   ContainsSubstring(fmt::format("top_k is {}, but it must be a whole number from "
                                                 "1",
                                                 top_k)));
    CHECK_THAT(refusal_of(array, {.tokens = 0.5}),
               ContainsSubstring("tokens is 0.5, but it must be 1 to 2^53"));
    CHECK(refusal_of(array, {.tokens = 1000.5}) == "(nothing)");  // a mean
    CHECK_THAT(
        refusal_of("{\"config\":{\"top_k\":1.5}}\n{\"step\":0,\"layer\":0,\"counts\":[1,2]}\n"),
        ContainsSubstring("FILE: it says that top_k is 1.5, but it must be a whole number"));
    CHECK_THAT(refusal_of(array, {.top_k = 4, .rate = 0.1}),
               ContainsSubstring("top_k is 4 of 4 experts, but a token that goes to all of them"));
    CHECK(refusal_of(array, {.top_k = 4}) == "(nothing)");
    CHECK_THAT(refusal_of(array, {.decay = 0}), ContainsSubstring("decay is 0, but it must be"));
    CHECK_THAT(refusal_of(array, {.rate = -1}), ContainsSubstring("rate is -1, but it must be"));
    CHECK_THAT(refusal_of("{\"step\":0,\"layer\":0,\"counts\":[1,2]}\n", {.beta = 0}),
               ContainsSubstring("beta is 0, but it must be"));
    CHECK(refusal_of(array, {.rate = 0.1, .feedback = -2}) == "(nothing)");
    for (const auto& still : {log_options{.rate = 0.0},
                              {.rate = 0.0, .feedback = -2},
                              {.rate = -0.0, .balancer = "feedback"}})
        CHECK_THAT(refusal_of(array, still), ContainsSubstring("rate is 0, but it must be > 0"));
    CHECK(refusal_of(array, {.rate = 0.0, .feedback = 0.0}) == "(nothing)");  // no score follows
    CHECK(refusal_of(array, {.bias_rate = 0.0, .balancer = "sign"}) == "(nothing)");  // it is off
    const double none = std::numeric_limits<double>::quiet_NaN();
    for (const auto& no_number : {log_options{.rate = none},
                                  {.feedback = none},
                                  {.decay = none},
                                  {.beta = none},
                                  {.bias_rate = none},
                                  {.bias_leak = none},
                                  {.tokens = none},
                                  {.top_k = none}})
        CHECK_THAT(refusal_of(array, no_number), ContainsSubstring("nan, but it must be"));
    CHECK_THAT(refusal_of(array, {.rate = 5}), ContainsSubstring("rate x decay is 5, but it must"));
    CHECK_THAT(refusal_of(array, {.rate = 0.6, .decay = 2}),
               ContainsSubstring("rate x decay is 1.2, but it must be < 1"));
    CHECK_THAT(refusal_of(array, {.rate = 1e-300}),
               ContainsSubstring("rate x decay is 1e-300, but it must be more than what"));
    CHECK_THAT(refusal_of(array, {.bias_rate = 1e300}),
               ContainsSubstring("bias_rate is 1e+300, but it must be >= 0 and 2^53 at most"));
    // a log is read all the same, whatever it says of its rule
    const std::string loads = "{\"step\":0,\"layer\":0,\"counts\":[1,2]}\n";
    CHECK(refusal_of("{\"config\":{\"eta\":5}}\n" + loads) == "(nothing)");
    CHECK(refusal_of("{\"config\":{\"eta\":5}}\n" + loads, {.rate = 0.1}) == "(nothing)");
    CHECK_THAT(refusal_of("{\"config\":{\"eta\":5}}\n" + loads, {.decay = 0.5}),
               ContainsSubstring("rate x decay is 2.5, but it must be < 1"));
}

TEST_CASE("a damaged text is refused with file, place and rule", "[logs][error]") {
    const std::string names = "step,layer,expert,tokens\n";
    const std::pair<std::string, std::string> cases[] = {
        {"0,0,0\n", "FILE: line 2 has 3 columns, but the first has 4"},
        {"0,0,0,-4\n", "FILE, line 2, column 'tokens': the load is -4, but it must be >= 0"},
        {"0,0,0,nan\n",
         "FILE, line 2, column 'tokens': 'nan' came, but it must be a finite number"},
        {"0,0,0,4x\n", "column 'tokens': '4x' came, but it must be a finite number"},
        {"0.5,0,0,4\n", "column 'step': the step is 0.5, but it must be a whole number"},
        {"0,0,1e9,4\n", "column 'expert': the expert is 1000000000, but it must be a whole number"},
        {"0,0,0,4\n0,0,0,5\n", "FILE: step 0, layer 0: expert 0 comes twice"},
        {"0,0,0,4\n0,0,1,0\n1,0,0,3\n2,0,0,3\n2,0,1,1\n",
         "FILE: step 1, layer 0: 1 of 2 experts have a row, but all"},
        {"0,0,1,4\n0,0,3,0\n",
         "2 of 3 experts have a row, but all must where zeros are written: "
         "rows are missing, or the file was cut off"},
        {"", "FILE: it has no loads in it"},
    };
    for (const auto& [bytes, sentence] : cases)
        CHECK_THAT(refusal_of(names + bytes), ContainsSubstring(sentence));
}

TEST_CASE("other tables and records are refused with what is needed", "[logs][error]") {
    const std::pair<std::string, std::string> cases[] = {
        {"step,e0,e1\n0,1,2\n2,1,2\n1,1,2\n",
         "FILE, line 4: step 1 came after 2, but steps must increase in a table"},
        {"step,e0,e1\n0,1,2\n0,1,2\n", "FILE, line 3: step 0 came after 0, but steps must"},
        {"step,e0,e1\n0,1,\n", "column 'e1': '' came, but it must be a finite number"},
        {"step,moe/cv_mean,load_balancing_loss\n0,1,2\n",
         "FILE: summaries are no log: it has moe/cv_mean, load_balancing_loss"},
        {"a,b\n1,2\n", "FILE: line 1: the columns are a, b, but step, layer, expert and tokens"},
        {"{\"step\": 0, \"counts\": [1, 2}\n", "FILE, line 1: it is no JSON record: "},
        {"{\"step\": 0, \"counts\": [1, null]}\n",
         "FILE, line 1, 'loads': 'null' came, but it must"},
        {"{\"counts\": [1, 2]}\n", "FILE, line 1: a record of loads has no step"},
        {"{\"step\": 0, \"moe/aux_loss\": 1}\n", "FILE: summaries are no log: it has moe/aux_loss"},
        {"[1, 2]", "FILE: it is one JSON array, but a record a line is needed"},
        {"PAR1....", "FILE: it is a Parquet file"},
        {"", "FILE: it is empty"},
    };
    for (const auto& [bytes, sentence] : cases)
        CHECK_THAT(refusal_of(bytes), ContainsSubstring(sentence));
}

TEST_CASE("a pickle is refused by what it begins with", "[logs][error]") {
    for (const std::string& bytes : {std::string("\x80\x02}q\x00.", 6),
                                     std::string("\x80\x04\x95", 3), std::string("(dp0\nVa\np1\n")})
        CHECK_THAT(refusal_of(bytes), ContainsSubstring("FILE: it is a pickle"));
    CHECK_THAT(refusal_of(sample::zip({{"archive/data.pkl", "\x80\x02}q."}})),
               ContainsSubstring("it is an archive of PyTorch, which holds a pickle"));
    CHECK_THAT(refusal_of(sample::zip({{"counts.npy", sample::npy("|O", "(1,)", "\x80\x04.")}})),
               ContainsSubstring("its elements are |O"));
}

TEST_CASE("a log that grows gives each step once", "[logs]") {
    const auto whole = sample::long_csv();
    const scratch_file file(whole.substr(0, 300));
    const auto log = follow_log(file.path);
    std::vector<std::int64_t> seen;
    const auto take_all = [&] {
        for (auto records = log->next_step(); !records.empty(); records = log->next_step()) {
            REQUIRE(records.size() == sample::layers);
            for (const auto& one : records)
                for (std::size_t e = 0; e < one.loads.size(); ++e)
                    REQUIRE(one.loads[e] == sample::count(static_cast<int>(one.step),
                                                          static_cast<int>(one.layer),
                                                          static_cast<int>(e)));
            seen.push_back(records.front().step);
        }
    };

    take_all();
    const auto early = seen.size();
    std::ofstream(file.path, std::ios::app | std::ios::binary) << whole.substr(300);
    take_all();

    CHECK(early < 4);
    CHECK(seen == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
}
