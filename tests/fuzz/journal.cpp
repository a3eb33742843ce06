// SPDX-License-Identifier: MIT
// Journals of the plan of corpus/plan/one.json.
#include <moebius/plan/journal.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    const auto plan = parse_plan(
        R"({"schema":"moebius.plan/1","command":"spin","keep":{"v":"/value"},
            "axes":[{"parameter":"a","from":0,"to":1,"points":9}]})",
        "one.json");
    const memory_file file(input);
    std::size_t told = 0;
    read_journal(file.path(), plan, {}, [&](auto index, auto values, auto failure) {
        require(index < plan.points(), "a point that is not in the plan");
        require(values.size() == (failure.empty() ? 1 : 0), "values beside a sentence");
        ++told;
    });
    require(told * 16 <= input.size(), "more records than the file holds");
}

}  // namespace moebius::fuzz
