// SPDX-License-Identifier: MIT
// What read_result refuses beyond the shape of JSON; json_file_test.cpp has the round trips.
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/json_file.hpp>
#include <string>

#include "catch.hpp"
#include "sample_results.hpp"
#include "scratch_folder.hpp"

using namespace moebius;

namespace {

/// The sentence for a text, behind the name of the file; "read" if there is none.
std::string outcome(const std::string& text) {
    const scratch_folder folder;
    const auto path = folder / "r.json";
    write_file(path, text);
    try {
        (void)read_result(path);
    } catch (const io_error& refused) {
        return std::string(refused.what()).substr(path.string().size() + 2);
    }
    return "read";
}

/// The text with the first `what` replaced.
std::string with(std::string text, std::string_view what, std::string_view instead) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), instead);
}

}  // namespace

TEST_CASE("every branch and row that a point names is in the file", "[io][error]") {
    const auto good = to_json(sample::pitchfork(3));
    REQUIRE(outcome(good) == "read");
    CHECK(outcome(with(good, "\"row\": 0", "\"row\": 3")) ==
          "/special_points/0/row is 3, but it must be below the 3 rows of branch 2");
    CHECK(outcome(with(good, "\"branch\": 2", "\"branch\": 7")) ==
          "/special_points/0/branch is 7, but it must be the id of a branch of this file");
    CHECK(outcome(with(good, "\"id\": 2", "\"id\": 1")) ==
          "/branches/1/id is 1, but it must be another one than those before");
    CHECK(
        outcome(with(good, "\"branch\": 2", "\"branch\": 4294967298")).find("whole number from") !=
        std::string::npos);
    CHECK(outcome(with(good, "\"kind\": \"equilibrium\"", "\"kind\": \"fold\"")) ==
          "/branches/0/kind is \"fold\", but it must be one of 'equilibrium', 'cycle'");
    CHECK(outcome(with(good, "\"stable\": [1,0,0]", "\"stable\": [1,0,2]")) ==
          "/branches/0/columns/stable/2 is 2, but it must be 0 or 1");
    CHECK(outcome(with(good, "\"load_1\"", "\"load_3\"")) ==
          "/branches/0/columns/load_1 is missing");
    CHECK(outcome(with(good, "[0.5,10.25,20.0]", "[0.5,null,20.0]")) ==
          "/branches/0/columns/feedback/1 is null, but it must be a finite number");
    CHECK(outcome(with(good, "\"supercritical\"", "\"super\"")).find("/criticality is") !=
          std::string::npos);
}

TEST_CASE("what an index counts on is there", "[io][error]") {
    result_document made{sample::heading(compare_schema), {}};
    table rows{{"router", "threshold_measured", "threshold_measured_error", "judged", "offset",
                "sweep_feedback", "jump_down_measured", "jump_down_measured_error",
                "jump_up_measured", "jump_up_measured_error"},
               std::vector<std::vector<double>>(10, {1.0})};
    made.sections = {{"comparison", rows},
                     {"routers", std::vector<std::string>{"top-1"}},
                     {"folds", table{{"router", "feedback", "bias"}, {{1}, {2}, {0.5}}}}};
    REQUIRE(outcome(to_json(made)) == "read");
    std::get<table>(made.sections[0].data).columns[0][0] = 2;
    CHECK(outcome(to_json(made)) ==
          "/comparison/router/0 is 2, but it must be a whole number from 1 that counts on one of "
          "the 1 of /routers");
    std::get<table>(made.sections[0].data).columns[0][0] = 1;
    std::get<table>(made.sections[2].data).columns[0][0] = 0.5;
    CHECK(outcome(to_json(made)).find("/folds/router/0 is 0.5") == 0);
    made.sections.pop_back();
    CHECK(outcome(to_json(made)) == "/folds is missing");
}

TEST_CASE("an orbit has its mesh", "[io][error]") {
    auto made = sample::pitchfork(3);
    made.data.special_points[0].cycle = orbit{1, 2, {0, 0.25, 1}, {1, 2, 3}};
    REQUIRE(outcome(to_json(made)) == "read");
    const auto fails = [&](const orbit& cycle, const std::string& place) {
        made.data.special_points[0].cycle = cycle;
        CHECK(outcome(to_json(made)).find("/special_points/0/cycle/" + place + " is ") == 0);
    };
    fails({0, 2, {0, 0.25, 1}, {1, 2, 3}}, "period");
    fails({1, 0, {0, 0.25, 1}, {1, 2, 3}}, "times");
    fails({1, 3, {0, 0.25, 1}, {1, 2, 3}}, "times");
    fails({1, 2, {0, 0.25, 1}, {1, 2, 3, 4}}, "states");
    fails({1, 2, {0, 0, 1}, {1, 2, 3}}, "times/1");
}

