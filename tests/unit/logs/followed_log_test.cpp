// SPDX-License-Identifier: MIT
// When a log that grows gives a step: at once where it is known to be whole.
#include <fmt/format.h>

#include <sys/stat.h>

#include <catch.hpp>
#include <filesystem>
#include <fstream>
#include <moebius/logs/log_file.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

using lines = std::vector<std::string>;

/// "step: loads of a layer | loads of the next" of each step that there is, behind "again" where it
/// was before.
lines steps_of(followed_log& log) {
    lines out;
    for (auto step = log.next_step(); !step.empty(); step = log.next_step()) {
        out.push_back(fmt::format("{}{}:", log.restarted() ? "again " : "", step.front().step));
        for (const auto& layer : step) {
            if (&layer != &step.front()) out.back() += " |";
            for (const double load : layer.loads) out.back() += fmt::format(" {}", load);
        }
    }
    return out;
}

void write(const std::string& path, const std::string& text,
           std::ios::openmode how = std::ios::trunc) {
    std::ofstream(path, std::ios::binary | how) << text;
}

/// A log that grows line by line, and the steps that it gives.
class growing_log {
public:
    growing_log(const std::string& start, const log_options& options = {})
        : file_(start), log_(follow_log(file_.path, options)) {}

    /// Those that are given once the text is there.
    lines behind(const std::string& text) {
        write(file_.path, text, std::ios::app);
        return steps_of(*log_);
    }
    lines notes() { return log_->take_notes(); }

private:
    scratch_file file_;
    std::unique_ptr<followed_log> log_;
};

const lines nothing;

}  // namespace

TEST_CASE("a line that is a step is given once it ends", "[logs]") {
    struct {
        std::string start;
        lines steps;
    } const logs[] = {
        {"step,layer0/expert0,layer0/expert1\n", {"0,5,7\n", "1,6,6\n", "2,4,8\n"}},
        {"step,loss,layer0/expert0,layer0/expert1\n", {"0,1.5,5,7\n", "1,1.4,6,6\n", "2,1,4,8\n"}},
        {"step,expert_1,expert_2\n", {"0,5,7\n", "1,6,6\n", "2,4,8\n"}},
        {"{\"config\": {}}\n",
         {"{\"step\": 0, \"counts\": [5, 7]}\n", "{\"step\": 1, \"counts\": [6, 6]}\n",
          "{\"step\": 2, \"counts\": [4, 8]}\n"}},
        {"{\"config\": {}}\n",
         {"{\"step\": 0, \"layer_1/expert_1\": 5, \"layer_1/expert_2\": 7}\n",
          "{\"step\": 1, \"layer_1/expert_1\": 6, \"layer_1/expert_2\": 6}\n",
          "{\"step\": 2, \"layer_1/expert_1\": 4, \"layer_1/expert_2\": 8}\n"}},
    };
    for (const auto& [start, steps] : logs) {
        CAPTURE(start);
        growing_log log(start);
        CHECK(log.behind(steps[0]) == lines{"0: 5 7"});
        CHECK(log.behind("") == nothing);
        const auto middle = steps[1].size() / 2;
        CHECK(log.behind(steps[1].substr(0, middle)) == nothing);
        CHECK(log.behind(steps[1].substr(middle)) == lines{"1: 6 6"});
        CHECK(log.behind(steps[2]) == lines{"2: 4 8"});
    }
    growing_log layers("{\"config\": {}}\n");
    const std::string one =
        "{\"layer\": 0, \"counts\": [5, 7]}, {\"layer\": 1, \"counts\": [6, 6]}";
    CHECK(layers.behind("{\"step\": 0, \"layers\": [" + one + "]}\n") == lines{"0: 5 7 | 6 6"});
    CHECK(layers.behind("{\"step\": 1, \"layers\": [" + one + "]}\n") == lines{"1: 5 7 | 6 6"});
}

