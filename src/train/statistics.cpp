// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/mean_interval.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/train/statistics.hpp>

namespace moebius {
namespace {

std::string varied_name(const experiment& made) {
    return made.varied.empty() ? "varied" : made.varied;
}

bool is_sound(const training_state& state) { return state.diverged_at == training_state::sound; }

bool is_measured(const training_report& report, std::size_t r) {
    return is_sound(report.states[r]) && report.states[r].step >= report.least;
}

double steps_to(const training_state& state, double target) {
    for (std::size_t at = 0; at < state.tests.size(); at += test_numbers)
        if (state.tests[at + 2] >= target) return state.tests[at];
    return not_a_number;
}

/// The most scores of any model: their numbers of experts may differ.
std::size_t most_scores(const experiment& made) {
    std::size_t most = 0;
    for (const auto& run : made.work.runs) most = std::max(most, run.model->scores());
    return most;
}

/// Collects a measure of all models that have one at a time.
class collector {
public:
    collector(const training_report& report, std::vector<run_measure>& to)
        : report_(report), to_(to) {}

    template <typename Value>
    void add(std::string name, Value value) {
        run_measure out{std::move(name), std::vector<double>(report_.states.size(), not_a_number)};
        for (std::size_t r = 0; r < out.values.size(); ++r)
            if (is_measured(report_, r)) out.values[r] = static_cast<double>(value(r));
        to_.push_back(std::move(out));
    }

private:
    const training_report& report_;
    std::vector<run_measure>& to_;
};

void add_kept(const training_report& report, collector& to) {
    if (report.kept.empty()) return;
    const auto& kept = report.kept;
    to.add("kept_top", [&](std::size_t r) { return kept[r].top; });
    to.add("kept_random", [&](std::size_t r) { return kept[r].random; });
    to.add("kept_bottom", [&](std::size_t r) { return kept[r].bottom; });
    to.add("kept_best", [&](std::size_t r) { return kept[r].best; });
    to.add("kept_gain", [&](std::size_t r) { return kept[r].top - kept[r].random; });
}

void add_held_out(const training_report& report, collector& to) {
    const auto& model = report.held_out;
    to.add("test_loss", [&](std::size_t r) { return model[r].loss; });
    to.add("test_accuracy", [&](std::size_t r) { return model[r].accuracy; });
    if (!report.corrupted.empty()) {
        to.add("corrupted_loss", [&](std::size_t r) { return report.corrupted[r].loss; });
        to.add("corrupted_accuracy", [&](std::size_t r) { return report.corrupted[r].accuracy; });
    }
    if (!report.states[0].tests.empty())
        to.add("steps_to_target",
               [&](std::size_t r) { return steps_to(report.states[r], report.target); });
    add_kept(report, to);
    to.add("variation", [&](std::size_t r) { return model[r].balance.variation; });
    to.add("largest", [&](std::size_t r) { return model[r].balance.largest; });
    to.add("entropy", [&](std::size_t r) { return model[r].balance.entropy; });
    to.add("dead", [&](std::size_t r) { return model[r].balance.dead; });
    to.add("router_entropy", [&](std::size_t r) { return model[r].router_entropy; });
    to.add("margin_density", [&](std::size_t r) { return model[r].margin_density; });
    to.add("effective_feedback", [&](std::size_t r) { return model[r].effective_feedback; });
}

void add_late(const training_report& report, collector& to) {
    std::vector<std::vector<double>> late;
    for (const auto& state : report.states) late.push_back(late_means(state));
    const auto& runs = report.made.work.runs;
    const auto loads = [&](std::size_t r) {  // of the last layer
        return late[r].end() - static_cast<std::ptrdiff_t>(runs[r].model->experts());
    };
    to.add("train_loss", [&](std::size_t r) { return late[r][0]; });
    to.add("train_accuracy", [&](std::size_t r) { return late[r][1]; });
    to.add("train_largest",
           [&](std::size_t r) { return *std::max_element(loads(r), late[r].end()); });
    const auto of_two = [&](std::size_t r) { return runs[r].model->experts() == 2; };
    bool any = false;
    for (std::size_t r = 0; r < runs.size(); ++r) any |= of_two(r);
    if (any)
        to.add("train_gap",
               [&](std::size_t r) { return of_two(r) ? loads(r)[0] - loads(r)[1] : not_a_number; });
}

void put_place(const training_report& report, std::size_t r, bool seed_too, row_writer& row) {
    const auto& place = report.made.places[r];
    row.put("side", static_cast<double>(place.side));
    row.put("point", static_cast<double>(place.point));
    if (seed_too) row.put("seed", static_cast<double>(place.seed));
    row.put(varied_name(report.made), place.varied);
}

void put_each(std::string_view name, std::span<const double> values, std::size_t most,
              row_writer& row) {
    for (std::size_t e = 0; e < most; ++e)
        row.put(fmt::format("{}_{}", name, e + 1), e < values.size() ? values[e] : not_a_number);
}

void put_interval(const std::string& name, const mean_interval& over, row_writer& row) {
    row.put(name, over.mean);
    row.put(name + "_low", over.low);
    row.put(name + "_high", over.high);
}

}  // namespace

std::vector<run_measure> measures_of(const training_report& report) {
    std::vector<run_measure> out;
    collector to(report, out);
    add_held_out(report, to);
    add_late(report, to);
    return out;
}

table models_table(const training_report& report, const std::vector<run_measure>& measures) {
    table models;
    row_writer row(models);
    const std::size_t most = most_scores(report.made);
    for (std::size_t r = 0; r < report.states.size(); ++r) {
        const auto& state = report.states[r];
        row.next();
        put_place(report, r, true, row);
        row.put("diverged_at",
                is_sound(state) ? not_a_number : static_cast<double>(state.diverged_at));
        for (const auto& [name, values] : measures) row.put(name, values[r]);
        const std::vector<double> nothing;
        put_each("load", is_measured(report, r) ? report.held_out[r].loads : nothing, most, row);
        put_each("score", is_sound(state) ? state.scores : nothing, most, row);
    }
    return models;
}

table points_table(const training_report& report, const std::vector<run_measure>& measures) {
    table points;
    row_writer row(points);
    const std::size_t seeds = report.made.seeds();
    for (std::size_t first = 0; first < report.states.size(); first += seeds) {
        row.next();
        put_place(report, first, false, row);
        row.put("models", static_cast<double>(seeds));
        const auto from = report.states.begin() + static_cast<std::ptrdiff_t>(first);
        const auto diverged =
            std::count_if(from, from + static_cast<std::ptrdiff_t>(seeds),
                          [](const training_state& state) { return !is_sound(state); });
        row.put("diverged", static_cast<double>(diverged));
        for (const auto& [name, values] : measures)
            put_interval(name, interval_of_mean(std::span(values).subspan(first, seeds)), row);
    }
    return points;
}

std::vector<paired_difference> paired_differences(const training_report& report,
                                                  const std::vector<run_measure>& measures) {
    const auto& made = report.made;
    if (made.sides() != 2)
        throw invalid_argument("paired_differences", fmt::format("{} sides came", made.sides()),
                               "two are needed");
    std::vector<paired_difference> out;
    for (std::size_t point = 0; point < made.points(); ++point)
        for (const auto& [name, values] : measures) {
            std::vector<double> differences;
            for (std::size_t s = 0; s < made.seeds(); ++s)
                differences.push_back(values[made.run(1, point, s)] -
                                      values[made.run(0, point, s)]);
            const auto over = interval_of_mean(differences);
            out.push_back({point, made.places[made.run(0, point, 0)].varied, name, over.mean,
                           over.low, over.high,
                           over.deviation > 0 ? over.mean / over.deviation : not_a_number});
        }
    return out;
}

table paired_table(const training_report& report,
                   const std::vector<paired_difference>& differences) {
    table paired;
    row_writer row(paired);
    for (std::size_t i = 0; i < differences.size(); ++i) {
        const auto& one = differences[i];
        if (i == 0 || one.point != differences[i - 1].point) {
            row.next();
            row.put("point", static_cast<double>(one.point));
            row.put(varied_name(report.made), one.varied);
        }
        row.put(one.measure, one.mean);
        row.put(one.measure + "_low", one.low);
        row.put(one.measure + "_high", one.high);
        row.put(one.measure + "_effect", one.effect);
    }
    return paired;
}

table history_table(const training_report& report) {
    table history;
    row_writer row(history);
    const std::size_t most = most_scores(report.made);
    for (std::size_t r = 0; r < report.states.size(); ++r) {
        const std::size_t scores = report.made.work.runs[r].model->scores();
        const std::span<const double> records = report.states[r].records;
        for (std::size_t at = 0, i = 1; at < records.size(); at += 2 + 2 * scores, ++i) {
            row.next();
            row.put("run", static_cast<double>(r));
            row.put("step", static_cast<double>(i * report.made.work.record_every));
            row.put("loss", records[at]);
            row.put("accuracy", records[at + 1]);
            put_each("load", records.subspan(at + 2, scores), most, row);
            put_each("score", records.subspan(at + 2 + scores, scores), most, row);
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

}  // namespace moebius
