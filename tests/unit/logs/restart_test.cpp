// SPDX-License-Identifier: MIT
// A run that went on from a checkpoint has logged some steps twice: the later rows hold.
#include <fmt/format.h>

#include <algorithm>
#include <catch.hpp>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

using sample::says;
constexpr int layers = 2, experts = 4;

/// Steps as they come, and of which life of the run: 0 to 9, then 6 to 11.
std::vector<std::pair<int, int>> course(int died = 9, int from = 6, int to = 11) {
    std::vector<std::pair<int, int>> out;
    for (int s = 0; s <= died; ++s) out.emplace_back(s, 0);
    for (int s = from; s <= to; ++s) out.emplace_back(s, 1);
    return out;
}
std::vector<std::pair<int, int>> what_holds(int from = 6, int to = 11) {
    return course(from - 1, from, to);
}

int count(int step, int life, int layer, int expert) {
    return 100 + 40 * life + 7 * expert + 3 * layer + (step * (expert + 2)) % 5;
}

using cells = std::vector<sample::cell>;
cells wanted(const std::vector<std::pair<int, int>>& rows) {
    cells out;
    for (const auto& [s, life] : rows)
        for (int l = 0; l < layers; ++l)
            for (int e = 0; e < experts; ++e)
                out.push_back({s, std::to_string(l), static_cast<std::size_t>(e),
                               static_cast<double>(count(s, life, l, e)), -1});
    return out;
}

using rows = std::vector<std::pair<int, int>>;
std::string long_table(const rows& of, char mark = ',') {
    std::string out = "step,layer,expert,tokens\n";
    for (const auto& [s, life] : of)
        for (int l = 0; l < layers; ++l)
            for (int e = 0; e < experts; ++e)
                out += fmt::format("{},{},{},{}\n", s, l, e, count(s, life, l, e));
    for (char& c : out)
        if (c == ',') c = mark;
    return out;
}
std::string by_layers(const rows& of, bool by_experts = false) {
    std::string out = "step,layer,expert,tokens\n";
    for (int l = 0; l < layers; ++l)
        for (int first = 0; first < (by_experts ? experts : 1); ++first)
            for (const auto& [s, life] : of)
                for (int e = first; e < (by_experts ? first + 1 : experts); ++e)
                    out += fmt::format("{},{},{},{}\n", s, l, e, count(s, life, l, e));
    return out;
}
std::string list(int s, int life, int l, const char* mark) {
    std::string out;
    for (int e = 0; e < experts; ++e)
        out += fmt::format("{}{}", e == 0 ? "" : mark, count(s, life, l, e));
    return out;
}
/// With a loss: read as a table; without one: line by line.
std::string wide_table(const rows& of, bool with_loss) {
    std::string out = "step";
    for (int l = 0; l < layers; ++l)
        for (int e = 0; e < experts; ++e) out += fmt::format(",layer{}/expert{}", l, e);
    out += with_loss ? ",aux_loss\n" : "\n";
    for (const auto& [s, life] : of)
        out += fmt::format("{},{},{}{}\n", s, list(s, life, 0, ","), list(s, life, 1, ","),
                           with_loss ? ",0.5" : "");
    return out;
}
std::string records(const rows& of) {
    std::string out;
    for (const auto& [s, life] : of)
        for (const int l : {1, 0})  // in any order inside a step
            out += fmt::format("{{\"step\": {}, \"layer\": {}, \"counts\": [{}]}}\n", s, l,
                               list(s, life, l, ", "));
    return out;
}
std::string chosen_records(const rows& of) {
    std::string out;
    for (const auto& [s, life] : of)
        for (int l = 0; l < layers; ++l) {
            std::string counts;
            for (int e = 0; e < experts; ++e)
                counts += fmt::format("{}\"{}\": {}", e == 0 ? "" : ", ", e, count(s, life, l, e));
            out +=
                fmt::format("{{\"step\": {}, \"layer\": {}, \"counts\": {{{}}}}}\n", s, l, counts);
        }
    return out;
}
std::string archive(const rows& of) {
    std::string data, steps;
    for (const auto& [s, life] : of) {
        sample::append<std::int64_t>(steps, s);
        for (int l = 0; l < layers; ++l)
            for (int e = 0; e < experts; ++e)
                sample::append<std::int32_t>(data, count(s, life, l, e));
    }
    return sample::zip(
        {{"counts.npy", sample::npy("<i4", fmt::format("({}, 2, 4)", of.size()), data)},
         {"steps.npy", sample::npy("<i8", fmt::format("({},)", of.size()), steps)}});
}

