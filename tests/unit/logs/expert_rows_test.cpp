// SPDX-License-Identifier: MIT
// Rows that are foretold, beside the same rows with one more column, which are not.
#include <fmt/format.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sample_log.hpp"

using namespace moebius;

namespace {

struct layout {
    std::string names, start, line_end;
    int experts = 0;
};

/// Loads are whole numbers of all lengths, fractions, and large.
std::string load_in(std::mt19937& random) {
    const auto digits = std::uniform_int_distribution(0, 9)(random);
    const auto value = std::uniform_int_distribution(0L, 99L)(random);
    if (digits == 0) return fmt::format("{}.5", value);
    return fmt::format("{}", value * static_cast<long>(std::pow(10, digits - 1)) + 1);
}

std::string table_of(const layout& at, std::string_view more_names, std::string_view more) {
    std::mt19937 random(7);
    std::string out = at.names + "expert,tokens" + std::string(more_names) + at.line_end;
    for (int step = 0; step < 3; ++step)
        for (int layer = 0; layer < 2; ++layer)
            for (int expert = 0; expert < at.experts; ++expert)
                out += fmt::format(fmt::runtime(at.start), step, layer) +
                       fmt::format("{},{}", expert, load_in(random)) + std::string(more) +
                       at.line_end;
    return out;
}

}  // namespace

TEST_CASE("rows that are foretold are read as any others are", "[logs]") {
    const auto names = GENERATE(as<layout>{}, layout{"step,layer,", "{},{},", "", 0},
                                layout{"step,layer,note,", "{0},{1},1234567{0},", "", 0},
                                layout{"layer,step,seed,", "{1},{0},12345678901234567,", "", 0},
                                layout{"step,layer,", " {0:>30},{1:>20},", "", 0});
    auto at = names;
    at.experts = GENERATE(1, 2, 9, 10, 11, 101, 1030);
    at.line_end = GENERATE(as<std::string>{}, "\n", "\r\n");

    const auto foretold = sample::read({table_of(at, "", "")});
    const auto others = sample::read({table_of(at, ",loss", ",0.5")});

    REQUIRE(foretold.size() == 6 * static_cast<std::size_t>(at.experts));
    CHECK(foretold == others);
}

TEST_CASE("a row that is not as foretold is read for what it is", "[logs]") {
    const std::string before = "step,layer,expert,tokens\n0,0,0,5\n0,0,1,6\n";
    CHECK_THROWS_WITH(
        sample::read({before + "0,0,2,7,8\n0,0,3,1\n"}),
        Catch::Matchers::ContainsSubstring("line 4 has 5 columns, but the first has 4"));
    CHECK_THROWS_WITH(
        sample::read({before + "0,0,2,-7\n0,0,3,1\n"}),
        Catch::Matchers::ContainsSubstring("line 4, column 'tokens': the load is -7"));
    CHECK_THROWS_WITH(sample::read({before + "0,0,2,\n0,0,3,1\n"}),
                      Catch::Matchers::ContainsSubstring("line 4, column 'tokens'"));
    CHECK_THROWS_WITH(sample::read({before + "0,0,2,7\n0,0,2,1\n"}),
                      Catch::Matchers::ContainsSubstring("expert 2 comes twice"));
    CHECK(sample::read({before + "0,0,2,\"7\"\n0,0,3,1\n"}) ==
          sample::read({before + "0,0,2,7\n0,0,3,1\n"}));
    CHECK(sample::read({before + "0,0,02,7\n\n0,0,3, 1\n"}) ==
          sample::read({before + "0,0,2,7\n0,0,3,1\n"}));
}
