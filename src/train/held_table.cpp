// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/row_writer.hpp>
#include <moebius/train/held.hpp>
#include <moebius/train/statistics.hpp>
#include <numeric>
#include <span>

namespace moebius {
namespace {

/// Records of one model: rows of width 2 + 2 L E.
struct record_rows {
    std::span<const double> all;
    std::size_t experts, scores;

    [[nodiscard]] std::size_t width() const { return 2 + 2 * scores; }
    [[nodiscard]] std::size_t count() const { return all.size() / width(); }
    [[nodiscard]] double load(std::size_t row, std::size_t i) const {
        return all[row * width() + 2 + i];
    }
    /// Less the mean of its layer.
    [[nodiscard]] double score(std::size_t row, std::size_t i) const {
        const auto layer = all.subspan(row * width() + 2 + scores + i / experts * experts, experts);
        return layer[i % experts] -
               std::accumulate(layer.begin(), layer.end(), 0.0) / static_cast<double>(experts);
    }
};

/// One window, rows [first, last).
/// @param most  scores of any model: columns of a smaller one are NaN
void put_window(const record_rows& rows, std::size_t first, std::size_t last, std::size_t most,
                row_writer& row) {
    for (std::size_t i = 0; i < most; ++i) {
        std::vector<double> loads, scores;
        for (std::size_t at = first; at < last && i < rows.scores; ++at) {
            loads.push_back(rows.load(at, i));
            scores.push_back(rows.score(at, i));
        }
        const auto over = mean_of_series(scores);
        row.put(fmt::format("load_{}", i + 1), mean_of_series(loads).mean);
        row.put(fmt::format("score_{}", i + 1), over.mean);
        row.put(fmt::format("score_{}_deviation", i + 1), over.deviation);
        row.put(fmt::format("score_{}_error", i + 1), over.error);
    }
}

}  // namespace

bool holds_loads(const experiment& made) noexcept {
    return std::any_of(made.work.runs.begin(), made.work.runs.end(),
                       [](const training_run& run) { return !run.hold.loads.empty(); });
}

table held_table(const training_report& report) {
    table out;
    row_writer row(out);
    const auto& work = report.made.work;
    std::size_t most = 0;
    for (const auto& run : work.runs) most = std::max(most, run.model->scores());
    for (std::size_t r = 0; r < work.runs.size(); ++r) {
        if (work.runs[r].hold.loads.empty()) continue;
        const record_rows rows{report.states[r].records, work.runs[r].model->experts(),
                               work.runs[r].model->scores()};
        for (std::size_t first = 0; first < rows.count(); first += records_of_window) {
            const std::size_t last = std::min(rows.count(), first + records_of_window);
            row.next();
            row.put("run", static_cast<double>(r));
            row.put("from", static_cast<double>(first * work.record_every));
            row.put("step", static_cast<double>(last * work.record_every));
            put_window(rows, first, last, most, row);
        }
    }
    return out;
}

}  // namespace moebius
