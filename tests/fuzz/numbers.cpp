// SPDX-License-Identifier: MIT
// Texts that become numbers, words and lists: a line for each option of a table.
#include <moebius/base/text.hpp>
#include <moebius/io/option_table.hpp>

#include "harness.hpp"

namespace moebius::fuzz {
namespace {

/// An option of each kind that a command line has.
struct one_of_each {
    double number = 1;
    unsigned small = 1;
    std::uint64_t count = 1;
    bool flag = false;
    std::string text;
    std::vector<std::string> words, listed;
    std::vector<double> numbers;
    std::optional<double> maybe;
    std::optional<std::uint64_t> maybe_count;
};

void add_to(option_table& table, one_of_each& all) {
    table.add("number", all.number, "");
    table.add("small", all.small, "");
    table.add("count", all.count, "");
    table.add("flag", all.flag, "", {.switches_off = true});
    table.add("text", all.text, "", {.kept = option_kept::if_set});
    table.add("choice", all.text, "", {.choices = {"json", "csv"}, .kept = option_kept::never});
    table.add("words", all.words, "", {.kept = option_kept::if_set});
    table.add("listed", all.listed, "", {.kept = option_kept::if_set, .comma_list = true});
    table.add("numbers", all.numbers, "", {.kept = option_kept::if_set});
    table.add("maybe", all.maybe, "", {.kept = option_kept::if_set});
    table.add("maybe_count", all.maybe_count, "", {.kept = option_kept::if_set});
}

}  // namespace

const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    one_of_each all;
    option_table table;
    add_to(table, all);
    const auto name = take_line(input);
    for (const auto& option : table.all())
        if (option.name == name)
            while (!input.empty()) option.read(take_line(input));
    result_heading written, again;
    table.write_to(written);

    one_of_each fresh;
    option_table second;
    add_to(second, fresh);
    second.read_from(written, {}, "the file");
    second.write_to(again);
    require(written.options == again.options, "what an option wrote reads as something else");
}

}  // namespace moebius::fuzz
