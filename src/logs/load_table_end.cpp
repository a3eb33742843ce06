// SPDX-License-Identifier: MIT
// What the end of a file that was cut off while it was written lacks, and how it is left out.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <moebius/base/text.hpp>
#include <vector>

#include "load_table.hpp"

namespace moebius {

/// The runs of the record at `from` end there.
std::size_t load_table::end_of_record(std::size_t from) const {
    std::size_t end = from;
    while (end < runs_.size() && runs_[end].step == runs_[from].step &&
           runs_[end].layer == runs_[from].layer)
        ++end;
    return end;
}

std::size_t load_table::cells_of(run_range record) const {
    std::size_t cells = 0;
    for (; record.begin < record.end; ++record.begin) cells += runs_[record.begin].count;
    return cells;
}

double load_table::sum_of(run_range record) const {
    double sum = 0;
    for (; record.begin < record.end; ++record.begin)
        sum += loads_.sum(runs_[record.begin].at, runs_[record.begin].count);
    return sum;
}

/// What all records but those have in common.
load_table::usual_record load_table::records_but(run_range those) const {
    usual_record out = before_.usual;
    std::vector<bool> met(layers_.size());
    for (std::size_t l = 0; l < met.size(); ++l) met[l] = before_.least.contains(layers_[l]);
    std::size_t layers = 0;
    for (std::size_t from = 0, next = 0; from < runs_.size(); from = next) {
        next = end_of_record(from);
        if (from >= those.begin && from < those.end) continue;
        const std::size_t cells = cells_of({from, next});
        if (out.cells == 0) out.cells = cells;
        out.have_as_many = out.have_as_many && cells == out.cells;
        met[runs_[from].layer] = true;
        ++layers;
        if (next < runs_.size() && runs_[next].step == runs_[from].step) continue;
        out.least_layers = std::min(out.least_layers, layers);
        layers = 0;
    }
    out.are_of_all_layers = std::find(met.begin(), met.end(), false) == met.end();
    return out;
}

/// The least and the largest sum of the loads of other records, and how many these are.
load_table::sum_range load_table::sums_but(run_range those) const {
    sum_range out = before_.sums;
    for (std::size_t from = 0, next = 0; from < runs_.size(); from = next) {
        next = end_of_record(from);
        if (from >= those.begin && from < those.end) continue;
        const double sum = sum_of({from, next});
        out.least = out.count == 0 ? sum : std::min(out.least, sum);
        out.most = out.count == 0 ? sum : std::max(out.most, sum);
        ++out.count;
    }
    return out;
}

/// The least loads of a layer's other records.
load_table::least_loads load_table::least_but(std::uint32_t layer, run_range those) const {
    const auto found = before_.least.find(layers_[layer]);
    auto out = found == before_.least.end() ? least_loads() : found->second;
    out.loads.resize(experts_, out.count == 0 ? std::numeric_limits<double>::infinity() : 0.0);
    std::vector<double> row;
    for (std::size_t from = 0, next = 0; from < runs_.size(); from = next) {
        next = end_of_record(from);
        if (runs_[from].layer != layer || (from >= those.begin && from < those.end)) continue;
        row.assign(experts_, 0);
        for (; from < next; ++from)
            loads_.add_to(runs_[from].at, runs_[from].count, row.data() + runs_[from].expert);
        for (std::size_t e = 0; e < experts_; ++e) out.loads[e] = std::min(out.loads[e], row[e]);
        ++out.count;
    }
    return out;
}

load_table::records_before load_table::records_so_far() const {
    records_before out{records_but({}), sums_but({}), before_.least};
    for (std::uint32_t l = 0; l < layers_.size(); ++l)
        if (auto least = least_but(l, {}); least.count > 0) out.least[layers_[l]] = least;
    return out;
}

/// Whether the loads of a record sum to less than those of others, by more than these differ.
bool load_table::falls_short(run_range record, run_range those) const {
    constexpr double rounding = 1e-6;
    constexpr std::size_t enough = 3;
    const auto sums = sums_but(those);
    return sums.count >= enough &&
           sum_of(record) < sums.least - 2 * (sums.most - sums.least) - rounding * sums.least;
}

/// Whether an expert without a row in it had so many loads in each other record of its layer that
/// it would hardly have none: of 8 in the mean once in 3,000 steps.
bool load_table::lacks_busy_expert(run_range record, run_range those) const {
    constexpr double busy = 8;
    constexpr std::size_t enough = 3;
    auto [least, count] = least_but(runs_[record.begin].layer, those);
    for (std::size_t i = record.begin; i < record.end; ++i)
        std::fill_n(least.begin() + runs_[i].expert, runs_[i].count, 0.0);
    return count >= enough && *std::max_element(least.begin(), least.end()) >= busy;
}

/// Whether a record at the end lacks rows that it would have. Where an expert without loads may
/// have no row the loads of a whole record sum to no less than before.
/// @param those    all records of the end
/// @param is_last  whether the file's last row is of this one
bool load_table::lacks_rows(run_range record, run_range those, const usual_record& others,
                            bool is_last) const {
    constexpr double rounding = 1e-6;
    constexpr std::size_t enough = 3;
    if (others.have_as_many) {
        const std::size_t cells = cells_of(record);
        if (cells >= others.cells)
            return cells == others.cells && is_open && is_last && falls_short(record, those);
        if (has_zero_ || needs_all || adds_up || ((is_cut || is_open) && is_last)) return true;
    }
    if (!is_last || has_zero_ || needs_all) return false;
    if (others.have_as_many && lacks_busy_expert(record, those)) return true;
    const auto sums = sums_but(those);
    const bool are_alike = sums.most - sums.least <= rounding * sums.most;
    return sums.count >= enough && (others.have_as_many || are_alike) &&
           sum_of(record) < (1 - rounding) * sums.least;
}

std::string load_table::text_of_lack(run_range record, const usual_record& others) const {
    const auto& of = runs_[record.begin];
    if (!others.have_as_many || cells_of(record) == others.cells)
        return fmt::format("step {}, layer {} has fewer loads than each step before", of.step,
                           excerpt(layers_[of.layer]));
    return fmt::format("step {}, layer {} has {} rows, and all others have {}", of.step,
                       excerpt(layers_[of.layer]), cells_of(record), others.cells);
}

/// What the last step lacks; empty if nothing.
std::string load_table::lack_of_last_step(run_range step, const load_run& last_row) const {
    const auto others = records_but(step);
    if (!others.are_of_all_layers) return {};
    const auto number = runs_[step.begin].step;
    if (cut_step_ == number) return fmt::format("a row of step {} is cut off", number);
    std::size_t layers = 0;
    for (std::size_t from = step.begin, end = from; from < step.end; from = end, ++layers) {
        end = end_of_record(from);
        if (lacks_rows({from, end}, step, others, runs_[from].layer == last_row.layer))
            return text_of_lack({from, end}, others);
    }
    if (others.least_layers < layers_.size() || layers == layers_.size()) return {};
    return fmt::format("the last step, {}, has {} of {} layers, and all before it have each",
                       number, layers, layers_.size());
}

/// What the last record of a file of layers one after the other lacks; empty if nothing.
std::string load_table::lack_of_last_record(run_range record) const {
    const auto& of = runs_[record.begin];
    const auto others = records_but(record);
    const bool goes_on =
        std::any_of(runs_.begin() + static_cast<std::ptrdiff_t>(record.end), runs_.end(),
                    [&](const load_run& one) { return one.layer == of.layer; });
    if (goes_on || !others.are_of_all_layers || !others.have_as_many) return {};
    return lacks_rows(record, record, others, true) ? text_of_lack(record, others) : std::string();
}

/// Leaves out the last step where the file ends within it, or of layers that come one after the
/// other the last record. What comes first is never left out.
void load_table::leave_out_cut_end() {
    if (runs_.empty() || (is_part_ && !is_over)) return;
    if (taken_.steps == 0 && runs_.front().step == runs_.back().step) return;
    const auto last_row = *std::max_element(
        runs_.begin(), runs_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    const bool is_in_step = last_row.step == runs_.back().step;
    const auto first = std::find_if(runs_.begin(), runs_.end(), [&](const load_run& one) {
        return one.step == last_row.step && (is_in_step || one.layer == last_row.layer);
    });
    run_range end{static_cast<std::size_t>(first - runs_.begin()), runs_.size()};
    if (!is_in_step) end.end = end_of_record(end.begin);
    const auto lack = is_in_step ? lack_of_last_step(end, last_row) : lack_of_last_record(end);
    if (lack.empty()) return;
    runs_.erase(first, runs_.begin() + static_cast<std::ptrdiff_t>(end.end));
    ending_ = fmt::format("{}: the file was cut off there, and that {} was left out", lack,
                          is_in_step ? "step" : "record");
}

}  // namespace moebius
