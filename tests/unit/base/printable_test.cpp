// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <string>

using namespace moebius;

TEST_CASE("a text from outside is shown without what a terminal would obey", "[text]") {
    CHECK(printable("feedback κ, \"x\" \\ y") == "feedback κ, \"x\" \\ y");
    CHECK(printable("\x1b[31m\n") == "\\x1b[31m\\n");
    CHECK(printable("a\xff\xc3z") == "a\\xff\\xc3z");  // no UTF-8, and cut short
    CHECK(printable("\xc2\x9b"
                    "2J") == "\\x9b2J");            // a control character of two bytes
    CHECK(printable("\xe2\x80\xae") == "\\u202e");  // turns the direction of writing
    CHECK(printable(std::string(1000, '\x80')).size() < 80);
    CHECK(printable(std::string(100, 'a'), 10) == std::string(10, 'a') + "...");
    CHECK(std::string(io_error("a\x1b.json", "it is no JSON").what()) ==
          "a\\x1b.json: it is no JSON");
}