TEST_CASE("records and rows of a step are given once those of the first one are there", "[logs]") {
    const auto record = [](int step, int layer) {
        return fmt::format("{{\"step\": {}, \"layer\": {}, \"counts\": [5, 7]}}\n", step, layer);
    };
    growing_log records("{\"config\": {}}\n");
    CHECK(records.behind(record(0, 0) + record(0, 1)) == nothing);  // a third may come
    CHECK(records.behind("{\"step\": 0, \"loss\": 1}\n") == nothing);
    CHECK(records.behind(record(1, 0)) == lines{"0: 5 7 | 5 7"});
    CHECK(records.behind(record(1, 1)) == lines{"1: 5 7 | 5 7"});
    CHECK(records.behind(record(2, 0)) == nothing);

    const int first = GENERATE(0, 1);  // from which experts are counted
    const auto row = [&](int step, int layer, int expert) {
        return fmt::format("{},{},{},{}\n", step, layer, expert + first, 5 + expert);
    };
    const bool said = first == 1;
    growing_log rows("step,layer,expert,tokens\n",
                     {.experts = said ? std::optional(2.0) : std::nullopt});
    CHECK(rows.behind(row(0, 0, 0) + row(0, 0, 1) + row(0, 1, 0) + row(0, 1, 1)) == nothing);
    CHECK(rows.behind(row(1, 0, 0)) == lines{"0: 5 6 | 5 6"});
    CHECK(rows.behind(row(1, 0, 1) + row(1, 1, 0)) == nothing);
    CHECK(rows.behind(row(1, 1, 1)) == lines{"1: 5 6 | 5 6"});
    CHECK(rows.behind(row(2, 0, 0) + row(2, 0, 1) + row(2, 1, 1) + row(2, 1, 0)) ==
          lines{"2: 5 6 | 5 6"});
    CHECK(rows.behind(row(3, 0, 0) + row(4, 0, 0)) ==
          lines{"3: 5 0"});  // only chosen ones have rows
}

TEST_CASE("a step of which more comes than any had before is given again", "[logs]") {
    growing_log log("step,layer,expert,tokens\n");
    CHECK(log.behind("0,0,0,5\n0,0,1,7\n1,0,0,6\n") == lines{"0: 5 7"});
    CHECK(log.behind("1,0,1,6\n") == lines{"1: 6 6"});
    CHECK(log.behind("1,1,0,4\n") == nothing);
    CHECK(log.behind("1,1,1,8\n") == lines{"again 1: 6 6 | 4 8"});
    CHECK(log.behind("2,0,0,5\n2,0,1,7\n2,1,0,4\n2,1,1,8\n") == lines{"2: 5 7 | 4 8"});
    CHECK(log.behind("2,0,2,1\n2,1,2,1\n") == lines{"again 2: 5 7 1 | 4 8 1"});
    CHECK(log.behind("3,0,0,5\n") == nothing);
    CHECK(log.behind("3,0,1,7\n3,0,2,1\n3,1,0,4\n3,1,1,8\n3,1,2,0\n") == lines{"3: 5 7 1 | 4 8 0"});
}

TEST_CASE("that what came before no longer counts is said where experts or layers come late",
          "[logs]") {
    const std::string rows = "step,layer,expert,tokens\n0,0,0,5\n0,0,1,7\n1,0,0,6\n1,0,1,6\n";
    const scratch_file file(rows + "2,0,0,4\n2,0,1,4\n2,0,2,4\n");
    const auto log = follow_log(file.path);
    CHECK(steps_of(*log) == lines{"0: 5 7", "1: 6 6", "again 2: 4 4 4"});
    CHECK(log->take_notes() ==
          lines{"step 2 has 3 experts, and those before it have 2: what came before it no longer "
                "counts, but it would where --experts says how many there are"});
    write(file.path, "3,0,0,4\n3,0,1,4\n3,0,2,4\n", std::ios::app);
    CHECK(steps_of(*log) == lines{"3: 4 4 4"});
    write(file.path, "3,1,0,4\n3,1,1,4\n3,1,2,4\n", std::ios::app);
    CHECK(steps_of(*log) == lines{"again 3: 4 4 4 | 4 4 4"});
    CHECK(log->take_notes() ==
          lines{"step 3 has 2 layers, and those before it have 1: what came before it no longer "
                "counts"});

    const scratch_file known(rows + "2,0,0,4\n2,0,1,4\n2,0,2,4\n");
    const auto counted = follow_log(known.path, {.experts = 3});
    CHECK(steps_of(*counted) == lines{"0: 5 7 0", "1: 6 6 0", "2: 4 4 4"});
    CHECK(counted->take_notes().empty());

    const scratch_file padded(
        "step,layer0/expert0,layer0/expert1,layer0/expert2\n0,5,7,0\n"
        "1,0,0,0\n2,6,6,0\n");
    const auto without = follow_log(padded.path, {.experts = 2});
    CHECK(steps_of(*without) == lines{"0: 5 7", "1: 0 0 0", "2: 6 6"});
}

TEST_CASE("steps whose rows add up are given once the next begins", "[logs]") {
    growing_log ranks("step,layer,rank,expert,tokens\n");
    CHECK(ranks.behind("0,0,0,0,5\n0,0,0,1,7\n1,0,0,0,6\n1,0,0,1,6\n") == lines{"0: 5 7"});
    CHECK(ranks.behind("1,0,1,0,1\n1,0,1,1,1\n2,0,0,0,6\n") == lines{"1: 7 7"});
}

