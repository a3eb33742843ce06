// SPDX-License-Identifier: MIT
#include <cstdint>
#include <moebius/base/error.hpp>
#include <moebius/io/option_table.hpp>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using namespace moebius;

/// One field of every type that an option may have.
struct everything {
    double rate = 0.5;
    unsigned threads = 0;
    std::uint64_t steps = 10;
    bool labels = true;
    std::string kind = "plain";
    std::vector<std::string> sets;
    std::vector<double> classes;
    std::optional<double> step;
    std::optional<std::uint64_t> experts;
};

void add_to(option_table& table, everything& options) {
    table.add("rate", options.rate, "of something");
    table.add("threads", options.threads, "changes no number", {.kept = option_kept::never});
    table.add("max_steps", options.steps, "at most");
    table.add("labels", options.labels, "the last column is a feature",
              {.kept = option_kept::if_set, .flag = "no-labels", .switches_off = true});
    table.add("kind", options.kind, "plain or fancy", {.choices = {"plain", "fancy"}});
    table.add("set", options.sets, "name=value", {.kept = option_kept::if_set});
    table.add("classes", options.classes, "of these alone", {.kept = option_kept::if_set});
    table.add("step", options.step, "of a map", {.kept = option_kept::if_set});
    table.add("experts", options.experts, "number", {.kept = option_kept::if_set});
}

everything unusual() {
    everything out;
    out.rate = 0.1;
    out.threads = 3;
    out.steps = 20;
    out.labels = false;
    out.kind = "fancy";
    out.sets = {"a=1", "b=2"};
    out.classes = {0, 3.5};
    out.step = 0.25;
    out.experts = 8;
    return out;
}

result_heading heading_of(const everything& options) {
    result_heading out;
    describe(options, out);
    return out;
}

}  // namespace

TEST_CASE("a result holds what was set, in the table's order", "[option_table]") {
    const auto plain = heading_of({});
    REQUIRE(plain.options.size() == 3);
    CHECK(plain.options[0] == std::pair<std::string, option_value>("rate", 0.5));
    CHECK(plain.options[1] == std::pair<std::string, option_value>("max_steps", 10.0));
    CHECK(plain.options[2] == std::pair<std::string, option_value>("kind", "plain"));

    const auto all = heading_of(unusual());
    REQUIRE(all.options.size() == 8);
    CHECK(all.options[2] == std::pair<std::string, option_value>("labels", "no"));
    CHECK(std::get<std::vector<std::string>>(all.options[4].second).size() == 2);
    CHECK(all.options[5] == std::pair<std::string, option_value>("classes", "0,3.5"));
}

TEST_CASE("what was written is read back, but for what a result leaves out", "[option_table]") {
    everything back;
    option_table table;
    add_to(table, back);
    table.read_from(heading_of(unusual()), {}, "run.json");
    const auto was = unusual();
    CHECK(back.rate == was.rate);
    CHECK(back.threads == 0);
    CHECK(back.steps == was.steps);
    CHECK(back.labels == was.labels);
    CHECK(back.kind == was.kind);
    CHECK(back.sets == was.sets);
    CHECK(back.classes == was.classes);
    CHECK(back.step == was.step);
    CHECK(back.experts == was.experts);
}

TEST_CASE("what was asked for must be what the file was made with", "[option_table]") {
    everything asked;
    asked.rate = 0.2;
    asked.experts = 4;
    option_table table;
    add_to(table, asked);
    const auto made = heading_of(unusual());
    const auto sentence = [&](const result_heading& heading, const given_options& given) {
        try {
            table.read_from(heading, given, "run.json");
        } catch (const invalid_argument& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(sentence(made, {{"rate", "--rate"}}) ==
          "--rate: 0.2 came, but run.json was made with 0.1");
    CHECK(sentence(heading_of({}), {{"experts", "--experts"}}) ==
          "--experts: 4 came, but run.json was made without it");
    asked.rate = 0.1;
    CHECK(sentence(made, {{"rate", "--rate"}}).empty());
}

TEST_CASE("a value that cannot be read names its flag", "[option_table]") {
    everything options;
    option_table table;
    add_to(table, options);
    const auto sentence = [&](std::string_view name, std::string_view text) {
        try {
            table.at(name).read(text);
        } catch (const invalid_argument& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(sentence("rate", "fast") == "--rate: 'fast' came, but it must be a number");
    CHECK(sentence("max_steps", "-1") ==
          "--max-steps: '-1' came, but it must be a whole number from 0");
    CHECK(sentence("threads", "4294967296") ==
          "--threads: '4294967296' came, but it must be a whole number from 0");
    CHECK(sentence("experts", "2.5") ==
          "--experts: '2.5' came, but it must be a whole number from 0");
    CHECK(sentence("kind", "fance") ==
          "--kind: 'fance' came, but one is needed; did you mean 'fancy'? (plain, fancy)");
    CHECK(sentence("classes", "1,x") == "--classes: 'x' came, but it must be a number");
}
