// SPDX-License-Identifier: MIT
#include "train_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/mean_interval.hpp>

namespace moebius::cli {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Columns that say which model a row is; what follows are measures until load_1.
constexpr std::size_t places = 4;

void add_column(table& to, std::string name, std::size_t rows) {
    to.names.push_back(std::move(name));
    to.columns.emplace_back(rows, none);
}

/// Grows a table row by row, its columns made by the first.
class row_writer {
public:
    explicit row_writer(table& to) : to_(to) {}
    void next() { column_ = 0; }
    void put(std::string_view name, double value) {
        if (column_ == to_.names.size()) add_column(to_, std::string(name), 0);
        to_.columns[column_++].push_back(value);
    }

private:
    table& to_;
    std::size_t column_ = 0;
};

std::string varied_name(const trainees& made) {
    return made.varied.empty() ? "varied" : made.varied;
}

double steps_to(const training_report& report, std::size_t run) {
    const auto& tests = report.states[run].tests;
    for (std::size_t at = 0; at < tests.size(); at += test_numbers)
        if (tests[at + 2] >= report.target) return tests[at];
    return none;
}

/// The most scores of any model: their numbers of experts may differ.
std::size_t most_scores(const trainees& made) {
    std::size_t most = 0;
    for (const auto& run : made.work.runs) most = std::max(most, run.model->scores());
    return most;
}

void put_measures(const training_report& report, std::size_t r, row_writer& row) {
    const auto& model = report.held_out[r];
    const bool sound = report.states[r].diverged_at == training_state::sound;
    const auto put = [&](std::string_view name, double value) {
        row.put(name, sound ? value : none);
    };
    put("test_loss", model.loss);
    put("test_accuracy", model.accuracy);
    if (!report.corrupted.empty()) {
        put("corrupted_loss", report.corrupted[r].loss);
        put("corrupted_accuracy", report.corrupted[r].accuracy);
    }
    if (!report.states[0].tests.empty()) put("steps_to_target", steps_to(report, r));
    if (!report.kept.empty()) {
        const auto& kept = report.kept[r];
        put("kept_top", kept.top);
        put("kept_random", kept.random);
        put("kept_bottom", kept.bottom);
        put("kept_best", kept.best);
        put("kept_gain", kept.top - kept.random);
    }
    put("variation", model.balance.variation);
    put("largest", model.balance.largest);
    put("entropy", model.balance.entropy);
    put("dead", static_cast<double>(model.balance.dead));
    put("router_entropy", model.router_entropy);
    put("margin_density", model.margin_density);
    put("effective_feedback", model.effective_feedback);
    const auto& network = *report.made.work.runs[r].model;
    const auto late = late_means(report.states[r]);
    const auto loads = late.end() - static_cast<std::ptrdiff_t>(network.experts());
    put("train_loss", late[0]);
    put("train_accuracy", late[1]);
    put("train_largest", *std::max_element(loads, late.end()));
    const std::size_t most = most_scores(report.made);
    const auto two = [](const training_run& run) { return run.model->experts() == 2; };
    if (const auto& runs = report.made.work.runs; std::any_of(runs.begin(), runs.end(), two))
        put("train_gap", network.experts() == 2 ? loads[0] - loads[1] : none);
    const auto put_all = [&](std::string_view name, const std::vector<double>& values) {
        for (std::size_t e = 0; e < most; ++e)
            put(fmt::format("{}_{}", name, e + 1), e < values.size() ? values[e] : none);
    };
    put_all("load", model.loads);
    put_all("score", report.states[r].scores);
}

/// The columns of models_table that are measures.
std::vector<std::size_t> measures_of(const table& models) {
    std::vector<std::size_t> measures;
    for (std::size_t c = places + 1; c < models.names.size() && models.names[c] != "load_1"; ++c)
        measures.push_back(c);
    return measures;
}

std::size_t points_of(const trainees& made) { return made.places.back().point + 1; }

}  // namespace

table models_table(const training_report& report) {
    table models;
    row_writer row(models);
    for (std::size_t r = 0; r < report.states.size(); ++r) {
        const auto& place = report.made.places[r];
        row.next();
        row.put("side", static_cast<double>(place.side));
        row.put("point", static_cast<double>(place.point));
        row.put("seed", static_cast<double>(place.seed));
        row.put(varied_name(report.made), place.varied);
        const auto at = report.states[r].diverged_at;
        row.put("diverged_at", at == training_state::sound ? none : static_cast<double>(at));
        put_measures(report, r, row);
    }
    return models;
}

table points_table(const training_report& report, const table& models) {
    table points;
    row_writer row(points);
    const std::size_t seeds = report.made.splits.size();
    for (std::size_t first = 0; first < models.rows(); first += seeds) {
        row.next();
        for (const std::size_t c : {0U, 1U, 3U}) row.put(models.names[c], models.columns[c][first]);
        row.put("models", static_cast<double>(seeds));
        double diverged = 0;
        for (std::size_t r = first; r < first + seeds; ++r)
            if (!std::isnan(models.columns[places][r])) ++diverged;
        row.put("diverged", diverged);
        for (const std::size_t c : measures_of(models)) {
            const auto over = interval_of_mean(std::span(models.columns[c]).subspan(first, seeds));
            row.put(models.names[c], over.mean);
            row.put(models.names[c] + "_low", over.low);
            row.put(models.names[c] + "_high", over.high);
        }
    }
    return points;
}