TEST_CASE("steps that come again with the same numbers count once", "[logs]") {
    growing_log log("step,layer0/expert0,layer0/expert1\n0,5,7\n1,6,6\n2,4,8\n");
    CHECK(log.behind("3,7,5\n") == lines{"0: 5 7", "1: 6 6", "2: 4 8", "3: 7 5"});
    CHECK(log.behind("1,6,6\n2,4,8\n") == nothing);
    CHECK(log.behind("3,7,5\n4,1,11\n") == lines{"4: 1 11"});
    CHECK(log.notes() == lines{"step 1 came again with the same numbers, and counts once, as all "
                               "such steps do"});
    // from the first that has others on it is a restart
    CHECK(log.behind("2,4,8\n3,6,6\n4,1,11\n") == lines{"again 3: 6 6", "4: 1 11"});
    CHECK(log.notes().size() == 1);
    CHECK(log.behind("2,4,8\n") == lines{"again 2: 4 8"});  // which was before the restart
}

namespace {

const std::string wide_names = "step,layer0/expert0,layer0/expert1\n";

/// Steps of 5 and 7 in a row each.
std::string wide(int from, int to) {
    std::string out = wide_names;
    for (int s = from; s < to; ++s) out += fmt::format("{},5,7\n", s);
    return out;
}

}  // namespace

TEST_CASE("a log is waited for, which is said once", "[logs]") {
    const scratch_file file("");
    const auto late = file.path + "-late";
    std::filesystem::remove(late);
    const auto log = follow_log(late);
    CHECK(steps_of(*log) == nothing);
    CHECK(log->take_notes() == lines{late + ": it is not there yet, and is waited for"});
    for (const std::string& start : {std::string(), std::string("\n"), wide_names.substr(0, 7)}) {
        write(late, start);
        CHECK(steps_of(*log) == nothing);
    }
    write(late, wide_names.substr(7), std::ios::app);
    CHECK(steps_of(*log) == nothing);
    write(late, "0,5,7\n", std::ios::app);
    CHECK(steps_of(*log) == lines{"0: 5 7"});
    CHECK(log->take_notes().empty());
    std::filesystem::remove(late);

    const auto empty = follow_log(file.path);
    CHECK(steps_of(*empty) == nothing);
    CHECK(empty->take_notes() == lines{file.path + ": it has no line yet, and is waited for"});
    CHECK_THROWS_WITH(follow_log(file.path + "-no-folder/log.csv"),
                      Catch::Matchers::ContainsSubstring("No such file or directory"));
}

TEST_CASE("a file that is cut, or replaced by another, is read from its start", "[logs]") {
    const bool is_moved = GENERATE(false, true);
    CAPTURE(is_moved);
    struct {
        std::string anew;
        lines steps;
    } const files[] = {{wide(0, 2), {"again 0: 5 7", "1: 5 7"}},
                       {wide(101, 103), {"again 101: 5 7", "102: 5 7"}},
                       {wide(104, 106), {"104: 5 7", "105: 5 7"}},
                       {"step,layer3/expert0,layer3/expert1\n200,1,2\n", {"again 200: 1 2"}},
                       {"{\"step\": 0, \"counts\": [5, 7]}\n{\"step\": 1, \"counts\": [1, 2]}\n",
                        {"again 0: 5 7", "1: 1 2"}}};
    for (const auto& [anew, steps] : files) {
        CAPTURE(anew);
        const scratch_file file(wide(100, 104)), other(anew);
        const auto log = follow_log(file.path);
        CHECK(steps_of(*log).size() == 4);
        if (is_moved)
            std::filesystem::rename(other.path, file.path);
        else
            write(file.path, anew);
        CHECK(steps_of(*log) == steps);
        CHECK(log->take_notes() ==
              lines{file.path + ": it was cut or replaced, and is read from its start"});
        write(file.path, "", std::ios::app);
        CHECK(steps_of(*log) == nothing);
    }
}

TEST_CASE("a file that is moved away is read to its end, and the next one from its start",
          "[logs]") {
    const scratch_file file(wide(0, 2));
    const auto log = follow_log(file.path);
    const auto moved = file.path + ".1";
    CHECK(steps_of(*log).size() == 2);
    std::filesystem::rename(file.path, moved);
    write(moved, "2,5,7\n", std::ios::app);
    CHECK(steps_of(*log) == lines{"2: 5 7"});
    CHECK(log->take_notes().empty());
    write(moved, "3,5,7\n", std::ios::app);
    write(file.path, wide(4, 5));
    CHECK(steps_of(*log) == lines{"3: 5 7", "4: 5 7"});
    std::filesystem::remove(moved);
}

TEST_CASE("a file that is written anew with the same and more goes on", "[logs]") {
    const scratch_file file(wide(0, 2));
    const auto log = follow_log(file.path);
    CHECK(steps_of(*log).size() == 2);
    write(file.path, wide(0, 3));
    CHECK(steps_of(*log) == lines{"2: 5 7"});
}

