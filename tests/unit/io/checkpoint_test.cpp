// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/checkpoint.hpp>
#include <scratch_file.hpp>

using namespace moebius;

TEST_CASE("a checkpoint comes back bit for bit", "[checkpoint]") {
    const scratch_file file("");
    std::vector<training_state> states(2);
    states[0] = {40,     training_state::sound, {0.1, -1e-300}, {3},
                 {1, 2}, {0.5, -0.5},           {4, 5, 6},      {7}};
    states[1] = {7, 7, {std::numeric_limits<double>::quiet_NaN()}, {}, {}, {}, {}, {}};
    const auto mark = fingerprint("these options");
    save_checkpoint(file.path, mark, states);
    const auto back = load_checkpoint(file.path, mark);
    REQUIRE(back);
    REQUIRE(back->size() == 2);
    const auto& a = (*back)[0];
    CHECK(a.step == 40);
    CHECK(a.diverged_at == training_state::sound);
    CHECK(a.parameters == states[0].parameters);
    CHECK(a.moments == states[0].moments);
    CHECK(a.scores == states[0].scores);
    CHECK(a.control == states[0].control);
    CHECK(a.records == states[0].records);
    CHECK(a.tests == states[0].tests);
    CHECK((*back)[1].diverged_at == 7);
    CHECK(std::isnan((*back)[1].parameters.at(0)));
}

TEST_CASE("a checkpoint of other options, or none at all, is told", "[checkpoint][error]") {
    const scratch_file file("");
    CHECK_FALSE(load_checkpoint(file.path + ".none", 1));
    save_checkpoint(file.path, 1, std::vector<training_state>(1));
    CHECK_THROWS_WITH(load_checkpoint(file.path, 2),
                      ContainsSubstring("it is of a training with other options"));
    write_file(file.path, "no numbers");
    CHECK_THROWS_AS(load_checkpoint(file.path, 1), io_error);
}

TEST_CASE("a checkpoint with any byte changed is refused", "[checkpoint][error]") {
    const scratch_file file("");
    std::vector<training_state> states(2);
    states[0] = {40,     training_state::sound, {0.1, -1e-300}, {3},
                 {1, 2}, {0.5, -0.5},           {4, 5, 6},      {7}};
    states[1] = states[0];
    save_checkpoint(file.path, 1, states);
    const auto good = read_file(file.path);
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char change : {'\x01', '\x80', '\xff'}) {
            auto bad = good;
            bad[at] = static_cast<char>(bad[at] ^ change);
            write_file(file.path, bad);
            CAPTURE(at);
            REQUIRE_THROWS_AS(load_checkpoint(file.path, 1), io_error);
        }
    for (const std::size_t length : {good.size() - 1, good.size() - 8, std::size_t{7}}) {
        write_file(file.path, good.substr(0, length));
        CHECK_THROWS_AS(load_checkpoint(file.path, 1), io_error);
    }
    write_file(file.path, good + '\0');
    CHECK_THROWS_AS(load_checkpoint(file.path, 1), io_error);
    write_file(file.path, good);
    CHECK(load_checkpoint(file.path, 1)->size() == 2);
}

TEST_CASE("a fingerprint goes on from what comes before", "[checkpoint]") {
    CHECK(fingerprint("bc", fingerprint("a")) == fingerprint("abc"));
    CHECK(fingerprint("a") == 0xaf63dc4c8601ec8c);  // Fowler, Noll and Vo's own table
}
