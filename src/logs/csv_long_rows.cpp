// SPDX-License-Identifier: MIT
// Of a table of text the rows of one expert each.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>

#include "csv_log.hpp"
#include "expert_copies.hpp"

namespace moebius {

/// The layer of the row, which mostly is that of the last one.
std::uint32_t csv_log::layer_in(load_table& to) {
    const double value = row_.values()[of_.layer];
    if (value == last_layer_ && &to == last_table_) return layer_place_;
    last_layer_ = value;
    last_table_ = &to;
    const auto cell = row_.cell(of_.layer);
    if (cell.empty()) throw io_error(place(of_.layer), "it is empty, but a layer is needed");
    const bool is_whole = value == std::floor(value) && std::abs(value) < 1e9;  // 3.0, of pandas
    return layer_place_ = to.layer(is_whole ? fmt::format("{:.0f}", value) : std::string(cell),
                                   [this] { return place(of_.layer); });
}

/// Whether the row is of the next expert, of the step and layer of the last row: mostly it is.
bool csv_log::continues() const {
    const auto values = row_.values();
    const auto same = [&](std::size_t column, double last) {
        return column == nowhere || values[column] == last;
    };
    return part_ != nullptr && words_.empty() && of_.phases.empty() &&
           values[of_.expert] == cell_.expert + 1.0 &&
           cell_.expert + 1 < load_table::most_experts && same(of_.layer, last_layer_) &&
           same(of_.step, static_cast<double>(cell_.step)) && same(of_.rank, last_rank_);
}

void csv_log::take_rank() {
    if (of_.rank == nowhere || (rows_ > 0 && number(of_.rank) == last_rank_)) return;
    last_rank_ = number(of_.rank);
    to_.add_rank(fmt::format("{}", last_rank_));
}

/// All of the cell but its numbers.
void csv_log::begin_cell() {
    if (of_.step != nowhere) cell_.step = step_in_row();
    cell_.expert = checked_expert(number(of_.expert), [this] { return place(of_.expert); });
    take_rank();
    of_.take_settings(row_.values(), to_);
    part_ = &to_.part(part_in_row());
    cell_.layer =
        of_.layer == nowhere ? part_->layer("0", [this] { return file_; }) : layer_in(*part_);
}

void csv_log::check_choice() {
    of_token_.clear();
    for (const auto column : of_.of_token) of_token_.push_back(row_.values()[column]);
    if (!choices_.choose(of_token_, cell_.expert))
        throw io_error(fmt::format("{}, expert {}", place(of_.expert), cell_.expert),
                       token_choices::rule);
}

/// Of a physical expert that is a copy of none.
bool csv_log::is_of_free_place() const {
    if (of_.copy == nowhere || row_.values()[of_.expert] != free_place) return false;
    if (of_.load != nowhere) require_no_load(number(of_.copy), load(of_.load), place(of_.expert));
    return true;
}

void csv_log::take_long() {
    if (phase_ != row_phase::evaluation) to_.begin_training();
    if (is_of_free_place()) return;
    const bool next = continues();
    if (next)
        ++cell_.expert;
    else
        begin_cell();
    if (!of_.of_token.empty()) check_choice();
    cell_.load = of_.load == nowhere ? 1 : load(of_.load);
    if (of_.score != nowhere) cell_.score = number(of_.score);
    if (of_.dither != nowhere) cell_.dither = number(of_.dither);
    if (of_.feedback != nowhere) cell_.feedback = number(of_.feedback);
    if (next && has_loads_alone())
        part_->add_next(cell_.load);
    else
        part_->add(cell_);
}

std::size_t csv_log::take_ahead(std::string_view text) {
    const bool ends_in_load = of_.load == of_.expert + 1 && of_.load + 1 == of_.names.size();
    if (!of_.is_long || !ends_in_load || part_ == nullptr || !words_.empty() ||
        !of_.phases.empty() || !has_loads_alone() || row_.start().empty())
        return 0;
    const std::size_t next = cell_.expert + std::size_t{1};
    run_loads_.resize(512);
    const auto room =
        std::span(run_loads_).first(std::min(run_loads_.size(), load_table::most_experts - next));
    const auto taken = next_.read(row_.start(), next, {row_.separator(), has_return_}, text, room);
    if (taken.lines == 0) return 0;
    part_->add_next(room.first(taken.lines));
    line_ += taken.lines;
    rows_ += static_cast<std::int64_t>(taken.lines);
    cell_.expert += static_cast<std::uint32_t>(taken.lines);
    return taken.bytes;
}

/// What the row says of a part of the log, beside its phase.
std::string csv_log::part_in_row() const {
    std::string part;
    for (const auto c : words_) {
        if (of_.is_phase(row_, c)) continue;
        if (!part.empty()) part += ' ';
        part += excerpt(row_.cell(c));
    }
    return part;
}

}  // namespace moebius
