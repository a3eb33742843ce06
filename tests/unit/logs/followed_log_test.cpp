// SPDX-License-Identifier: MIT
// When a log that grows gives a step: at once where it is known to be whole.
#include <fmt/format.h>

#include <catch.hpp>
#include <fstream>
#include <moebius/logs/log_file.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

using lines = std::vector<std::string>;

/// A log that grows line by line, and the steps that it gives.
class growing_log {
public:
    growing_log(const std::string& start, const log_options& options = {})
        : file_(start), log_(follow_log(file_.path, options)) {}

    /// "step: loads of a layer | loads of the next" of each step that is given once the text is
    /// there, behind "again" where it was before.
    lines behind(const std::string& text) {
        std::ofstream(file_.path, std::ios::app | std::ios::binary) << text;
        lines out;
        for (auto step = log_->next_step(); !step.empty(); step = log_->next_step()) {
            out.push_back(
                fmt::format("{}{}:", log_->restarted() ? "again " : "", step.front().step));
            for (const auto& layer : step) {
                if (&layer != &step.front()) out.back() += " |";
                for (const double load : layer.loads) out.back() += fmt::format(" {}", load);
            }
        }
        return out;
    }

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

TEST_CASE("steps whose rows add up are given once the next begins", "[logs]") {
    growing_log ranks("step,layer,rank,expert,tokens\n");
    CHECK(ranks.behind("0,0,0,0,5\n0,0,0,1,7\n1,0,0,0,6\n1,0,0,1,6\n") == lines{"0: 5 7"});
    CHECK(ranks.behind("1,0,1,0,1\n1,0,1,1,1\n2,0,0,0,6\n") == lines{"1: 7 7"});
}
