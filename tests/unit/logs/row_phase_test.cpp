// SPDX-License-Identifier: MIT
// Rows of evaluation among those of training: they are another thing than the log is of.
#include <fmt/format.h>

#include <catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A row of a step.
struct entry {
    int step = 0;
    bool is_evaluation = false;
};

constexpr int length = 12, width = 3;

/// @param behind  whether evaluation stands behind a step of training, or in its place
/// @param first   whether it comes before the first step of training
std::vector<entry> phases(bool behind, bool first) {
    std::vector<entry> out;
    for (int s = 0; s < length; ++s) {
        const bool evaluates = s % 4 == (first ? 0 : 3);
        if (evaluates && first) out.push_back({s, true});
        if (!evaluates || behind) out.push_back({s, false});
        if (evaluates && !first) out.push_back({s, true});
    }
    return out;
}

int load_of(const entry& of, int expert) {
    return 10 + of.step + (of.is_evaluation ? 90 : 5) * expert;
}

/// What a log says of its phase.
struct sign {
    std::string name, training, evaluation;
    [[nodiscard]] const std::string& of(const entry& at) const {
        return at.is_evaluation ? evaluation : training;
    }
};

std::string long_rows(const std::vector<entry>& entries, const sign& by) {
    std::string out = fmt::format("step,{},expert,tokens\n", by.name);
    for (const auto& at : entries)
        for (int e = 0; e < width; ++e)
            out += fmt::format("{},{},{},{}\n", at.step, by.of(at), e, load_of(at, e));
    return out;
}
std::string wide_rows(const std::vector<entry>& entries, const sign& by) {
    std::string out = fmt::format("step,{},layer0/e0,layer0/e1,layer0/e2\n", by.name);
    for (const auto& at : entries)
        out += fmt::format("{},{},{},{},{}\n", at.step, by.of(at), load_of(at, 0), load_of(at, 1),
                           load_of(at, 2));
    return out;
}
std::string lines(const std::vector<entry>& entries, const sign& by) {
    const auto is_word = [](const std::string& text) {
        return text != "true" && text != "false" && text != "0" && text != "1";
    };
    std::string out = "{\"step\": 0, \"loss\": 2.5}\n";
    for (const auto& at : entries)
        out += fmt::format("{{\"step\": {}, \"{}\": {}{}{}, \"counts\": [{}, {}, {}]}}\n", at.step,
                           by.name, is_word(by.of(at)) ? "\"" : "", by.of(at),
                           is_word(by.of(at)) ? "\"" : "", load_of(at, 0), load_of(at, 1),
                           load_of(at, 2));
    return out;
}
constexpr std::string (*writers[])(const std::vector<entry>&, const sign&) = {long_rows, wide_rows,
                                                                              lines};

std::vector<double> loads_of(const std::vector<sample::cell>& read) {
    std::vector<double> out;
    for (const auto& one : read) out.push_back(one.load);
    return out;
}
std::vector<double> loads_of_phase(const std::vector<entry>& entries, bool of_evaluation) {
    std::vector<double> out;
    for (const auto& at : entries)
        for (int e = 0; e < width && at.is_evaluation == of_evaluation; ++e)
            out.push_back(load_of(at, e));
    return out;
}

const std::vector<sign> signs = {
    {"split", "train", "eval"},       {"phase", "training", "val"},
    {"mode", "train", "valid"},       {"stage", "train", "Validation"},
    {"Split", "train", "test"},       {"is_eval", "0", "1"},
    {"eval", "false", "true"},        {"training", "1", "0"},
    {"is_training", "true", "false"}, {"is_evaluation", "False", "True"},
};

}  // namespace

TEST_CASE("rows of evaluation are left out where there are rows of training, and told",
          "[logs][property]") {
    const std::string note = "rows of evaluation were left out, as there are rows of training";
    for (const auto& write : writers)
        for (const auto& by : signs)
            for (const bool behind : {true, false})
                for (const bool first : {true, false}) {
                    const auto text = write(phases(behind, first), by);
                    CAPTURE(text);
                    const auto log = sample::open({text});

                    CHECK(loads_of(sample::cells_of(*log.source)) ==
                          loads_of_phase(phases(behind, first), false));
                    CHECK(sample::says(log.notes, note));
                    CHECK_FALSE(sample::says(log.notes, "goes back"));
                }
}

TEST_CASE("a log that is followed gives its steps of training alone", "[logs]") {
    const sign by{"split", "train", "eval"};
    for (const auto& write : writers)
        for (const bool first : {true, false}) {
            const auto text = write(phases(true, first), by);
            const scratch_file file(text), growing(text.substr(0, text.find('\n') + 1));
            std::vector<double> loads;
            const auto take_all = [&](followed_log& log) {
                for (auto step = log.next_step(); !step.empty(); step = log.next_step())
                    loads.insert(loads.end(), step.front().loads.begin(), step.front().loads.end());
            };
            take_all(*follow_log(file.path));
            CHECK(loads == loads_of_phase(phases(true, first), false));

            loads.clear();
            const auto log = follow_log(growing.path);
            for (std::size_t at = text.find('\n') + 1; at < text.size();) {
                const auto end = text.find('\n', at) + 1;
                std::ofstream(growing.path, std::ios::app | std::ios::binary)
                    << text.substr(at, end - at);
                take_all(*log);
                at = end;
            }
            CHECK(loads == loads_of_phase(phases(true, first), false));
        }
}

TEST_CASE("training is read under another name than evaluation before it", "[logs]") {
    const auto log = sample::open({R"({"step": 0, "split": "eval", "tokens_per_expert": [9, 0]})"
                                   "\n"
                                   R"({"step": 0, "split": "train", "load": [4, 5]})"
                                   "\n"});

    CHECK(loads_of(sample::cells_of(*log.source)) == std::vector<double>{4, 5});
}

TEST_CASE("other words of such a column name parts of a long table", "[logs]") {
    const auto logs = [] {
        const scratch_file file(
            "step,stage,expert,tokens\n0,warmup,0,1\n0,warmup,1,2\n1,train,0,3\n1,train,1,4\n"
            "1,eval,0,9\n1,eval,1,9\n");
        return open_logs(std::vector{file.path});
    }();

    REQUIRE(logs.size() == 2);
    CHECK(loads_of(sample::cells_of(*logs[0].source)) == std::vector<double>{3, 4});
    CHECK(loads_of(sample::cells_of(*logs[1].source)) == std::vector<double>{1, 2});
}

TEST_CASE("a log of one phase alone is read", "[logs]") {
    for (const auto& write : writers)
        for (const auto& by : signs)
            for (const bool of_evaluation : {true, false}) {
                std::vector<entry> entries;
                for (int s = 0; s < length; ++s) entries.push_back({s, of_evaluation});
                const auto text = write(entries, by);
                CAPTURE(text);
                const auto log = sample::open({text});

                CHECK(loads_of(sample::cells_of(*log.source)) ==
                      loads_of_phase(entries, of_evaluation));
                CHECK_FALSE(sample::says(log.notes, "evaluation"));
            }
}

TEST_CASE("steps that come again now and then are no restart where nothing says what they are",
          "[logs][error]") {
    const sign unknown{"note", "1", "1"};
    for (const auto& write : {+wide_rows, +lines})
        CHECK_THAT(sample::refusal_of(write(phases(true, false), unknown), {.whole = true}),
                   ContainsSubstring("expert 0 comes twice") &&
                       ContainsSubstring("rows of evaluation a column 'split'"));
}