TEST_CASE("a pipe gives each step as it comes, and ends", "[logs]") {
    const scratch_file file("");
    const auto pipe = file.path + "-pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::fstream to(pipe, std::ios::in | std::ios::out | std::ios::binary);  // waits for nobody
    const auto log = follow_log(pipe);
    const std::pair<std::string, lines> parts[] = {
        {wide_names, {}}, {"0,5,7\n1,", {"0: 5 7"}}, {"6,6\n", {"1: 6 6"}}};
    for (const auto& [text, steps] : parts) {
        to << text << std::flush;
        CHECK(steps_of(*log) == steps);
        CHECK(!log->has_ended());
    }
    to.close();
    CHECK(steps_of(*log) == nothing);
    CHECK(log->has_ended());
    std::filesystem::remove(pipe);
}

TEST_CASE("a pipe's last step is whole at its end, unless it is cut off", "[logs]") {
    const auto piped = [](const std::string& text) {
        const scratch_file file("");
        const auto pipe = file.path + "-pipe";
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        std::fstream to(pipe, std::ios::in | std::ios::out | std::ios::binary);
        const auto log = follow_log(pipe);
        to << text << std::flush;
        auto out = steps_of(*log);
        CHECK(!log->has_ended());
        to.close();
        for (auto& one : steps_of(*log)) out.push_back("end " + one);
        CHECK(log->has_ended());
        CHECK(steps_of(*log) == nothing);
        for (auto& one : log->take_notes()) out.push_back(one.substr(0, one.find(pipe)));
        std::filesystem::remove(pipe);
        return out;
    };
    const std::string names = "step,layer,expert,tokens\n", one = "0,0,0,5\n0,0,1,7\n",
                      two = "1,0,0,6\n1,0,1,6\n", cut_off = "the last line of ";
    CHECK(piped(names + one) == lines{"end 0: 5 7"});
    CHECK(piped(names + one + two) == lines{"0: 5 7", "1: 6 6"});
    CHECK(piped(names + one + two + "2,0,1,12\n") == lines{"0: 5 7", "1: 6 6", "end 2: 0 12"});
    CHECK(piped(names + "0,0,0,5\n0,0,1,0\n1,0,0,5\n") ==
          lines{"0: 5 0",
                "step 1, layer 0 has 1 rows, and all others have 2: the file was cut off "
                "there, and that step was left out"});
    CHECK(piped(names + one + "1,0,0,6\n1,0,") ==
          lines{"0: 5 7", cut_off,
                "a row of step 1 is cut off: the file was cut off there, and that step was left "
                "out"});
    CHECK(piped(names + one + "1,0,0,6\n1,0,1,6") == lines{"0: 5 7", "end 1: 6 6", cut_off});
    CHECK(piped("step,layer,rank,expert,tokens\n0,0,0,0,5\n0,0,0,1,7\n0,0,1,0,1\n0,0,1,1,1\n") ==
          lines{"end 0: 6 8", "the counts of 2 ranks were added up"});
    const std::string trace =
        "{\"step\": 0, \"layer\": 0, \"rank\": 0, \"num_tokens\": 2, "
        "\"topk\": 1, \"top_indices\": [[1], [0]]}";
    CHECK(piped(trace).at(0) == "end 0: 1 1");
    CHECK(piped("{\"step\": 0, \"layer\": 0, \"counts\": [5, 7]}\n") == lines{"end 0: 5 7"});
}

TEST_CASE("loads that are followed become choices as those that are read do", "[logs]") {
    const auto followed = [](const std::string& text, const log_options& options,
                             const std::string& ending = "") {
        const scratch_file file(text, ending);
        const auto log = follow_log(file.path, options);
        auto out = steps_of(*log);
        out.push_back(fmt::format("of one rank: {}", log->head().of_one_rank));
        for (auto& one : log->take_notes()) out.push_back(std::move(one));
        return out;
    };
    CHECK(followed(wide_names + "0,0.25,0.75\n1,0.5,0.5\n", {.tokens = 32}) ==
          lines{"0: 8 24", "1: 16 16", "of one rank: false",
                "the loads are shares (they sum to 1): they were taken times tokens x top-k"});
    CHECK(followed("step,layer0/expert0,layer0/expert1,layer0/expert2\n0,5,7,0\n", {.experts = 2})
              .front() == "0: 5 7");
    CHECK(followed(wide(0, 1), {}, "_rank3.csv") ==
          lines{"0: 5 7", "of one rank: true", "the counts are those of rank 3 alone, not of all"});
    CHECK(followed(wide(0, 1), {.tokens = 24}, "_rank3.csv")[1] == "of one rank: false");
}
