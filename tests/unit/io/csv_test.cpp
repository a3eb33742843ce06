// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/csv.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sample_results.hpp"

using namespace moebius;

TEST_CASE("a table is a line of names and a line a row", "[io]") {
    const double infinity = std::numeric_limits<double>::infinity();
    const table values{{"a", "b"}, {{1, 0.1, -infinity}, {1e300, -0.0, 5e-324}}};

    CHECK(to_csv(values) == "a,b\n1,1e+300\n0.1,-0\n-inf,5e-324\n");
    CHECK(to_csv(table{}) == "\n");
}

TEST_CASE("texts in a last column are quoted", "[io]") {
    const std::string_view texts[] = {"", "1, \"2\""};
    CHECK(to_csv(table{{"a"}, {{1, 2}}}, "why", [&](std::size_t row) { return texts[row]; }) ==
          "a,why\n1,\n2,\"1, \"\"2\"\"\"\n");
}

TEST_CASE("words stand in place of numbers, and behind a table", "[io]") {
    const std::vector<std::string> names{"a", "b, \"c\""}, why{"one", "", "two"};
    const csv_words words[] = {{"name", names, 1}, {"why", why}};

    const double unknown = std::numeric_limits<double>::quiet_NaN();
    CHECK(to_csv(table{{"name", "x"}, {{1, 2, 3}, {4, unknown, 6}}}, words) ==
          "name,x,why\na,4,one\n\"b, \"\"c\"\"\",,\n3,6,two\n");
}

TEST_CASE("a diagram is one tidy table with labels at special points", "[io]") {
    const auto text = to_csv(sample::pitchfork(3).data);

    CHECK(
        text.starts_with("branch,kind,label,feedback,x,load_1,load_2,stable,n_unstable,step\n"
                         "1,equilibrium,,0.5,0,0.5,0.5,1,0,0.1\n"));
    CHECK(text.find("\n2,equilibrium,BP1,2,0,0.5,0.5,1,0,0.1\n") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1 + 3 * 3);
}

TEST_CASE("a branch leaves the columns empty that it lacks", "[io]") {
    auto curves = sample::pitchfork(3).data;
    curves.branches[2].columns.names[1].assign(1, 'y');
    const auto text = to_csv(curves);

    CHECK(
        text.starts_with("branch,kind,label,feedback,x,load_1,load_2,stable,n_unstable,step,y\n"
                         "1,equilibrium,,0.5,0,0.5,0.5,1,0,0.1,\n"));
    CHECK(text.find("\n3,equilibrium,,") != std::string::npos);
    // At its end x = -20 at feedback 20/tanh(10); it has a y, and no x.
    CHECK(text.ends_with(",1,0,0.1,-20\n"));
}
