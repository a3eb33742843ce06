// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("parallel_for calls each index once for any number of threads", "[parallel][property]") {
    const auto threads = GENERATE(0U, 1U, 2U, 7U);
    const auto n = GENERATE(as<std::size_t>{}, 0, 1, 3, 1000);
    std::vector<int> calls(n);

    parallel_for(n, threads, [&](std::size_t i) { ++calls[i]; });

    CHECK(calls == std::vector<int>(n, 1));
}

TEST_CASE("parallel_for with one thread stays on the caller's", "[parallel]") {
    std::set<std::thread::id> seen;

    parallel_for(10, 1, [&](std::size_t) { seen.insert(std::this_thread::get_id()); });

    CHECK(seen == std::set{std::this_thread::get_id()});
}

TEST_CASE("parallel_for carries a body's exception to the caller", "[parallel][error]") {
    const auto threads = GENERATE(1U, 4U);
    const auto body = [](std::size_t i) {
        if (i == 5) throw io_error("place 5", "it broke");
    };

    CHECK_THROWS_AS(parallel_for(100, threads, body), io_error);
    CHECK_THROWS_WITH(parallel_for(100, threads, body), "place 5: it broke");
}

TEST_CASE("after an exception no further index is handed out", "[parallel][error]") {
    std::size_t calls = 0;
    const auto body = [&](std::size_t i) {
        ++calls;
        if (i == 5) throw io_error("place 5", "it broke");
    };

    CHECK_THROWS_AS(parallel_for(100, 1, body), io_error);
    CHECK(calls == 6);
}

TEST_CASE("a watch hears of each index, one call at a time", "[parallel][property]") {
    std::atomic<int> inside = 0;
    bool overlapped = false;
    std::vector<std::size_t> heard;
    watch watched;
    watched.report = [&](std::size_t done, std::size_t total) {
        overlapped = overlapped || ++inside > 1;
        heard.push_back(done);
        CHECK(total == 200);
        --inside;
    };

    parallel_for(
        200, 4, [](std::size_t) {}, watched, "count");

    CHECK_FALSE(overlapped);
    REQUIRE(heard.size() == 200);
    for (std::size_t i = 0; i < heard.size(); ++i) CHECK(heard[i] == i + 1);
}

TEST_CASE("a watch stops the run between two indices", "[parallel][error]") {
    std::atomic<bool> stop = false;
    std::size_t calls = 0;
    const watch watched{{}, &stop};
    const auto body = [&](std::size_t i) {
        ++calls;
        stop = i == 2;
    };

    CHECK_THROWS_AS(parallel_for(100, 1, body, watched, "count"), interrupted);
    CHECK(calls == 3);
    stop = true;
    CHECK_THROWS_WITH(parallel_for(100, 1, body, watched, "count"),
                      "count: interrupted before it was done");
    CHECK(calls == 3);
}

TEST_CASE("a team calls each index once, call after call", "[parallel][property]") {
    const auto threads = GENERATE(0U, 1U, 2U, 7U);
    team together(threads);
    std::vector<int> calls(100);
    std::vector<std::size_t> done(together.size());

    for (std::size_t n = 0; n < calls.size(); ++n)
        together.run(n, [&](unsigned member, std::size_t i) {
            ++calls[i];
            ++done.at(member);
        });

    for (std::size_t i = 0; i < calls.size(); ++i)
        CHECK(calls[i] == static_cast<int>(calls.size() - 1 - i));
    CHECK(std::accumulate(done.begin(), done.end(), std::size_t{0}) == 99 * 100 / 2);
}

TEST_CASE("a team that slept works again", "[parallel]") {
    team together(3);
    std::atomic<int> calls = 0;

    for (int i = 0; i < 3; ++i) {
        together.run(50, [&](unsigned, std::size_t) { ++calls; });
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    CHECK(calls == 150);
}

TEST_CASE("a team carries a body's exception to the caller, and works on", "[parallel][error]") {
    team together(GENERATE(1U, 4U));
    const auto body = [](unsigned, std::size_t i) {
        if (i == 5) throw io_error("place 5", "it broke");
    };

    CHECK_THROWS_WITH(together.run(100, body), "place 5: it broke");
    CHECK_NOTHROW(together.run(5, body));
}