const std::vector<std::pair<std::string, std::function<std::string(const rows&)>>> formats = {
    {"CSV", [](const rows& of) { return long_table(of); }},
    {"TSV", [](const rows& of) { return long_table(of, '\t'); }},
    {"CSV by layers", [](const rows& of) { return by_layers(of); }},
    {"CSV by experts", [](const rows& of) { return by_layers(of, true); }},
    {"wide CSV with a loss", [](const rows& of) { return wide_table(of, true); }},
    {"wide CSV, whole", [](const rows& of) { return wide_table(of, false); }},
    {"JSONL", records},
    {"JSONL of chosen experts", chosen_records},
    {"NPZ", archive},
};

}  // namespace

TEST_CASE("rows that a restart from a checkpoint replaced are left out, and told",
          "[logs][property]") {
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        const auto log = sample::open({text(course())}, {.whole = true});

        CHECK(sample::cells_of(*log.source) == wanted(what_holds()));
        CHECK(says(log.notes, "the rows of steps 6 to 9 that came first were left out"));
        CHECK_FALSE(says(sample::open({text(what_holds())}, {.whole = true}).notes, "left out"));
    }
}

TEST_CASE("what a dead run had logged beyond the new one is left out", "[logs]") {
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        const auto log = sample::open({text(course(9, 6, 7))}, {.whole = true});

        CHECK(sample::cells_of(*log.source) == wanted(what_holds(6, 7)));
        CHECK(says(log.notes, "the rows of steps 6 to 9 that came first were left out"));
    }
}

TEST_CASE("a restart may repeat the last step alone, and come more than once", "[logs]") {
    auto twice = course(9, 9, 11);
    twice.emplace_back(10, 0);
    twice.emplace_back(11, 0);
    auto held = course(8, 9, 9);
    held.emplace_back(10, 0);
    held.emplace_back(11, 0);
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        const auto log = sample::open({text(twice)}, {.whole = true});

        CHECK(sample::cells_of(*log.source) == wanted(held));
        CHECK(says(log.notes, "the rows of steps 9, 10 to 11 that came first"));
    }
}

TEST_CASE("a step that comes again by itself may be that of an evaluation, which is told",
          "[logs]") {
    rows once = course(9, 9, 9), late = course(9, 7, 7);
    for (int s = 10; s < 12; ++s)
        for (auto* of : {&once, &late}) of->emplace_back(s, 0);
    const std::string words = " came again by itself, as that of an evaluation does";
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        const auto notes = [&text = text](const rows& of) {
            return sample::open({text(of)}, {.whole = true}).notes;
        };
        CHECK(says(notes(once), "but step 9" + words));
        CHECK(says(notes(late), "rows of step 7 (8 loads) came again with other numbers"));
        CHECK(says(notes(course()), "restarted from a checkpoint"));
        CHECK_FALSE(says(notes(course()), "evaluation"));
    }
}

TEST_CASE("rows that come again with the numbers that they had count once", "[logs]") {
    const auto once = course(29, 30, 31);
    auto middle = course(19, 3, 3);
    for (int s = 20; s < 32; ++s) middle.emplace_back(s, 0);
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        for (auto of : {course(31, 5, 5), course(31, 0, 2), course(31, 31, 31), middle}) {
            for (auto& [s, life] : of) life = 0;
            const auto log = sample::open({text(of)}, {.whole = true});

            auto held = once;
            for (auto& [s, life] : held) life = 0;
            CHECK(sample::cells_of(*log.source) == wanted(held));
            CHECK(says(log.notes, "came again with the same numbers, and count once"));
            CHECK_FALSE(says(log.notes, "restarted"));
        }
    }
}

