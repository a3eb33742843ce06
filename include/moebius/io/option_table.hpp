// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <moebius/io/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace moebius {

/// Where the value of an option lives. Its type says how a text is read into it: a list takes one
/// text after another.
using option_target =
    std::variant<double*, unsigned*, std::uint64_t*, bool*, std::string*, std::vector<std::string>*,
                 std::vector<double>*, std::optional<double>*, std::optional<std::uint64_t>*>;

/// When a result file holds an option.
enum class option_kept {
    always,
    if_set,  ///< an optional or a list that is not empty, a text that is not, a count beyond 0
    never    ///< it changes no number
};

/// What else may be known of an option.
struct option_traits {
    std::vector<std::string> choices{};  ///< words that are accepted; empty: any
    option_kept kept = option_kept::always;
    std::string shown{};        ///< default for a reader, where the value does not tell it
    std::string flag{};         ///< its name on a command line, if that is another one
    std::string field{};        ///< its name in the library's sentences, if that is another one
    bool switches_off = false;  ///< of a bool that is true: the flag makes it false
    bool names_file = false;    ///< an empty text is refused
    bool required = false;      ///< it has no default
    bool positional = false;    ///< on a command line it comes without its name
    bool comma_list = false;    ///< a list in one text, separated by commas
};

/// What was asked for on a command line: the names of options, and their flags.
using given_options = std::map<std::string, std::string, std::less<>>;

/// One option: what it is called, what it means, where its value lives.
struct option {
    std::string name;     ///< as in a result: words joined by '_'
    std::string meaning;  ///< for a reader, in a line
    option_target target;
    option_traits traits;

    /// "--max-step": on a command line.
    [[nodiscard]] std::string flag() const;

    /// The value as a text; empty if there is none.
    [[nodiscard]] std::string text() const;

    /// Reads a value; a list grows by it.
    /// @throws invalid_argument naming the flag
    void read(std::string_view text) const;
};

/// The options of a struct, bound to its fields: the one list from which a command line is read,
/// help is written, and a result file is written and read. The fields must outlive the table.
class option_table {
public:
    template <typename Value>
    void add(std::string name, Value& value, std::string meaning, option_traits traits = {}) {
        options_.push_back({std::move(name), std::move(meaning), &value, std::move(traits)});
    }

    [[nodiscard]] const std::deque<option>& all() const noexcept { return options_; }

    /// @throws std::out_of_range  for a name that is not in the table
    [[nodiscard]] const option& at(std::string_view name) const;

    /// Adds the options to what a result says of itself, in the order of the table.
    void write_to(result_heading& heading) const;

    /// Takes the values that a result was made with, where it has them.
    /// @param given  options that must say the same as the result
    /// @param file   for the sentence of an error
    /// @throws invalid_argument  for another value than that of the file
    void read_from(const result_heading& heading, const given_options& given,
                   std::string_view file) const;

private:
    std::deque<option> options_;  // of stable addresses: readers keep them
};

/// The options of any struct that add_to(option_table&, Options&) binds, as a result holds them.
template <typename Options>
void describe(Options options, result_heading& heading) {
    option_table table;
    add_to(table, options);
    table.write_to(heading);
}

}  // namespace moebius
