// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/logs/log_file.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load_table.hpp"
#include "record_settings.hpp"

namespace moebius {

/// How many experts a number says; nothing where a layer cannot have so many.
[[nodiscard]] inline std::optional<std::size_t> whole_experts(std::optional<double> said) {
    if (!said || !(*said >= 1 && *said <= load_table::most_experts && *said == std::floor(*said)))
        return std::nullopt;
    return static_cast<std::size_t>(*said);
}

/// What readers of texts and events fill.
struct log_builder {
    std::map<std::string, load_table> parts;  ///< by what else a long table says; mostly one, ""
    std::vector<named_series> series;
    std::vector<std::string> notes;
    std::set<std::string> summaries;  ///< names that tell of loads without any of an expert
    record_settings settings;
    std::set<std::string> others;  ///< names of numbers or arrays that are not known, some
    log_head head;                 ///< without layers and experts
    std::map<std::string, std::uint32_t> ranks;  ///< whose counts came, in the order of that
    bool adds_up = false;
    bool has_copied_ranks = false;      ///< load_table::has_copied_ranks of any part
    bool has_choices = false;           ///< load_table::has_choices
    bool has_chosen_alone = false;      ///< an expert without a load has none by the format
    bool names_experts = false;         ///< load_table::needs_all
    bool knows_copies = false;          ///< whether a map of physical experts came
    std::optional<std::string> family;  ///< of the loads that are read, of records
    std::set<std::string> left_out;     ///< families of which another is read

    /// Whether loads of that family are read: of those that come the one that tells most. Where
    /// a better one comes first now, what was read of another is forgotten.
    bool reads(const std::string& of_loads);

    /// A row of evaluation comes: whether it is read, as none of training came.
    [[nodiscard]] bool reads_evaluation();
    /// Whether what is read is of evaluation, until training comes.
    [[nodiscard]] bool is_of_evaluation() const { return has_evaluation_ && !has_training_; }
    /// Loads come that are not said to be of evaluation: what was read of that is forgotten.
    void begin_training() {
        if (is_of_evaluation()) forget_evaluation();
        has_training_ = true;
    }

    /// A row of all experts of a layer comes: each has as many.
    /// @param place  gives what the sentence begins with: file and place
    /// @throws io_error
    template <typename Place>
    void take_width(std::size_t width, const Place& place) {
        if (width_ == 0) width_ = width;
        if (width != width_)
            throw io_error(place(), fmt::format("it has {} loads, and a row before it {}, but each "
                                                "layer and step must have as many experts",
                                                width, width_));
    }

    /// How many experts there are at least: what was given, or what the config says, where rows do
    /// not say it themselves; 0 if nothing does.
    [[nodiscard]] std::size_t least_experts(std::size_t given) const {
        return width_ > 0 ? 0 : given > 0 ? given : whole_experts(head.said_experts).value_or(0);
    }

    /// Numbers come whose name is not known.
    void add_other(std::string_view name) {
        constexpr std::size_t most_names = 20;  // for sentences
        if (others.size() < most_names) others.insert(excerpt(name));
    }

    /// Counts of a rank come.
    void add_rank(std::string rank) {
        adds_up = true;
        const auto place = static_cast<std::uint32_t>(ranks.size());
        source_ = ranks.try_emplace(std::move(rank), place).first->second;
    }

    /// Rows of physical experts come, each with its logical one.
    void add_copies(std::string_view logical, std::string_view physical) {
        adds_up = knows_copies = true;
        note(fmt::format("copies of an expert were added up, as '{}' beside '{}' says",
                         excerpt(logical), excerpt(physical)));
    }

    /// Counts of a part of a step come.
    void add_micro_batches() {
        adds_up = true;
        note("the counts of the micro-batches of a step were added up");
    }

    load_table& part(const std::string& name) {
        auto& found = parts[name];
        found.adds_up = adds_up;
        found.has_choices = has_choices;
        found.source = source_;
        found.needs_all = names_experts;
        return found;
    }

    /// Whether no loads came.
    [[nodiscard]] bool empty() const {
        return std::all_of(parts.begin(), parts.end(),
                           [](const auto& one) { return one.second.empty(); });
    }

    /// The file ends within a record, of which no loads came.
    void end_early() {
        for (auto& [name, table] : parts) table.is_cut = true;
    }
    /// The last line of the file has no end.
    void end_open() {
        for (auto& [name, table] : parts) table.is_open = true;
    }

    /// Makes room for `times` as many cells as came, a guess.
    void expect(double times) {
        for (auto& [name, table] : parts) table.expect(times);
    }

    void note(std::string sentence);
    /// Of a family that is read: whether its name says that it is of loads.
    void note_family(std::string_view family);
    /// Whether by their name loads are those of one rank, where ranks are not added up, or of
    /// physical experts without a map.
    void note_kind(std::string_view of_loads);
    /// Of loads under several names one is read.
    /// @throws io_error  where the names may be those of layers
    void note_choice(std::string_view read, std::string_view left, const std::string& place);

    /// The series of that name, a new one if there was none.
    std::vector<double>& values_of(std::string_view name);

