// SPDX-License-Identifier: MIT
// Logs that end within a step, as of a run that was killed while it wrote: that step is left out.
#include <fmt/format.h>

#include <catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace cut_log {
namespace {

using sample::count, sample::experts, sample::layers, sample::steps;

/// Calls for each cell of the steps in order.
std::string rows(const std::function<std::string(int, int, int)>& cell) {
    std::string out;
    for (int s = 0; s < steps; ++s)
        for (int l = 0; l < layers; ++l)
            for (int e = 0; e < experts; ++e) out += cell(s, l, e);
    return out;
}
std::string list(int s, int l) {
    std::string out;
    for (int e = 0; e < experts; ++e) out += fmt::format("{}{}", e > 0 ? "," : "", count(s, l, e));
    return out;
}

std::string long_rows() {
    return "step,layer,expert,tokens\n" + rows([](int s, int l, int e) {
               return fmt::format("{},{},{},{}\n", s, l, e, count(s, l, e));
           });
}
/// One expert of layer 1 is dead, and has rows all the same.
std::string rows_with_zeros() {
    return "step,layer,expert,tokens\n" + rows([](int s, int l, int e) {
               return fmt::format("{},{},{},{}\n", s, l, e, l == 1 && e == 2 ? 0 : count(s, l, e));
           });
}
std::string rows_of_ranks() {
    std::string out = "step,layer,rank,expert,tokens\n";
    for (int s = 0; s < steps; ++s)
        for (int l = 0; l < layers; ++l)
            for (int rank = 0; rank < 2; ++rank)
                for (int e = 0; e < experts; ++e)
                    out +=
                        fmt::format("{},{},{},{},{}\n", s, l, rank, e, (rank + 1) * count(s, l, e));
    return out;
}
std::string wide_rows(bool with_loss) {
    std::string out = with_loss ? "step,loss" : "step";
    for (int l = 0; l < layers; ++l)
        for (int e = 0; e < experts; ++e) out += fmt::format(",layer{}/expert{}", l, e);
    for (int s = 0; s < steps; ++s)
        out += fmt::format("\n{}{},{},{}", s, with_loss ? ",0.5" : "", list(s, 0), list(s, 1));
    return out + '\n';
}
std::string row_a_layer() {
    std::string out = "step,layer,expert_0,expert_1,expert_2,expert_3\n";
    for (int s = 0; s < steps; ++s)
        for (int l = 0; l < layers; ++l) out += fmt::format("{},{},{}\n", s, l, list(s, l));
    return out;
}
std::string records() {
    std::string out;
    for (int s = 0; s < steps; ++s)
        for (int l = 0; l < layers; ++l)
            out += fmt::format("{{\"step\": {}, \"layer\": {}, \"counts\": [{}]}}\n", s, l,
                               list(s, l));
    return out;
}
std::string cell_records() {
    return rows([](int s, int l, int e) {
        return fmt::format("{{\"step\": {}, \"layer\": {}, \"expert\": {}, \"tokens\": {}}}\n", s,
                           l, e, count(s, l, e));
    });
}
std::string step_records() {
    std::string out;
    for (int s = 0; s < steps; ++s)
        out +=
            fmt::format("{{\"step\": {}, \"counts\": [[{}], [{}]]}}\n", s, list(s, 0), list(s, 1));
    return out;
}
std::string events() {
    return rows([](int s, int l, int e) {
        std::string value = sample::field(1, fmt::format("tokens/layer{}/expert{}", l, e)) + '\x15';
        sample::append(value, static_cast<float>(count(s, l, e)));
        return sample::event_record(sample::field(2, s) +
                                    sample::field(5, sample::field(1, value)));
    });
}

const std::vector<std::pair<std::string, std::function<std::string()>>> formats = {
    {"rows", long_rows},
    {"rows with zeros", rows_with_zeros},
    {"rows of ranks", rows_of_ranks},
    {"wide rows", [] { return wide_rows(false); }},
    {"wide rows with a loss", [] { return wide_rows(true); }},
    {"a row a layer", row_a_layer},
    {"records", records},
    {"records of cells", cell_records},
    {"records of steps", step_records},
    {"events", events},
};

struct told_log {
    std::vector<sample::cell> cells;
    std::vector<std::string> notes;
};
told_log read(const std::string& bytes) {
    auto log = sample::open({bytes});
    told_log out{sample::cells_of(*log.source), log.notes};
    for (auto& one : log.source->notes_at_end()) out.notes.push_back(std::move(one));
    return out;
}

}  // namespace
}  // namespace cut_log

