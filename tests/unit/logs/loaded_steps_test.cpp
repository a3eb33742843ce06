// SPDX-License-Identifier: MIT
// Steps without a load in any layer are no steps: a buffer has them where nothing was written.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

struct reading {
    std::vector<sample::cell> cells;
    std::vector<std::string> at_end;
};

reading read(const std::string& bytes) {
    auto log = sample::open({bytes});
    reading out;
    out.cells = sample::cells_of(*log.source);
    out.at_end = log.source->notes_at_end();
    return out;
}

/// An array of 6 steps of 2 layers of 2 experts.
std::string array_of(const std::vector<int>& loads) {
    std::string data;
    for (const int load : loads) sample::append(data, static_cast<std::int32_t>(load));
    return sample::npy("<i4", "(6, 2, 2)", data);
}

}  // namespace

TEST_CASE("steps without a load are left out, and a layer without one is not", "[logs]") {
    const auto middle = read(array_of({0, 0, 0, 0, 0, 0, 3, 5, 5, 3, 0, 0,  //
                                       0, 0, 0, 0, 4, 4, 3, 5, 0, 0, 0, 0}));

    CHECK(middle.cells == std::vector<sample::cell>{{1, "0", 0, 0, -1},
                                                    {1, "0", 1, 0, -1},
                                                    {1, "1", 0, 3, -1},
                                                    {1, "1", 1, 5, -1},
                                                    {2, "0", 0, 5, -1},
                                                    {2, "0", 1, 3, -1},
                                                    {2, "1", 0, 0, -1},
                                                    {2, "1", 1, 0, -1},
                                                    {4, "0", 0, 4, -1},
                                                    {4, "0", 1, 4, -1},
                                                    {4, "1", 0, 3, -1},
                                                    {4, "1", 1, 5, -1}});
    REQUIRE(middle.at_end.size() == 1);
    CHECK(middle.at_end[0] ==
          "steps without a load in any layer were left out: 3 of 6, from step 0 to step 5");
}

TEST_CASE("a buffer that is not full ends where its loads do", "[logs]") {
    std::string rows = "step,e0,e1\n", cells = "step,layer,expert,tokens\n", lines;
    for (int s = 0; s < 9; ++s) {
        const int load = s < 4 ? 3 + s : 0;
        rows += fmt::format("{},{},{}\n", s, load, 2 * load);
        cells += fmt::format("{0},0,0,{1}\n{0},0,1,{2}\n", s, load, 2 * load);
        lines += fmt::format("{{\"step\": {}, \"loads\": [{}, {}]}}\n", s, load, 2 * load);
    }

    for (const auto& bytes : {rows, cells, lines}) {
        CAPTURE(bytes);
        const auto log = read(bytes);
        REQUIRE(log.cells.size() == 8);
        CHECK(log.cells.back().step == 3);
        REQUIRE(log.at_end.size() == 1);
        CHECK_THAT(log.at_end[0],
                   ContainsSubstring("were left out: 5 of 9, from step 4 to the end"));
    }
    CHECK(read("step,e0,e1\n0,1,2\n1,2,1\n").at_end.empty());
}

TEST_CASE("what stands beside a layer without loads is given with it", "[logs]") {
    const auto log = read(
        "{\"step\": 0, \"layer\": 0, \"loads\": [0, 0], \"scores\": [1, 2]}\n"
        "{\"step\": 0, \"layer\": 1, \"loads\": [4, 5], \"scores\": [3, 4]}\n");

    CHECK(log.cells ==
          std::vector<sample::cell>{
              {0, "0", 0, 0, 1}, {0, "0", 1, 0, 2}, {0, "1", 0, 4, 3}, {0, "1", 1, 5, 4}});
}

TEST_CASE("a log all of whose loads are 0 is refused", "[logs][error]") {
    CHECK_THAT(
        sample::refusal_of(array_of(std::vector<int>(24, 0))),
        ContainsSubstring("all loads of its 6 steps are 0, but a step with loads is needed"));
}