TEST_CASE("a log whose every row came twice counts once", "[logs]") {
    const auto twice = [](const std::string& text) {
        std::string out, line;
        for (const char c : text) {
            line += c;
            if (c != '\n') continue;
            out += line + line;
            line.clear();
        }
        return out;
    };
    for (const auto& text : {long_table(what_holds()), records(what_holds()),
                             wide_table(what_holds(), true), chosen_records(what_holds())}) {
        const auto log = sample::open({twice(text)}, {.whole = true});

        CHECK(sample::cells_of(*log.source) == wanted(what_holds()));
        CHECK(says(log.notes, "rows of steps 0 to 11 (96 loads) came again with the same numbers"));
    }
}

TEST_CASE("a log that goes back step by step is refused", "[logs][error]") {
    std::string text = "step,expert,tokens\n";
    constexpr int steps = 100'000;
    for (int s = 0; s < steps; ++s) text += fmt::format("{},0,5\n", s);
    for (int s = steps - 1; s > 0; --s) text += fmt::format("{},0,6\n", s);

    CHECK_THAT(sample::refusal_of(text), ContainsSubstring("comes twice"));
}

TEST_CASE("a step that comes again alone makes no later ones void", "[logs]") {
    const auto all = long_table(course(31, 32, 31));
    const std::string row = "5,0,2,999\n", end = "\n20,0,0,";
    const auto place = all.find(end) + 1;
    auto inside = all;
    inside.insert(place, row);
    for (const auto& text : {all + row, inside, long_table(course(31, 5, 5)),
                             long_table(course(31, 0, 0)), long_table(course(31, 5, 6))}) {
        const auto log = sample::open({text});

        CHECK(sample::cells_of(*log.source) == wanted(course(31, 32, 31)));
        CHECK(says(log.notes, "came again with other numbers, behind step "));
    }
    CHECK(says(sample::open({inside}).notes,
               "rows of step 5 (1 load) came again with other "
               "numbers, behind step 19, and were left out"));
    for (const auto& text : {records(course(31, 5, 5)), archive(course(31, 5, 5))})
        CHECK(sample::read({text}) == wanted(course(31, 32, 31)));
}

TEST_CASE("a run that was killed right after its restart holds from there on", "[logs]") {
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        CHECK(sample::read({text(course(31, 20, 21))}, {.whole = true}) ==
              wanted(what_holds(20, 21)));
        CHECK(sample::read({text(course(31, 3, 15))}, {.whole = true}) ==
              wanted(what_holds(3, 15)));
    }
    const auto text = long_table(course(31, 20, 21));
    const auto cut = text.substr(0, text.rfind("21,1,0,"));
    CHECK(sample::read({cut}) == wanted(what_holds(20, 20)));
}

TEST_CASE("cells that come twice without a restart are refused", "[logs][error]") {
    rows each_twice, both, shuffled = course(), now_and_then, late;
    for (int s = 0; s < 12; ++s) {
        now_and_then.emplace_back(s, 0);
        late.emplace_back(s, 0);
        if (s % 5 == 4) now_and_then.emplace_back(s, 1);
        if (s % 5 == 4) late.emplace_back(s - 1, 1);
    }
    for (int s = 0; s < 6; ++s)
        for (const int life : {0, 1}) each_twice.emplace_back(s, life);
    for (const int life : {0, 1})
        for (int s = 0; s < 6; ++s) both.emplace_back(s, life);
    std::swap(shuffled[1], shuffled[8]);
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        for (const auto& of : {each_twice, both, shuffled, now_and_then, late})
            CHECK_THAT(sample::refusal_of(text(of), {.whole = true}),
                       ContainsSubstring("comes twice, but one row of each is needed: counts of "
                                         "ranks need a column 'rank'") ||
                           ContainsSubstring("numpy.argsort(steps) puts arrays in order"));
    }
}