TEST_CASE("wherever a log is cut off, the steps that are whole are read, and no part of one",
          "[logs][property]") {
    constexpr std::size_t of_step = sample::layers * sample::experts;
    for (const auto& [name, text] : cut_log::formats) {
        CAPTURE(name);
        const auto whole = text();
        const auto all = cut_log::read(whole);
        REQUIRE(all.cells.size() == sample::steps * of_step);
        CHECK_FALSE(sample::says(all.notes, "cut off"));
        std::size_t cuts = 0;
        for (std::size_t size = whole.size() - 1; size > whole.size() * 2 / 3; --size) {
            CAPTURE(size);
            const auto cut = cut_log::read(whole.substr(0, size));
            const auto got = cut.cells.size();
            REQUIRE(got % of_step == 0);
            REQUIRE(got >= of_step);
            // without an end the last number may be a part of one
            const auto sure = static_cast<std::ptrdiff_t>(got) -
                              (sample::says(cut.notes, "its last number may be a part") ? 1 : 0);
            REQUIRE(std::equal(cut.cells.begin(), cut.cells.begin() + sure, all.cells.begin()));
            if (got == all.cells.size()) continue;
            ++cuts;
            const bool at_end = whole[size - 1] == '\n' || whole[size] == '\n';  // of a line
            const bool may_be_whole = at_end || name == "events";
            if (!may_be_whole) REQUIRE(sample::says(cut.notes, "cut off"));
        }
        CHECK(cuts > 20);
    }
}

TEST_CASE("a log of the experts with loads alone keeps its last step", "[logs]") {
    // experts without loads have no rows, and each step has as many choices, or not
    const auto rows = [](const std::vector<std::vector<int>>& of_steps) {
        std::string out = "step,layer,expert,tokens\n";
        for (std::size_t s = 0; s < of_steps.size(); ++s)
            for (std::size_t e = 0; e < of_steps[s].size(); ++e)
                if (of_steps[s][e] > 0) out += fmt::format("{},0,{},{}\n", s, e, of_steps[s][e]);
        return out;
    };
    const auto steps_of = [](const std::string& text) {
        return cut_log::read(text).cells.size() / 3;
    };
    const std::vector<int> full{4, 3, 3}, one_dead{5, 5, 0}, other_dead{0, 5, 5}, more{6, 6, 0},
        part{5, 0, 0};
    CHECK(steps_of(rows({full, full, full, one_dead})) == 4);
    CHECK(steps_of(rows({full, full, full, more})) == 4);
    CHECK(steps_of(rows({full, one_dead, full, other_dead})) == 4);
    CHECK(steps_of(rows({full, more, full, part})) == 4);      // steps differ in their choices
    CHECK(steps_of(rows({full, one_dead, full, part})) == 3);  // it lacks five of ten
    CHECK(steps_of(rows({full, full, full, part})) == 3);
    const std::vector<int> busy{40, 30, 20}, busier{60, 50, 40}, two{70, 60, 0};
    CHECK(steps_of(rows({busy, busier, busy, two})) == 3);  // an expert of 20 has none
    CHECK(steps_of(rows({full, part})) == 2);               // of two steps nothing can be told
    // layers whose steps are told seldom, and one that begins late, are no cut
    CHECK(cut_log::read("step,layer,expert,tokens\n0,0,0,5\n0,0,1,5\n0,1,0,5\n0,1,1,5\n1,0,0,5\n"
                        "1,0,1,5\n2,0,0,5\n2,0,1,5\n2,1,0,5\n2,1,1,5\n3,0,0,5\n3,0,1,5\n")
              .cells.size() == 12);
    CHECK(cut_log::read("step,layer,expert,tokens\n0,0,0,5\n0,0,1,0\n1,0,0,5\n1,0,1,0\n1,1,0,5\n"
                        "1,1,1,0\n")
              .cells.size() == 6);
}

TEST_CASE("a row that is cut off takes its step with it, whatever rows others have", "[logs]") {
    const std::string rows = "step,layer,expert,tokens\n0,0,0,5\n0,0,2,5\n1,0,1,7\n2,0,0,9\n";
    CHECK(cut_log::read(rows + "2,0,1").cells.size() == 2 * 3);
    CHECK(cut_log::read(rows + "3,0,1").cells.size() == 3 * 3);
    CHECK(cut_log::read(rows + "2").cells.size() == 3 * 3);  // of 2, or of 20
}

