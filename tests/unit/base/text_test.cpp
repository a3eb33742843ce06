// SPDX-License-Identifier: MIT
#include <array>
#include <catch.hpp>
#include <moebius/base/text.hpp>
#include <string>

using namespace moebius;

TEST_CASE("what a terminal would obey is escaped, and the rest stays", "[text]") {
    CHECK(printable("feedback = 2.5") == "feedback = 2.5");
    CHECK(printable("Rückkopplung μ 𝛽") == "Rückkopplung μ 𝛽");
    CHECK(printable("\x1b[2Jgone") == "\\x1b[2Jgone");
    CHECK(printable("a\xd8\x9c"
                    "b") == "a\\xd8\\x9cb");  // U+061C
    CHECK(printable("a\nb\r\t\x7f") == "a\\x0ab\\x0d\\x09\\x7f");
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
    CHECK(printable("a\nb\x1b", "\n") == "a\nb\\x1b");
    CHECK(printable("").empty());
}

TEST_CASE("bytes that are no UTF-8 are escaped one by one", "[text]") {
    CHECK(printable("\x9b"
                    "31m") == "\\x9b31m");         // CSI of 8-bit terminals
    CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");  // the same as a character, U+009B
    CHECK(printable("\xc0\x9b") == "\\xc0\\x9b");  // overlong
    CHECK(printable("\xe0\x80\x9b") == "\\xe0\\x80\\x9b");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
    CHECK(printable("\xff") == "\\xff");
    CHECK(printable("\xe2\x82") == "\\xe2\\x82");           // cut
    CHECK(printable("\xe2\x82\xac") == "\xe2\x82\xac");     // the euro sign
    CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // right-to-left override
}

TEST_CASE("a name is suggested only where a slip explains the word", "[text]") {
    constexpr std::array<std::string_view, 4> names{"feedback", "decay", "beta", "bias"};

    CHECK(nearest_name("feedbak", names) == "feedback");
    CHECK(nearest_name("biass", names) == "bias");
    CHECK(nearest_name("feed", names) == "feedback");  // an abbreviation
    CHECK(nearest_name("tau", names).empty());
    CHECK(nearest_name("temperature", names).empty());
    CHECK(nearest_name("", names).empty());
    CHECK(nearest_name("beta", {}).empty());
    CHECK(did_you_mean("feedbak", names) ==
          "; did you mean 'feedback'? (feedback, decay, beta, bias)");
    CHECK(did_you_mean("temperature", names) == "; known are feedback, decay, beta, bias");
}

TEST_CASE("dashes in front do not make two options alike", "[text]") {
    constexpr std::array<std::string_view, 3> options{"--out", "--x0", "--batch"};

    CHECK(nearest_name("--bacth", options) == "--batch");
    CHECK(nearest_name("--zz", options).empty());
}
