// SPDX-License-Identifier: MIT
// Folders that TensorBoard shows.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"
#include "scratch_folder.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<opened_log> open(const scratch_folder& run) { return open_logs(std::vector{run.path}); }
std::string tag(int layer, int expert) { return fmt::format("layer_{}/expert_{}", layer, expert); }
std::string events(int from, int to) { return sample::events({{tag, 1}}, from, to); }

}  // namespace

TEST_CASE("a folder of a run is its event files in order", "[logs]") {
    const scratch_folder run;
    run.add("events.out.tfevents.9.host", events(0, 4));
    run.add("events.out.tfevents.10.host", events(4, sample::steps));
    run.add("notes.txt", "no events");
    run.add("eval/events.out.tfevents.9.host", events(0, 1));

    const auto logs = open(run);
    REQUIRE(logs.size() == 1);
    CHECK(sample::cells_of(*logs[0].source) == sample::cells(false));
    CHECK(sample::says(logs[0].notes, "were not read: eval"));
}

TEST_CASE("a folder that is not one run's is refused", "[logs][error]") {
    const scratch_folder none;
    CHECK_THROWS_WITH(open(none), ContainsSubstring("it is a folder without TensorBoard's event"));

    none.add("first/events.out.tfevents.9.host", events(0, 4));
    none.add("second/events.out.tfevents.9.host", events(0, 4));
    CHECK_THROWS_WITH(open(none), ContainsSubstring("it is a folder of several runs, but a log is "
                                                    "of one: one of first, second is needed"));

    none.add("events.out.tfevents.9.host", events(0, 4));
    none.add("layer_0/tokens/expert_1/events.out.tfevents.9.host", events(0, 4));
    CHECK_THROWS_WITH(open(none),
                      ContainsSubstring("its folder 'layer_0/tokens/expert_1' is by its name of "
                                        "one expert, as add_scalars writes a run each, but"));
}