TEST_CASE("a last number without an end is a part of one where its step falls short", "[logs]") {
    const auto rows = [](const std::vector<const char*>& last) {
        std::string out = "step,layer,expert,share\n";
        for (std::size_t step = 0; step < last.size(); ++step) {
            const std::string numbers = last[step];
            const auto comma = numbers.find(',');
            out += fmt::format("{0},0,0,{1}\n{0},0,1,{2}\n", step, numbers.substr(0, comma),
                               numbers.substr(comma + 1));
        }
        return out.substr(0, out.size() - 1);  // without its end
    };
    const auto steps_of = [](const std::string& text) {
        return cut_log::read(text).cells.size() / 2;
    };
    CHECK(steps_of(rows({".25,.75", ".3,.7", ".4,.6", ".35,0"})) == 3);
    CHECK(steps_of(rows({".25,.75", ".3,.7", ".4,.6", ".35,.65"})) == 4);
    CHECK(steps_of(rows({"25,75", "30,70", "40,60", "35,6"})) == 3);
    CHECK(steps_of(rows({"25,75", "30,160", "40,60", "35,6"})) == 4);  // batches differ
    CHECK(steps_of(rows({"25,75", "30,70", "35,6"})) == 3);            // too few to tell
    CHECK(steps_of(rows({"25,75", "30,70", "40,60", "35,6"}) + '\n') == 4);
    // a row less, and no end
    CHECK(cut_log::read("step,layer,expert,tokens\n0,0,0,5\n0,0,1,9\n1,0,0,15").cells.size() == 2);
}

TEST_CASE("of layers that come one after the other the last record is left out", "[logs]") {
    std::string rows = "step,layer,expert,tokens\n";
    for (int l = 0; l < 2; ++l)
        for (int s = 0; s < 5; ++s)
            for (int e = 0; e < 3; ++e)
                if (l == 0 || s < 3 || (s == 3 && e < 2))
                    rows += fmt::format("{},{},{},{}\n", s, l, e, e);

    const auto log = cut_log::read(rows);

    CHECK(log.cells.size() == (5 + 3) * 3);
    CHECK(sample::says(log.notes,
                       "step 3, layer 1 has 2 rows, and all others have 3: the file was "
                       "cut off there, and that record was left out"));
}

TEST_CASE("a cut in the middle of a log, or in its first step, is refused", "[logs][error]") {
    const auto whole = cut_log::rows_with_zeros();
    const auto from = whole.find("\n2,1,2,") + 1, to = whole.find("\n3,0,0,") + 1;
    CHECK_THAT(sample::refusal_of(whole.substr(0, from) + whole.substr(to)),
               ContainsSubstring("step 2, layer 1: 2 of 4 experts have a row, but all must"));
    const auto open_line = whole.substr(0, from + 4) + whole.substr(to);
    CHECK_THAT(sample::refusal_of(open_line), ContainsSubstring("columns, but the first has 4"));
    CHECK_THAT(sample::refusal_of("step,layer,expert,tokens\n0,0,0,5\n0,0,3,0\n"),
               ContainsSubstring("2 of 4 experts have a row"));
    CHECK_THAT(sample::refusal_of("step,layer,expert,tokens\n0,0"),
               ContainsSubstring("FILE: line 2 has 2 columns, but the first has 4"));
    CHECK_THAT(sample::refusal_of("{\"step\": 0, \"coun"),
               ContainsSubstring("FILE, line 1: it is no JSON record"));
    const auto record = cut_log::records(), open_record = record.substr(0, record.find("}\n")) +
                                                          record.substr(record.find("\n"));
    CHECK_THAT(sample::refusal_of(open_record), ContainsSubstring("it is no JSON record"));
    const auto events = cut_log::events();
    CHECK_THAT(sample::refusal_of(events.substr(0, 20)), ContainsSubstring("ends too early"));
    CHECK_THAT(sample::refusal_of(events + std::string(64, '\0') + "x"),
               ContainsSubstring("the checksum of its length is wrong"));
    CHECK_THAT(sample::refusal_of(std::string(events).replace(230, 9, std::string(9, '\0'))),
               ContainsSubstring("checksum"));
    CHECK_THAT(sample::refusal_of(events.substr(0, 200) + events.substr(203)),
               ContainsSubstring("checksum"));
}

TEST_CASE("events before zeros are those of a file that was cut off there", "[logs]") {
    const auto whole = cut_log::events();
    for (std::size_t end = whole.size() * 2 / 3; end <= whole.size(); ++end)
        for (const std::size_t zeros : {12U, 200'000U}) {
            CAPTURE(end, zeros);
            const auto start = whole.substr(0, end);
            const auto log = sample::open({start + std::string(zeros, '\0')});

            CHECK(sample::cells_of(*log.source) == sample::read({start}));
            CHECK(sample::says(log.notes, zeros > 12 ? "has no end: zeros alone follow"
                                                     : "has no end: "));  // within a record
        }
}
