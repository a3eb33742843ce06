// SPDX-License-Identifier: MIT
#include "train_document.hpp"

#include <fmt/format.h>

#include <cmath>

#include "incomplete.hpp"
#include "report_lines.hpp"

namespace moebius::cli {
namespace {

std::string points_text(const training_report& report, const table& points) {
    const auto around = [&](std::string_view name, std::size_t row) {
        const double mean = points.at(name)[row];
        const double error = points.at(std::string(name) + "_high")[row] - mean;
        return known("{:.4f}", mean) + (std::isfinite(error) ? known(" +- {:.4f}", error) : "");
    };
    const auto& varied = report.made.varied;
    std::string out = fmt::format("{:>4} {:>10} {:>7} {:>19} {:>19} {:>19} {:>9}\n", "side",
                                  varied.empty() ? "varied" : varied, "models", "test accuracy",
                                  "test loss", "largest load", "diverged");
    for (std::size_t row = 0; row < points.rows(); ++row)
        out +=
            fmt::format("{:>4} {:>10} {:>7} {:>19} {:>19} {:>19} {:>9}\n", points.at("side")[row],
                        known("{:.4g}", points.columns[2][row]), points.at("models")[row],
                        around("test_accuracy", row), around("test_loss", row),
                        around("train_largest", row), points.at("diverged")[row]);
    return out;
}

}  // namespace

void add_batches(std::span<const training_state> states, table& models) {
    models.names.emplace_back("batches");
    models.columns.emplace_back();
    for (const auto& state : states)
        models.columns.back().push_back(static_cast<double>(state.step));
}

result_document train_document(const training_report& report, bool history,
                               result_heading heading) {
    const auto measures = measures_of(report);
    auto models = models_table(report, measures);
    if (incomplete_because(heading)) add_batches(report.states, models);
    result_document result{std::move(heading), {{"models", std::move(models)}}};
    result.sections.push_back({"points", points_table(report, measures)});
    if (report.made.sides() == 2)
        result.sections.push_back(
            {"paired", paired_table(report, paired_differences(report, measures))});
    if (!report.states[0].tests.empty()) result.sections.push_back({"tests", test_table(report)});
    if (holds_loads(report.made)) result.sections.push_back({"held", held_table(report)});
    if (history) result.sections.push_back({"history", history_table(report)});
    return result;
}

std::string train_text(const training_report& report) {
    const auto measures = measures_of(report);
    auto out = points_text(report, points_table(report, measures));
    if (report.made.sides() != 2) return out;
    out +=
        "\nsecond side less first, mean over seeds and 95 % interval (effect: by its deviation)\n";
    for (const auto& one : paired_differences(report, measures))
        if (!std::isnan(one.mean))
            out += fmt::format(
                "{}{:<20} {:>11.5f}  [{}, {}]  effect {}\n",
                report.made.varied.empty() ? std::string() : fmt::format("{:>10.4g}  ", one.varied),
                one.measure, one.mean, known("{:.5f}", one.low), known("{:.5f}", one.high),
                known("{:.2f}", one.effect));
    return out;
}

}  // namespace moebius::cli
