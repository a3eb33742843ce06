// SPDX-License-Identifier: MIT
#include "child.hpp"

#include <csignal>

#include "catch.hpp"

using namespace moebius;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> around{"PATH=/usr/bin:/bin", "WORD=kept"};

}  // namespace

TEST_CASE("a child gets all of its input and gives all of its output", "[io]") {
    std::string text;  // more than any pipe holds
    for (int line = 0; line < 300000; ++line) text += std::to_string(line) + '\n';

    const auto end = run_child({"cat"}, around, text, 60s);

    CHECK(end.in_time);
    CHECK(end.code == 0);
    CHECK(end.output == text);
    CHECK(end.errors.empty());
}

TEST_CASE("a child that reads nothing ends as it likes", "[io]") {
    const std::string unread(5'000'000, 'x');

    const auto end = run_child({"sh", "-c", "echo out; echo err >&2; exit 7"}, around, unread, 60s);

    CHECK(end.in_time);
    CHECK(end.code == 7);
    CHECK(end.output == "out\n");
    CHECK(end.errors == "err\n");
}

TEST_CASE("a child knows of its environment what it is given", "[io]") {
    const auto end = run_child({"env"}, {"WORD=kept"}, "", 60s);

    CHECK(end.output == "WORD=kept\n");
}

TEST_CASE("a child that does not end in time is killed", "[io][error]") {
    SECTION("while its streams are open") {
        const auto end = run_child({"sleep", "1000"}, around, "", 100ms);
        CHECK_FALSE(end.in_time);
        CHECK(end.signal == SIGKILL);
    }
    SECTION("after it has closed them") {
        const auto end = run_child({"sh", "-c", "exec sleep 1000 <&- >&- 2>&-"}, around, "", 100ms);
        CHECK_FALSE(end.in_time);
        CHECK(end.signal == SIGKILL);
    }
}

TEST_CASE("the signal that ended a child is told", "[io][error]") {
    const auto end = run_child({"sh", "-c", "kill -TERM $$"}, around, "", 60s);

    CHECK(end.in_time);
    CHECK(end.signal == SIGTERM);
}

TEST_CASE("a program that is not there is told", "[io][error]") {
    CHECK_FALSE(run_child({"moebius-no-such-program"}, around, "", 60s).found);
}