table paired_table(const training_report& report, const table& models) {
    table paired;
    row_writer row(paired);
    const std::size_t seeds = report.made.splits.size();
    const std::size_t other = seeds * points_of(report.made);  // rows of the first side
    for (std::size_t first = 0; first < other; first += seeds) {
        row.next();
        for (const std::size_t c : {1U, 3U}) row.put(models.names[c], models.columns[c][first]);
        for (const std::size_t c : measures_of(models)) {
            std::vector<double> differences;
            for (std::size_t r = first; r < first + seeds; ++r)
                differences.push_back(models.columns[c][other + r] - models.columns[c][r]);
            const auto over = interval_of_mean(differences);
            row.put(models.names[c], over.mean);
            row.put(models.names[c] + "_low", over.low);
            row.put(models.names[c] + "_high", over.high);
            row.put(models.names[c] + "_effect",
                    over.deviation > 0 ? over.mean / over.deviation : none);
        }
    }
    return paired;
}

table history_table(const training_report& report) {
    table history;
    row_writer row(history);
    for (std::size_t r = 0; r < report.states.size(); ++r) {
        const std::size_t scores = report.made.work.runs[r].model->scores();
        const std::size_t most = most_scores(report.made);
        const auto& records = report.states[r].records;
        for (std::size_t at = 0, i = 1; at < records.size(); at += 2 + 2 * scores, ++i) {
            row.next();
            row.put("run", static_cast<double>(r));
            row.put("step", static_cast<double>(i * report.made.work.record_every));
            row.put("loss", records[at]);
            row.put("accuracy", records[at + 1]);
            for (std::size_t e = 0; e < most; ++e)
                row.put(fmt::format("load_{}", e + 1), e < scores ? records[at + 2 + e] : none);
            for (std::size_t e = 0; e < most; ++e)
                row.put(fmt::format("score_{}", e + 1),
                        e < scores ? records[at + 2 + scores + e] : none);
        }
    }
    return history;
}

table test_table(const training_report& report) {
    table tests;
    row_writer row(tests);
    for (std::size_t r = 0; r < report.states.size(); ++r) {
        const auto& numbers = report.states[r].tests;
        for (std::size_t at = 0; at < numbers.size(); at += test_numbers) {
            row.next();
            row.put("run", static_cast<double>(r));
            row.put("step", numbers[at]);
            row.put("test_loss", numbers[at + 1]);
            row.put("test_accuracy", numbers[at + 2]);
            row.put("largest", numbers[at + 3]);
        }
    }
    return tests;
}

result_document train_document(const training_report& report, bool history,
                               result_heading heading) {
    const auto models = models_table(report);
    result_document result{std::move(heading), {{"models", models}}};
    result.sections.push_back({"points", points_table(report, models)});
    if (report.made.places.back().side > 0)
        result.sections.push_back({"paired", paired_table(report, models)});
    if (!report.states[0].tests.empty()) result.sections.push_back({"tests", test_table(report)});
    if (history) result.sections.push_back({"history", history_table(report)});
    return result;
}

std::string train_text(const training_report& report, const result_document& result) {
    const auto& points = result.table_of("points");
    const auto around = [&](const table& of, std::string_view name, std::size_t row) {
        const double mean = of.at(name)[row];
        return fmt::format("{:.4f} +- {:.4f}", mean,
                           of.at(std::string(name) + "_high")[row] - mean);
    };
    std::string out = fmt::format("{:>4} {:>10} {:>7} {:>19} {:>19} {:>19} {:>9}\n", "side",
                                  varied_name(report.made), "models", "test accuracy", "test loss",
                                  "largest load", "diverged");
    for (std::size_t row = 0; row < points.rows(); ++row)
        out += fmt::format("{:>4} {:>10.4g} {:>7} {:>19} {:>19} {:>19} {:>9}\n",
                           points.at("side")[row], points.columns[2][row], points.at("models")[row],
                           around(points, "test_accuracy", row), around(points, "test_loss", row),
                           around(points, "train_largest", row), points.at("diverged")[row]);
    if (report.made.places.back().side == 0) return out;
    const auto& paired = result.table_of("paired");
    out +=
        "\nsecond side less first, mean over seeds and 95 % interval (effect: by its deviation)\n";
    for (std::size_t row = 0; row < paired.rows(); ++row)
        for (std::size_t c = 2; c < paired.names.size(); c += 4)
            if (!std::isnan(paired.columns[c][row]))
                out += fmt::format(
                    "{}{:<20} {:>11.5f}  [{:.5f}, {:.5f}]  effect {:.2f}\n",
                    report.made.varied.empty() ? std::string()
                                               : fmt::format("{:>10.4g}  ", paired.columns[1][row]),
                    paired.names[c], paired.columns[c][row], paired.columns[c + 1][row],
                    paired.columns[c + 2][row], paired.columns[c + 3][row]);
    return out;
}

}  // namespace moebius::cli