TEST_CASE("rows that come again in a part of a record are refused", "[logs][error]") {
    CHECK_THAT(sample::refusal_of("step,layer,expert,tokens\n0,0,0,4\n0,0,1,5\n1,0,0,4\n1,0,1,5\n"
                                  "1,0,1,6\n2,0,0,4\n2,0,1,5\n3,0,0,4\n3,0,1,5\n"),
               ContainsSubstring("step 1, layer 0: expert 1 comes twice"));
}

TEST_CASE("ranks that were restarted are added up without what was replaced", "[logs]") {
    std::string text = "step,rank,expert,tokens\n";
    for (const auto& [s, life] : course())
        for (int rank = 0; rank < 2; ++rank)
            for (int e = 0; e < experts; ++e)
                text += fmt::format("{},{},{},{}\n", s, rank, e, count(s, life, 0, e));

    const auto log = sample::open({text});

    std::size_t records = 0;
    const auto held = what_holds();
    for (load_record one; log.source->next(one); ++records)
        for (int e = 0; e < experts; ++e)
            CHECK(one.loads[static_cast<std::size_t>(e)] ==
                  2 * count(held.at(records).first, held.at(records).second, 0, e));
    CHECK(records == held.size());
    CHECK(says(log.notes, "the rows of steps 6 to 9 that came first were left out"));
}

TEST_CASE("steps in any order are the same log in each format that is a table",
          "[logs][property]") {
    rows back = what_holds();
    std::reverse(back.begin(), back.end());
    for (const auto& [name, text] : formats) {
        if (name == "NPZ") continue;
        CAPTURE(name);
        CHECK(sample::read({text(back)}, {.whole = true}) == wanted(what_holds()));
    }
    CHECK_THAT(sample::refusal_of(archive(back)), ContainsSubstring("numpy.argsort(steps)"));
}

TEST_CASE("a table that is read line by line says where its order ends", "[logs][error]") {
    CHECK_THROWS_AS(sample::read({wide_table(course(), false)}), out_of_order);
    CHECK_THAT(sample::refusal_of(wide_table(course(), false)),
               ContainsSubstring("FILE, line 12: step 6 came after 9"));
}

TEST_CASE("parts of a log that overlap are one run that was restarted", "[logs]") {
    const auto whole = course();
    const rows first(whole.begin(), whole.begin() + 10), rest(whole.begin() + 10, whole.end());
    for (const auto& [name, text] : formats) {
        CAPTURE(name);
        auto log = sample::open({text(first), text(rest)});

        CHECK(sample::cells_of(*log.source) == wanted(what_holds()));
        auto notes = log.notes;
        for (auto& one : log.source->notes_at_end()) notes.push_back(one);
        CHECK((says(notes, "the rows of steps 6 to 9") || says(notes, "from 6 on were left out")));
    }
}

TEST_CASE("what was left out of any part or rank of a log is told, once", "[logs]") {
    const auto notes_of = [](const std::vector<std::string>& paths) {
        auto log = std::move(open_logs(paths).at(0));
        (void)sample::cells_of(*log.source);
        auto out = log.notes;
        for (auto& one : log.source->notes_at_end()) out.push_back(one);
        return out;
    };
    const auto times = [](const std::vector<std::string>& notes, const std::string& part) {
        return std::count_if(notes.begin(), notes.end(),
                             [&](const auto& one) { return one.find(part) != one.npos; });
    };
    const auto whole = course(), held = what_holds();
    const rows before{{0, 0}, {1, 0}, {2, 0}}, after(whole.begin() + 3, whole.end()),
        died(whole.begin(), whole.begin() + 10), rest(whole.begin() + 10, whole.end());
    const scratch_file first(archive(before)), second(archive(after)),
        steady(archive(held), "_rank0.npz"), restarted(archive(whole), "_rank1.npz"),
        begins(archive(died), "_rank1.npz"), ends(archive(rest), "_rank1.npz");

    for (const auto& paths :
         {std::vector{first.path, second.path}, {steady.path, restarted.path}}) {
        const auto notes = notes_of(paths);
        CHECK(times(notes, "the rows of steps 6 to 9 that came first were left out") == 1);
        CHECK(notes.size() == std::set(notes.begin(), notes.end()).size());
    }
    CHECK(times(notes_of({steady.path, begins.path, ends.path}), "from 6 on were left out") == 1);
}