TEST_CASE("a radius is a length, and what has none says why", "[io][error]") {
    auto made = sample::pitchfork(3);
    made.data.special_points[0].proof = certificate{1e-15, ""};
    made.data.special_points.push_back(sample::at_pitchfork("BP2", point_type::BP, 1, 0));
    made.data.special_points[1].proof = certificate{0, "why"};
    const auto good = to_json(made);
    REQUIRE(outcome(good) == "read");
    CHECK(outcome(with(good, "1e-15", "-1e-15")).find("/special_points/0/radius is ") == 0);
    CHECK(outcome(with(good, "1e-15", "null")).find("/special_points/0/radius is ") == 0);
    CHECK(outcome(with(good, "\"why\"", "\"\"")).find("/special_points/1/not_certified is ") == 0);
}

TEST_CASE("values that take far more memory than the file has bytes are refused", "[io][error]") {
    const std::string head =
        R"({"schema":"moebius.grid/1","version":"0","command":"c","parameters":{},"options":{},"x":[)";
    for (const std::string value : {"[]", "{}", "\"\"", "[[]]", "[{}]"}) {
        CAPTURE(value);
        std::string text = head + value;
        for (int i = 0; i < 4'000'000; ++i) text += "," + value;
        CHECK(
            outcome(text + "]}")
                .find(": its values take more than 16 times the bytes of the file, as those of no "
                      "result do") != std::string::npos);
    }
    // what a result has most of is read: whole numbers of one digit
    std::string text = head + "1";
    for (int i = 0; i < 4'000'000; ++i) text += ",1";
    CHECK(outcome(text + "]}").find("/x/0 is 1, but it must be") == 0);
}

TEST_CASE("names come once, levels are counted, groups are bounded by the file", "[io][error]") {
    const std::string head =
        R"({"schema":"moebius.grid/1","version":"0","command":"c","parameters":{},"options":{},)";
    CHECK(outcome(head + R"("grid":{"a":[1],"b":[1],"a":[1]}})") == "/grid/a comes twice");
    CHECK(outcome(head + R"("x":)" + std::string(5000, '[')).find("is nested too deeply") !=
          std::string::npos);
    CHECK(outcome(head + R"("grid":{"a":[1],"b":[1],"stable_states":[1]}})") == "read");
    CHECK(outcome(head + R"("grid":{"a":[1],"b":["inf"],"stable_states":[1]}})") ==
          "/grid/b/0 is \"inf\", but it must be a finite number");
    CHECK(outcome(std::string(head).replace(2, 6, "scheme") + "\"a\":1}") == "/schema is missing");
    CHECK(outcome("[1e999]").find("/0 is a number beyond those of double precision") == 0);
    CHECK(outcome("[]") == "the document is [], but it must be an object");
    CHECK(outcome("").find("it is no JSON") == 0);

    auto made = sample::pitchfork(3);
    made.data.branches[0].groups = one_group(100000);  // more members than the file has bytes
    CHECK(outcome(to_json(made)).find("/branches/0/groups: groups: '1-100000' came") == 0);
}

TEST_CASE("counts of stable states have a window and three numbers a place", "[io][error]") {
    auto result = sample::cusp(3);
    const auto good = to_json(result);
    REQUIRE(outcome(good) == "read");
    CHECK(outcome(with(good, "[1.5,0.0,1.0]", "[1.5,0.0]")) ==
          "/stable_states/places/0 is [1.5,0.0], but it must be 3 numbers");
    result.data.stable.window = {1, 1, 0, 1};
    CHECK(outcome(to_json(result)) ==
          "/stable_states/window is [1.0,1.0,0.0,1.0], but it must be a window with an area");
    result.data.stable.window = {-1e308, 1e308, 0, 1};
    CHECK(
        outcome(to_json(result)) ==
        "/stable_states/window is [-1e+308,1e+308,0.0,1.0], but it must be a window with an area");
}
