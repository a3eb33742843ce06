// SPDX-License-Identifier: MIT
#include <atomic>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
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