TEST_CASE("a log that is followed over a restart goes on from there", "[logs]") {
    for (const auto& text :
         {long_table(course()), records(course()), wide_table(course(), false)}) {
        const scratch_file file(text);
        const auto log = follow_log(file.path);
        std::vector<std::int64_t> steps, restarts;
        for (auto records = log->next_step(); !records.empty(); records = log->next_step()) {
            steps.push_back(records.front().step);
            if (log->restarted()) restarts.push_back(steps.back());
        }

        CHECK(steps == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 6, 7, 8, 9, 10, 11});
        CHECK(restarts == std::vector<std::int64_t>{6});
    }
}

TEST_CASE("an event file says itself where its run went on", "[logs]") {
    const auto tag = [](int l, int e) { return fmt::format("layer{}/expert{}", l, e); };
    const auto start_at = [](int step) {  // PyTorch's SummaryWriter(purge_step=step)
        return sample::event_record(sample::field(2, step) + sample::field(7, sample::field(1, 1)));
    };
    const auto steps_of = [](const cells& of) {
        std::vector<std::int64_t> out;
        for (const auto& one : of)
            if (out.empty() || out.back() != one.step) out.push_back(one.step);
        return out;
    };
    const auto before = sample::events({{tag, 1}}), after = sample::events({{tag, 3}}, 3, 5);

    for (const int from : {2, 3}) {
        const auto log = sample::open({before + start_at(from), after});
        const auto read = sample::cells_of(*log.source);

        CHECK(steps_of(read) == (from == 3 ? std::vector<std::int64_t>{0, 1, 2, 3, 4}
                                           : std::vector<std::int64_t>{0, 1, 3, 4}));
        CHECK(read.back().load == 3 * sample::count(4, 1, 3));
        CHECK(says(log.notes, fmt::format("the rows of steps {} to 5 that came first", from)));
    }
    CHECK(sample::cells_of(*sample::open({start_at(0) + before}).source) == sample::cells(false));
    CHECK(steps_of(sample::read({before + after})) == std::vector<std::int64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("a table whose names come again, as of a run that appends, is read on", "[logs]") {
    const auto all = course();
    const rows first(all.begin(), all.begin() + 10), rest(all.begin() + 10, all.end());

    CHECK(sample::read({long_table(first) + long_table(rest)}) == wanted(what_holds()));
    CHECK(sample::read({wide_table(first, false) + wide_table(rest, false)}, {.whole = true}) ==
          wanted(what_holds()));
    CHECK(sample::read({wide_table(what_holds(), false) + wide_table({{12, 0}}, false)}).size() ==
          13 * layers * experts);
}

TEST_CASE("rows that go back between steps that came, and repeat none, are told", "[logs]") {
    rows apart, shuffled;
    for (int s = 0; s <= 90; s += 10) apart.emplace_back(s, 0);
    for (int s = 75; s <= 150; s += 10) apart.emplace_back(s, 1);
    for (int s = 0; s < 16; ++s) shuffled.emplace_back((5 * s) % 16, 0);
    for (const auto& [name, text] : formats) {
        if (name == "CSV by experts" || name == "NPZ") continue;  // by steps there is no order
        CAPTURE(name);
        CHECK(says(sample::open({text(apart)}, {.whole = true}).notes,
                   "the log goes back from step 90 to step 75, and its rows were put in order"));
        CHECK_FALSE(says(sample::open({text(shuffled)}, {.whole = true}).notes, "goes back"));
    }
}
