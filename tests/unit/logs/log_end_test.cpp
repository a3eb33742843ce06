// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch.hpp>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

/// All that a log tells, read to its end.
std::vector<std::string> notes_to_the_end(opened_log log) {
    auto out = log.notes;
    for (load_record record; log.source->next(record);) {
    }
    for (auto& one : log.source->notes_at_end()) out.push_back(std::move(one));
    return out;
}
std::vector<std::string> notes_of(const std::string& bytes) {
    return notes_to_the_end(sample::open({bytes}));
}

std::string wide() {
    return sample::wide_csv([](int l, int e) { return fmt::format("layer{}/expert{}", l, e); });
}

constexpr auto early = "has no end: where the file was cut off, its last number may be a part";

}  // namespace

TEST_CASE("a log whose end may be cut off says so", "[logs]") {
    const auto table = sample::long_csv();
    for (const auto& whole : {table, wide(), sample::long_csv('\t')}) {
        CHECK_FALSE(sample::says(notes_of(whole), "cut off"));
        for (const std::size_t less : {1U, 2U})  // the end; and a digit, of what is a number still
            CHECK(sample::says(notes_of(whole.substr(0, whole.size() - less)), early));
        for (const auto* blank : {" ", "\t \r"})  // where there is nothing to cut
            CHECK_FALSE(sample::says(notes_of(whole + blank), "cut off"));
    }
    const std::string rows = "step,layer,expert,tokens\n0,0,0,5\n0,0,1,7\n0,1,0,6\n0,1,1,6\n";
    CHECK_FALSE(sample::says(notes_of(rows), "cut off"));
    CHECK(sample::says(
        notes_of(rows + "1,0,0,5\n1,0,1,7\n"),
        "the last step, 1, has 1 of 2 layers, and all before it have each: the file was cut off "));
    CHECK(sample::says(
        notes_of(rows + "1,0,0,5\n1,0,1,7\n1,1,0,6\n"),
        "of step 1 and layer 1, has a row of 1 of 2 experts, and all before it of each"));
    CHECK_FALSE(
        sample::says(notes_of(rows + "1,0,0,5\n1,1,0,6\n1,1,1,6\n2,0,0,5\n2,0,1,7\n2,1,0,6\n"),
                     "the last record"));  // as of a log of chosen experts alone
    std::string records;
    for (int step = 0; step < 3; ++step)
        for (int layer = 0; layer < (step < 2 ? 2 : 1); ++layer)
            records += fmt::format("{{\"step\":{},\"layer\":{},\"tokens_per_expert\":[5,{}]}}\n",
                                   step, layer, step);
    CHECK(sample::says(notes_of(records), "the last step, 2, has 1 of 2 layers"));
    CHECK_FALSE(sample::says(notes_of(records.substr(0, records.size() - 1)), "has no end"));
}

TEST_CASE("the end of a log is that which is met, whatever it was when it was opened", "[logs]") {
    std::string rows = "step,layer0/expert0,layer0/expert1\n";
    for (int step = 0; step < 100000; ++step)  // more than one block of the file
        rows += fmt::format("{},{},7\n", step, step % 9);
    const auto grown = [](const std::string& at_first, const std::string& later) {
        const scratch_file file(at_first);
        auto log = std::move(open_logs(std::vector{file.path}).at(0));
        std::ofstream(file.path, std::ios::app | std::ios::binary) << later;
        return notes_to_the_end(std::move(log));
    };
    CHECK(sample::says(grown(rows, "100000,1,12"), early));
    CHECK_FALSE(sample::says(grown(rows + "100000,1,12", "3\n"), early));
    CHECK(sample::says(grown(rows + "100000,1,12", ""), early));
}

TEST_CASE("a pipe is read as a file is, and its end told", "[logs]") {
    const bool is_cut = GENERATE(true, false);
    const auto table = wide();
    const auto bytes = table.substr(0, table.size() - (is_cut ? 1 : 0));
    const scratch_file place("");
    const std::string path = place.path + ".pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::thread writer([&] { std::ofstream(path, std::ios::binary) << bytes; });
    auto logs = open_logs(std::vector{path});
    CHECK(sample::cells_of(*logs.at(0).source) == sample::cells(false));
    CHECK(sample::says(logs.at(0).source->notes_at_end(), early) == is_cut);
    writer.join();
    std::remove(path.c_str());
}

TEST_CASE("experts that a file does not have are refused", "[logs]") {
    const auto said = [](const std::string& bytes, double experts) {
        try {
            return notes_of(bytes), sample::open({bytes}, {.experts = experts}).name + "(nothing)";
        } catch (const std::exception& e) {
            const std::string sentence = e.what();
            return sentence.substr(sentence.find(": ") + 2);
        }
    };
    const auto array = sample::npy("<i4", "(6, 2, 4)", sample::counts_as<std::int32_t>());
    std::string records;
    for (int step = 0; step < 3; ++step)
        records += fmt::format("{{\"step\":{},\"layer\":0,\"counts\":[5,6,7,8]}}\n", step);
    for (const auto& bytes : {sample::long_csv(), wide(), array, records}) {
        CHECK(said(bytes, 4) == "(nothing)");
        CHECK(said(bytes, 3).starts_with("experts is 3, and it has loads of 4, but it must be 4"));
        CHECK(said(bytes, 0) == "experts is 0, but it must be a whole number from 1 to 65536");
    }
    for (const auto& bytes : {wide(), array, records})
        CHECK(said(bytes, 5) ==
              "experts is 5, and it has loads of 4, but it must be 4: an array has all experts");
    CHECK(said("step,layer,expert,tokens\n0,0,0,5\n0,0,1,0\n", 5) ==
          "step 0, layer 0: 2 of 5 experts have a row, but all must where zeros are written: rows "
          "are missing, or experts is too many");

    const scratch_file growing(sample::long_csv());
    CHECK_THROWS_WITH(
        follow_log(growing.path, {.experts = 3})->next_step(),
        Catch::Matchers::ContainsSubstring("experts is 3, and it has loads of 4, but it must"));
    CHECK(follow_log(growing.path, {.experts = 6})->next_step().front().loads.size() == 6);
    CHECK_THROWS_WITH(sample::open({array}, {.top_k = 5}),
                      Catch::Matchers::ContainsSubstring("top_k is 5, but a token chooses 4"));
}
