// SPDX-License-Identifier: MIT
#include "csv_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <utility>

#include "load_names.hpp"

namespace moebius {
namespace {

[[noreturn]] void fail(const csv_columns::names_place& at, std::string_view rule) {
    throw io_error(std::string(at.file), fmt::format("line {}{}", at.line, rule));
}

/// Whether rows of one token are alike in such a column.
bool tells_token(meaning of) {
    return of == meaning::step || of == meaning::layer || of == meaning::rank ||
           of == meaning::micro_batch || of == meaning::sequence || of == meaning::position;
}

std::string place_of(const csv_columns::names_place& at) {
    return fmt::format("{}, line {}", at.file, at.line);
}

}  // namespace

void csv_columns::read_name(std::string_view name, const names_place& at, log_builder& to) {
    const std::size_t here = names.size();
    names.emplace_back(name);
    means_.push_back(meaning::other);
    if (is_envelope(name))
        return to.note("its history is sampled: it has W&B's __MIN and __MAX of what lies between");
    if (auto of = expert_name_of(name)) {
        if (of->expert >= load_table::most_experts)
            fail(at, fmt::format(": expert {} came, but {} is the last that is read", of->expert,
                                 load_table::most_experts - 1));
        return wide_.add(here, std::move(*of));
    }
    const auto means = means_.back() = meaning_of(name);
    if (means == meaning::other && names_phase(name)) phases.push_back(here);
    if (means == meaning::series) series.push_back(here);
    if (means == meaning::series || means == meaning::summary) add_name(summaries_, name);
    auto& column = first(means);
    if (column == nowhere)
        column = here;
    else if (means == meaning::load && rank_of_column(name) < rank_of_column(names[column]))
        column = here;
    else if (means == meaning::expert && counts_physical_experts(names[column]))
        column = here;
}

/// W&B's exports put the run's name before that of the column, from which it is left out.
void csv_columns::check_run(std::string_view cell, const names_place& at) {
    const auto name = bare_name(cell), all = bare_cell(cell);
    if (name.size() == all.size() || !expert_name_of(name)) return;
    const auto run = all.substr(0, all.size() - name.size() - 3);
    if (run_.empty()) run_ = run;
    if (run_ != run)
        fail(at, fmt::format(": it has columns of the runs '{}' and '{}', but a log is of one: "
                             "each is to be exported by itself",
                             excerpt(run_), excerpt(run)));
}

/// Names that tell of loads without any of an expert.
void csv_columns::refuse(const names_place& at) const {
    if (!summaries_.empty())
        throw io_error(std::string(at.file),
                       fmt::format("summaries are no log: it has {}, but the load of each expert "
                                   "is needed",
                                   summaries_));
    std::string list;
    for (const auto& name : names) add_name(list, name);
    fail(at, fmt::format(": the columns are {}, but step, layer, expert and tokens are needed, "
                         "or a column an expert (layer3/expert5)",
                         list));
}

/// Columns that mean the same as the one that is read.
void csv_columns::note_others(meaning of, std::size_t read, const names_place& at,
                              log_builder& to) const {
    for (std::size_t c = 0; read != nowhere && c < names.size(); ++c) {
        if (c == read || c == tokens || means_[c] != of) continue;
        if (names[c] == names[read])
            to.note(fmt::format("'{}' comes twice: the first was read", excerpt(names[c])));
        else
            to.note_choice(names[read], names[c], place_of(at));
    }
}

void csv_columns::read(std::string_view line, const csv_line& by, const names_place& at,
                       log_builder& to) {
    if (line.find('\0') != std::string_view::npos)
        fail(at, " has a zero byte: it is no text, and no format that is known");
    const auto cells = by.cells_of(line);
    if (const auto fault = quoting_fault(cells); !fault.empty()) fail(at, ": " + fault);
    first_.fill(nowhere);
    for (const auto cell : cells) {
        check_run(cell, at);
        read_name(bare_name(cell), at, to);
    }
    step = first(meaning::step);
    layer = first(meaning::layer);
    score = first(meaning::score);
    dither = first(meaning::dither);
    rank = first(meaning::rank);
    feedback = first(meaning::feedback);
    micro_batch = first(meaning::micro_batch);
    top_k = first(meaning::top_k);
    if (micro_batch != nowhere) to.add_micro_batches();
    note_others(meaning::step, step, at, to);
    note_others(meaning::layer, layer, at, to);
    if (!wide_.empty()) return read_wide(at, to);
    expert = first(meaning::expert);
    is_long = expert != nowhere;
    if (!is_long) refuse(at);
    read_long(at, to);
}

void csv_columns::read_wide(const names_place& at, log_builder& to) {
    if (step == nowhere) to.note("it has no column of steps: they are its rows, from 0");
    if (const auto beside = first(meaning::load);
        beside != nowhere && may_be_all_tokens(names[beside]))
        tokens = beside;
    runs = wide_.runs(to, layer != nowhere, place_of(at));
    if (runs.empty())
        fail(at, fmt::format(": its columns an expert are '{}', but loads are needed",
                             wide_.families()));
}

void csv_columns::read_long(const names_place& at, log_builder& to) {
    load = first(meaning::load);
    for (std::size_t c = 0; c < names.size(); ++c)
        if (c != load && load != nowhere && !may_be_all_tokens(names[load]) &&
            means_[c] == meaning::load && may_be_all_tokens(names[c]))
            tokens = c;
    note_others(meaning::load, load, at, to);
    read_copies(to);
    if (load != nowhere && rank == nowhere) to.note_kind(names[load]);
    if (load != nowhere) return;
    find_tokens();
    to.adds_up = to.has_choices = true;
    to.note("it has no column of tokens: each of its rows is one choice");
}

/// By the place of a token in its sequence. An id may be that of its word, which comes again in the
/// next token.
void csv_columns::find_tokens() {
    if (first(meaning::position) == nowhere) return;
    for (std::size_t c = 0; c < names.size(); ++c)
        if (tells_token(means_[c])) of_token.push_back(c);
}

/// Where a row of a physical expert names the logical one, too, its copies are added up.
void csv_columns::read_copies(log_builder& to) {
    if (counts_physical_experts(names[expert])) return to.note_kind(names[expert]);
    const auto copies = std::find_if(names.begin(), names.end(), [](const auto& name) {
        return meaning_of(name) == meaning::expert && counts_physical_experts(name);
    });
    if (copies == names.end()) return;
    copy = static_cast<std::size_t>(copies - names.begin());
    to.add_copies(names[expert], *copies);
}

row_phase csv_columns::phase_of(const csv_line& row) const {
    auto out = row_phase::unsaid;
    for (const auto c : phases)
        if (const auto said = moebius::phase_of(names[c], row.cell(c)); said > out) out = said;
    return out;
}

bool csv_columns::is_read(std::size_t column) const {
    const auto all = {step, layer, expert, load, score, dither, feedback, rank, micro_batch};
    return std::find(all.begin(), all.end(), column) != all.end();
}

void csv_columns::take_settings(std::span<const double> row, log_builder& to) const {
    if (top_k == nowhere && tokens == nowhere) return;
    const auto number_in = [&](std::size_t column) -> std::optional<double> {
        if (column == nowhere || !std::isfinite(row[column])) return std::nullopt;
        return row[column];
    };
    to.settings.take(number_in(top_k), number_in(tokens), !to.adds_up, to.head);
}

}  // namespace moebius
