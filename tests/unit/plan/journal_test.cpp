// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/plan/journal.hpp>
#include <moebius/plan/rows.hpp>
#include <moebius/plan/run.hpp>

#include "journal_folder.hpp"

using namespace moebius;
namespace fs = std::filesystem;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

sweep_plan line_of(int points) {
    return parse_plan(
        R"({"schema":"moebius.plan/1","command":"spin","keep":{"v":"/value","w":"/value"},
            "axes":[{"parameter":"a","from":0,"to":1,"points":)" +
            std::to_string(points) + "}]}",
        "plan");
}

/// Points 0, ..., 4: 3 fails, the others have (index, NaN).
void fill(const fs::path& path, const sweep_plan& plan) {
    journal to(path, plan, our_heading());
    for (std::uint64_t i = 0; i < 5; ++i) {
        const double values[] = {static_cast<double>(i), nan_value};
        if (i == 3)
            to.add_failure(i, "it broke");
        else
            to.add(i, values);
    }
}

void write_bytes(const fs::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("a journal that is cut at any byte gives back each whole record", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    fill(folder / "a.journal", plan);
    const auto whole = read_file(folder / "a.journal");
    const std::size_t value_record = 16 + 2 * 8, failure_record = 16 + 8;
    const auto heading = whole.size() - 4 * value_record - failure_record;
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        write_bytes(folder / "a.journal", whole.substr(0, cut));
        std::size_t told = 0;
        {
            journal again(folder / "a.journal", plan, our_heading(),
                          [&](auto, auto, auto) { ++told; });
        }
        // of what is behind the heading: three records of values, a failure, one more
        const auto left = cut < heading ? 0 : cut - heading;
        const std::size_t want = left < 3 * value_record                    ? left / value_record
                                 : left < 3 * value_record + failure_record ? 3
                                                                            : 4;
        REQUIRE(told == want);
        // the torn end is gone, and what is added follows the last whole record
        {
            journal again(folder / "a.journal", plan, our_heading());
            again.add(8, std::vector<double>{8, 8});
        }
        const auto rows = read_rows(folder.path(), plan);
        REQUIRE(rows.index.size() + rows.failed.size() == want + 1);
        REQUIRE(rows.at(8)[0] == 8);
    }
}

TEST_CASE("a damaged record with sound ones behind it stops a run and changes nothing",
          "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    fill(folder / "a.journal", plan);
    const auto whole = read_file(folder / "a.journal");
    const std::size_t behind_last = 16 + 2 * 8;  // a change of the last record alone is a torn end
    for (std::size_t at = 0; at < whole.size() - behind_last; ++at) {
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        write_bytes(folder / "a.journal", changed);
        CHECK_THROWS_AS(journal(folder / "a.journal", plan, our_heading()), io_error);
        CHECK(read_file(folder / "a.journal") == changed);
    }
}

TEST_CASE("a journal of another plan, version, build or writer is refused", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    fill(folder / "a.journal", plan);
    const auto whole = read_file(folder / "a.journal");
    const auto refused = [&](const sweep_plan& of, const journal_heading& heading) {
        CHECK_THROWS_AS(journal(folder / "a.journal", of, heading), io_error);
        CHECK(read_file(folder / "a.journal") == whole);
    };
    refused(line_of(10), our_heading());
    refused(plan, {"2", "b", "here"});
    refused(plan, {"1", "c", "here"});
    const journal held(folder / "a.journal", plan, our_heading());
    CHECK_THROWS_WITH(
        journal(folder / "a.journal", plan, our_heading()),
        (folder / "a.journal").string() + ": another run is writing it, and two would mix");
    refused(plan, our_heading());
}

TEST_CASE("journals that have just been begun are passed over", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    write_bytes(folder / "a.journal", "");
    CHECK_THROWS_WITH(
        plan_of_journals(folder.path()),
        folder.path().string() + ": its journals have just been begun, and have nothing yet");
    fill(folder / "c.journal", plan);
    write_bytes(folder / "b.journal", read_file(folder / "c.journal").substr(0, 30));
    CHECK(plan_of_journals(folder.path()).text == plan.text);
    CHECK(read_rows(folder.path(), plan).index.size() == 4);
}

TEST_CASE("a journal of zeros says the way out, and is left as it is", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    fill(folder / "a.journal", plan);
    auto bytes = read_file(folder / "a.journal");
    const auto zeroed = GENERATE(as<std::size_t>{}, 3, 8, 64, 0);  // from the front; 0: all
    std::fill_n(bytes.begin(), zeroed == 0 ? bytes.size() : zeroed, '\0');
    if (zeroed == 3) bytes.resize(3);
    write_bytes(folder / "a.journal", bytes);
    CHECK_THROWS_WITH(journal(folder / "a.journal", plan, our_heading()),
                      (folder / "a.journal").string() +
                          ": it begins with zeros, as a power cut may leave a file: nothing was "
                          "changed; move the file away to do its points again");
    CHECK(read_file(folder / "a.journal") == bytes);
}

TEST_CASE("a journal whose plan is written in another way belongs to it", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(5);
    fill(folder / "a.journal", plan);
    // as a program that kept the file's own words would have it: one byte less, and other sums
    auto same = plan;
    same.text = plan.text;
    same.text.replace(same.text.find("1.0"), 3, "1");
    { const journal other(folder / "b.journal", same, our_heading()); }
    CHECK(same.text != plan.text);
    CHECK(read_rows(folder.path(), plan).index.size() == 4);
}

TEST_CASE("a discarded journal is gone if it was begun then", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    journal(folder / "a.journal", plan, our_heading()).discard();
    CHECK(journals_in(folder.path()).empty());
    fill(folder / "a.journal", plan);
    journal(folder / "a.journal", plan, our_heading()).discard();
    CHECK(read_rows(folder.path(), plan).index.size() == 4);
}

TEST_CASE("what is no journal or no folder is told, and nothing waits for it", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    fill(folder / "b.journal", plan);
    REQUIRE(::mkfifo((folder / "a.journal").c_str(), 0600) == 0);
    const auto sentence = (folder / "a.journal").string() + ": it is no regular file";
    CHECK_THROWS_WITH(plan_of_journals(folder.path()), sentence);
    CHECK_THROWS_WITH(read_rows(folder.path(), plan), sentence);
    CHECK_THROWS_AS(journals_in(folder / "b.journal"), io_error);
    CHECK(journals_in(folder / "none").empty());
}

TEST_CASE("journals of other input files are refused", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    auto heading = our_heading();
    fill(folder / "a.journal", plan);  // of a program that did not look at them
    heading.inputs = "1";
    { const journal first(folder / "b.journal", plan, heading); }
    CHECK_NOTHROW(read_rows(folder.path(), plan, heading));
    heading.inputs = "2";
    const auto sentence =
        (folder / "b.journal").string() +
        ": the files that the command reads have changed since: results would mix";
    CHECK_THROWS_WITH(journal(folder / "b.journal", plan, heading), sentence);
    CHECK_THROWS_WITH(read_rows(folder.path(), plan, heading), sentence);
    { const journal third(folder / "c.journal", plan, heading); }
    CHECK_THROWS_AS(read_rows(folder.path(), plan), io_error);
}

TEST_CASE("processes that share points in different ways do not write at a time",
          "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    const auto part = journal_name(shard{1, 3});
    {
        const journal held(folder / part.c_str(), plan, our_heading());
        CHECK(is_written(held.path()));
        for (const auto& own : {journal_name(shard{}), journal_name(shard{1, 2}),
                                journal_name(shard{1, 31}), journal_name(shard{}, 7)})
            CHECK_THROWS_AS(require_shared_alike(folder.path(), own), io_error);
        CHECK_NOTHROW(require_shared_alike(folder.path(), journal_name(shard{2, 3})));
        CHECK_NOTHROW(require_shared_alike(folder.path(), part));  // its lock refuses that
    }
    CHECK_FALSE(is_written(folder / part.c_str()));
    CHECK_NOTHROW(require_shared_alike(folder.path(), journal_name(shard{})));
    const journal rank(folder / journal_name(shard{}, 3).c_str(), plan, our_heading());
    CHECK_NOTHROW(require_shared_alike(folder.path(), journal_name(shard{}, 40)));
}

TEST_CASE("ranks share a shard, and nobody else has it", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    const journal held(folder / journal_name(shard{1, 3}, 0).c_str(), plan, our_heading());
    for (const auto& beside :
         {journal_name(shard{1, 3}, 1), journal_name(shard{2, 3}), journal_name(shard{0, 3}, 5)})
        CHECK_NOTHROW(require_shared_alike(folder.path(), beside));
    for (const auto& twice : {journal_name(shard{1, 3}), journal_name(shard{}, 1),
                              journal_name(shard{}), journal_name(shard{1, 4}, 1)})
        CHECK_THROWS_AS(require_shared_alike(folder.path(), twice), io_error);
}

TEST_CASE("a table has the sentences of points that failed", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(5);
    fill(folder / "a.journal", plan);
    CHECK(to_csv(plan, read_rows(folder.path(), plan)) ==
          "a,v,w,status,failure\n0,0,nan,1,\n0.25,1,nan,1,\n0.5,2,nan,1,\n"
          "0.75,nan,nan,2,\"it broke\"\n1,4,nan,1,\n");
}

TEST_CASE("listed points have their numbers", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = parse_plan(
        R"({"schema":"moebius.plan/1","command":"spin","keep":{"v":"/value","w":"/value"},
            "layout":"list","axes":[{"parameter":"a","values":[3,1,2,7,5]}]})",
        "plan");
    fill(folder / "a.journal", plan);
    CHECK(to_csv(plan, read_rows(folder.path(), plan)) ==
          "point,a,v,w,status,failure\n0,3,0,nan,1,\n1,1,1,nan,1,\n2,2,2,nan,1,\n"
          "3,7,nan,nan,2,\"it broke\"\n4,5,4,nan,1,\n");
    CHECK(is_listed(plan));
    CHECK(grid_bytes(plan) == 0);
    CHECK(grid_bytes(line_of(1000)) == 17'000);  // two quantities and a status
}

