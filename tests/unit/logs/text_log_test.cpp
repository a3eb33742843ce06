// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

struct seen_record {
    std::int64_t step;
    std::size_t layer;
    std::vector<double> loads, scores;
    bool operator==(const seen_record&) const = default;
};

std::vector<seen_record> records_of(log_source& from) {
    std::vector<seen_record> out;
    for (load_record one; from.next(one);) {
        for (const double load : one.loads) CHECK_FALSE(std::signbit(load));
        out.push_back({one.step,
                       one.layer,
                       {one.loads.begin(), one.loads.end()},
                       {one.scores.begin(), one.scores.end()}});
    }
    return out;
}

}  // namespace

TEST_CASE("a table with a step a line is read as it is asked for", "[logs]") {
    std::string table = "step,layer0/expert0,layer0/expert1\n";
    for (int step = 0; step < 1000; ++step) table += fmt::format("{},{},7\n", step, step % 9);
    auto log =
        sample::open({table + "1000,3,-7\n"});  // the fault is behind what is looked at first
    load_record record;
    for (int step = 0; step < 1000; ++step) {
        REQUIRE(log.source->next(record));
        CHECK(record.step == step);
    }
    CHECK_THROWS_WITH(log.source->next(record),
                      ContainsSubstring("line 1002, column 'layer0/expert1': the load is -7"));
}

TEST_CASE("line by line a table has the records that all of its lines have", "[logs]") {
    const auto [names, rows] =
        GENERATE(Catch::Generators::values<std::pair<std::string, std::string>>({
            {"step,layer0/expert0,layer0/expert1,layer1/expert0,layer1/expert1",
             "3,1,2,3,4\n4,,,,\n5,5,-0,7,8\n6,.5,1,1,1\n"},
            {"layer2/expert1,layer10/expert1,step,layer10/expert0,layer2/expert0",
             "1,2,3,4,5\n6,7,8,9,10\n"},
            {"layer10/expert1,layer2/expert1,step,layer10/expert0,layer2/expert0",
             "1,2,3,4,5\n6,7,8,9,10\n"},  // layers are in the order of their numbers
            {"layer0/expert0,layer0/expert1,layer0/expert0/bias,layer0/expert1/bias",
             "1,2,.25,-.5\n3,4,.5,-0\n"},
            {"step,layer,expert_0,expert_1", "0,0,1,2\n0,1,3,4\n1,0,5,6\n1,1,7,8\n"},
            {"step,loss,layer0/expert0,layer0/expert1", "0,.5,1,2\n1,.4,3,4\n"},
        }));
    const std::string header = names + '\n';
    const auto alone = sample::open({header + rows});
    // parts of a log are read into one table
    const auto beside = sample::open({header + rows, header});
    CAPTURE(names);
    CHECK(records_of(*alone.source) == records_of(*beside.source));
    CHECK(alone.source->head().layers == beside.source->head().layers);
    CHECK(alone.source->head().experts == beside.source->head().experts);
    CHECK(alone.notes == beside.notes);
}