    /// Of whose counts these are.
    [[nodiscard]] std::vector<std::string> notes_of_ranks() const;
    /// That ranks between those that came did not; once all came.
    [[nodiscard]] std::vector<std::string> notes_of_missing_ranks() const;

    /// Adds to `notes` what names, ranks and settings that came tell of the loads.
    /// @throws io_error  as note_choice
    void note_what_is_read(const std::string& file);

    /// All that is to be said of a table that was finished.
    /// @param file     for sentences
    /// @param experts  that there are at least; 0: nothing says it
    [[nodiscard]] std::vector<std::string> notes_of(const load_table& table,
                                                    const std::string& file, std::size_t experts);

    /// @param file  for sentences
    std::vector<opened_log> finish(const std::string& file, std::size_t experts);

private:
    [[nodiscard]] std::vector<std::string> notes_of_experts(const load_table& table,
                                                            std::size_t experts) const;
    [[nodiscard]] std::vector<std::string> notes_of_ended_ranks(const load_table& table) const;

    void forget_evaluation();

    bool has_training_ = false, has_evaluation_ = false;
    std::size_t width_ = 0;     ///< of rows that have all experts of a layer
    std::uint32_t source_ = 0;  ///< load_table::source
};

/// A reader of a format that has a record a line.
class line_parser {
public:
    line_parser() = default;
    line_parser(const line_parser&) = delete;
    line_parser& operator=(const line_parser&) = delete;
    virtual ~line_parser() = default;

    /// @throws io_error  with file, line and rule
    virtual void take(std::string_view line) = 0;

    /// Takes the last line of a file, which has no end. False where it is not whole: nothing of it
    /// was taken then.
    /// @throws io_error  as take(), for a line that is whole
    virtual bool take_without_end(std::string_view line) = 0;

    /// Takes lines behind the last one, as many as a shorter way is known for.
    /// @param text  line_reader's ahead()
    /// @returns their bytes, with their ends
    virtual std::size_t take_ahead(std::string_view text) {
        static_cast<void>(text);
        return 0;
    }

    /// Whether the last line with loads has those of all of its step.
    [[nodiscard]] virtual bool ends_step() const { return false; }

    /// Whether each line that has loads is a step by itself, with all that the last one had, and
    /// has nothing but loads and scores. From give_records() on take() fills no table then, and
    /// next_record() gives what the line has, valid until the next one. take() then throws
    /// out_of_order for a step that is not after the last one.
    [[nodiscard]] virtual bool has_step_a_line() const { return false; }
    virtual void give_records() {}
    virtual bool next_record(load_record& record) {
        static_cast<void>(record);
        return false;
    }
};

/// @param to    where loads go; it must outlive the parser
/// @param file  for sentences
[[nodiscard]] std::unique_ptr<line_parser> csv_parser(log_builder& to, std::string file);
[[nodiscard]] std::unique_ptr<line_parser> json_parser(log_builder& to, std::string file);

/// Takes what a config says of a run, a JSON text.
/// @param place  for sentences: the file, and the array in it
/// @return what it says that was left out, a sentence each
std::vector<std::string> read_config(std::string_view text, const std::string& place, log_head& to);

/// Adds a name to a list for a sentence, which has no more than some.
void add_name(std::string& list, std::string_view name);

inline constexpr std::string_view load_rule = "must be >= 0 and finite, and 2^53 at most";
inline constexpr std::string_view number_rule = "must be finite, and 2^53 at most";

[[nodiscard]] inline bool is_number_of_log(double value) {
    return std::abs(value) <= largest_number;
}

/// >= 0 and of a log.
[[nodiscard]] inline bool is_load(double value) {
    return std::abs(value) - value == 0 && value <= largest_number;
}

/// Whether all are that, and none is -0, by their bits: in vectors of whole numbers.
[[nodiscard]] inline bool are_plain_loads(std::span<const double> values) {
    constexpr std::uint64_t top = std::uint64_t{1} << 63,
                            to_top = top - 1 - std::bit_cast<std::uint64_t>(largest_number);
    std::uint64_t seen = 0;
    for (const double value : values) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        seen |= bits | (bits + to_top);
    }
    return seen < top;
}

/// What a load, step or expert must be; NaN passes none.
/// @param place  gives what the sentence begins with: file and place
/// @throws io_error
template <typename Place>
double checked_load(double value, const Place& place) {
    if (!is_load(value))
        throw io_error(place(), fmt::format("the load is {}, but it {}", value, load_rule));
    return value;
}
template <typename Place>
std::int64_t checked_step(double value, const Place& place) {
    if (!(value >= 0 && value < largest_number &&
          value == static_cast<double>(static_cast<std::int64_t>(value))))
        throw io_error(place(),
                       fmt::format("the step is {}, but it must be a whole number >= 0", value));
    return static_cast<std::int64_t>(value);
}
template <typename Place>
std::uint32_t checked_expert(double value, const Place& place) {
    if (!(value >= 0 && value < load_table::most_experts &&
          value == static_cast<double>(static_cast<std::int32_t>(value))))
        throw io_error(place(),
                       fmt::format("the expert is {}, but it must be a whole number from 0 to {}",
                                   value, load_table::most_experts - 1));
    return static_cast<std::uint32_t>(value);
}

}  // namespace moebius