TEST_CASE("rows are in the order of points, and a value beats a failure", "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(9);
    fill(folder / "b.journal", plan);
    {
        journal other(folder / "a.journal", plan, our_heading());
        other.add(7, std::vector<double>{7, 7});
        other.add(3, std::vector<double>{3, 3});
        other.add(0, std::vector<double>{0, nan_value});  // as the other has it
    }
    const auto rows = read_rows(folder.path(), plan);
    CHECK(rows.index == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 7});
    CHECK(rows.failed.empty());
    CHECK(table_of(plan, rows).at("status") == std::vector<double>(6, 1));

    journal other(folder / "a.journal", plan, our_heading());
    other.add(1, std::vector<double>{-1, nan_value});
    CHECK_THROWS_AS(read_rows(folder.path(), plan), io_error);
}

TEST_CASE("points that throw are recorded with their sentence, and the rest goes on",
          "[plan][journal]") {
    const journal_folder folder;
    const auto plan = line_of(50);
    const auto threads = GENERATE(as<unsigned>{}, 1, 3);
    journal to(folder / "a.journal", plan, our_heading());
    const auto tally =
        run_points(plan, places_below(plan.points()), to,
                   [&](std::uint64_t index, std::span<double> kept) {
                       const double at = plan.point(index).at[0];
                       if (at > 0.5) throw invalid_argument("a", "more came", "half is the most");
                       kept[0] = kept[1] = at;
                   },
                   threads, plan.points(), {});
    const auto rows = read_rows(folder.path(), plan);
    CHECK(tally.done == 25);
    CHECK(tally.failed == 25);
    CHECK(rows.index.size() == 25);
    CHECK(rows.failed.at(49) == "a: more came, but half is the most");
}
