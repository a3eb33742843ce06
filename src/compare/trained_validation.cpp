// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/compare/chi_square.hpp>
#include <moebius/compare/trained_validation.hpp>
#include <span>

namespace moebius {
namespace {

[[noreturn]] void reject(std::string_view where, std::string_view got, std::string_view needed) {
    throw invalid_argument(where, got, needed);
}

/// Numbers that this sets itself.
void check_numbers(const experiment_options& options) {
    const auto& own = options.sides.front().numbers;
    for (const std::string_view name : {"lead", "experts"})
        if (options.varied == name || (name == "lead" ? own.lead != 0 : !std::isnan(own.experts)))
            reject("validate --trained", fmt::format("{} came among the numbers", name),
                   fmt::format("--{} says it for both starts", name));
    if (options.varied == "gap" || !std::isnan(own.gap) || !options.hold.empty())
        reject("validate --trained", "loads to hold came", "what is validated is free");
}

std::vector<trained_point> points_of(const trained_validation& v, double apart) {
    std::vector<trained_point> out;
    const std::size_t seeds = v.made.seeds();
    for (std::size_t first = 0; first < v.loads.size(); first += seeds) {
        const auto over = [&](auto value) {
            std::vector<double> values;
            for (std::size_t r = first; r < first + seeds; ++r) values.push_back(value(v.loads[r]));
            return interval_of_mean(values);
        };
        const auto& at = v.made.places[first];
        out.push_back({at.side,
                       at.point,
                       at.varied,
                       over([](const trained_loads& of) { return gaps_of(of).predicted; }),
                       over([](const trained_loads& of) { return gaps_of(of).frozen; }),
                       over([](const trained_loads& of) { return gaps_of(of).training; }),
                       over([](const trained_loads& of) { return of.effective_feedback; }),
                       over([](const trained_loads& of) { return of.fold; }),
                       over([](const trained_loads& of) {
                           const auto gaps = gaps_of(of);
                           return gaps.training - gaps.predicted;
                       }),
                       {}});
        std::vector<double> training;
        for (std::size_t r = first; r < first + seeds; ++r)
            training.push_back(gaps_of(v.loads[r]).training);
        out.back().training_states = means_of_states(std::move(training), apart);
    }
    return out;
}

/// The least value of what is varied from which on the two starts differ, for one seed.
trained_onset onset_of(const trained_validation& v, std::size_t seed, double apart) {
    const auto& made = v.made;
    trained_onset out{seed,         v.loads[made.run(0, 0, seed)].fold,
                      not_a_number, not_a_number,
                      not_a_number, not_a_number};
    for (std::size_t p = made.points(); p-- > 0;) {
        const auto& first = v.loads[made.run(0, p, seed)];
        const auto& second = v.loads[made.run(1, p, seed)];
        const auto a = gaps_of(first), b = gaps_of(second);
        const double at = made.places[made.run(0, p, seed)].varied;
        if (first.stable_states >= 2 || second.stable_states >= 2) out.fold_of_own_gates = at;
        if (std::abs(a.predicted - b.predicted) > apart) out.apart_predicted = at;
        if (std::abs(a.frozen - b.frozen) > apart) out.apart_frozen = at;
        if (std::abs(a.training - b.training) > apart) out.apart_training = at;
    }
    const double low = made.places[made.run(0, 0, seed)].varied,
                 high = made.places[made.run(0, made.points() - 1, seed)].varied;
    for (double* at :
         {&out.fold_of_own_gates, &out.apart_predicted, &out.apart_frozen, &out.apart_training})
        if (*at == low || *at == high) *at = not_a_number;
    return out;
}

trained_verdict judge(const std::vector<trained_loads>& loads,
                      const trained_validation_options& how) {
    trained_verdict out;
    double off = 0, sound = 0;
    for (const auto& one : loads) {
        const auto gaps = gaps_of(one);
        if (one.judged && !std::isnan(one.z)) {
            ++out.models;
            out.chi_square += one.z * one.z;
        }
        if (std::abs(gaps.nearest - gaps.predicted) > how.apart) ++out.left;
        if (std::isnan(gaps.training - gaps.predicted)) continue;
        off += std::abs(gaps.training - gaps.predicted);
        ++sound;
    }
    out.chi_square_p = chi_square_p(out.chi_square, out.models);
    out.agrees = out.models > 0 && out.chi_square_p >= how.chance;
    out.training_off = off / sound;
    out.sentence = fmt::format(
        "With the gates frozen, loads {} with their own response: chi-square {:.1f} of {} models, "
        "p {:.2g} ({} more were not judged; {} went to another stable state than training's scores "
        "flow to). While training they differ from it by {:.4f} of a load gap on average.",
        out.agrees ? "agree" : "do not agree", out.chi_square, out.models, out.chi_square_p,
        loads.size() - out.models, out.left, out.training_off);
    return out;
}

/// What the loads of all models come to.
void conclude(trained_validation& v, const trained_validation_options& how) {
    v.points = points_of(v, how.apart);
    for (std::size_t s = 0; s < v.made.seeds(); ++s) v.onsets.push_back(onset_of(v, s, how.apart));
    v.overall = judge(v.loads, how);
}

/// Hands over what an interrupt left.
[[noreturn]] void stop_with(trained_validation v, const trained_validation_options& how,
                            std::string_view when) {
    conclude(v, how);
    v.overall.agrees = false;
    v.overall.sentence = fmt::format("Interrupted {}: {} of {} models were judged.", when,
                                     v.overall.models, v.loads.size());
    throw cut_short<trained_validation>("validate_trained", std::move(v));
}

void put_interval(const std::string& name, const mean_interval& over, row_writer& row) {
    row.put(name, over.mean);
    row.put(name + "_low", over.low);
    row.put(name + "_high", over.high);
}

}  // namespace

void check(const experiment_options& options, const trained_validation_options& how) {
    if (options.sides.size() != 1)
        reject("--router", fmt::format("{} came", options.sides.size()),
               "one is trained from two starts");
    if (options.experts < 2)
        reject("--experts", fmt::format("{} came", options.experts), "at least two can differ");
    if (options.layers != 1 || options.patch != 0)
        reject("--layers",
               fmt::format("{} came, with patches of {}", options.layers, options.patch),
               "one layer of examples is held against theory");
    check_numbers(options);
    if (!(how.apart >= 0 && std::isfinite(how.apart)))
        reject("--apart", fmt::format("{} came", how.apart), "it must be >= 0");
    if (!(how.chance >= 0 && how.chance <= 1))
        reject("--chance", fmt::format("{} came", how.chance), "it must be in [0, 1]");
}

experiment from_both_starts(experiment_options options, double lead) {
    options.sides.push_back(options.sides.front());
    options.sides[0].numbers.lead = lead;
    options.sides[1].numbers.lead = options.experts == 2 ? -lead : 0;
    return make_experiment(options);
}

two_means means_of_states(std::vector<double> values, double apart) {
    const auto known = std::remove_if(values.begin(), values.end(),
                                      [](double value) { return std::isnan(value); });
    values.erase(known, values.end());
    std::sort(values.begin(), values.end());
    const std::size_t few = std::max<std::size_t>(1, (values.size() + 9) / 10);
    std::size_t hole = 0;  // index of the first number above it
    for (std::size_t i = few; i + few <= values.size(); ++i)
        if (hole == 0 || values[i] - values[i - 1] > values[hole] - values[hole - 1]) hole = i;
    const auto mean = [](std::span<const double> of) { return interval_of_mean(of).mean; };
    const std::span<const double> all(values);
    if (hole == 0 || !(values[hole] - values[hole - 1] > apart)) return {1, mean(all), mean(all)};
    return {2, mean(all.first(hole)), mean(all.subspan(hole))};
}

trained_gaps gaps_of(const trained_loads& loads) {
    const auto gap = [](const std::vector<double>& of) {
        return of.empty() ? not_a_number : of[0] - (1 - of[0]) / static_cast<double>(of.size() - 1);
    };
    const auto n = static_cast<double>(loads.error.size());
    return {gap(loads.predicted), gap(loads.frozen), gap(loads.nearest), gap(loads.training),
            loads.error[0] * n / (n - 1)};
}

trained_validation validate_trained(const experiment_options& options,
                                    const trained_validation_options& how,
                                    const training_backend& on, const watch& watched) {
    check(options, how);
    trained_validation v{from_both_starts(options, how.lead), {}, {}, {}, {}, {}};
    for (const auto& one : v.made.work.runs) v.states.push_back(begin(one));
    try {
        on.train(v.made.work, v.states, how.steps, watched);
    } catch (const interrupted&) {
        if (std::all_of(v.states.begin(), v.states.end(),
                        [](const training_state& state) { return state.step == 0; }))
            throw;
        mark_lost(v.states);
        for (std::size_t r = 0; r < v.states.size(); ++r)
            v.loads.push_back(before_theory(v.made.work.runs[r], v.states[r]));
        stop_with(std::move(v), how, "in training");
    }
    mark_lost(v.states);
    try {
        v.loads = hold_against_theory(v.made.work, v.states, how.theory, watched);
    } catch (cut_short<std::vector<trained_loads>>& cut) {
        v.loads = std::move(cut.so_far);
        stop_with(std::move(v), how, "while models were held against theory");
    }
    conclude(v, how);
    return v;
}

table trained_models_table(const trained_validation& v) {
    table out;
    row_writer row(out);
    for (std::size_t r = 0; r < v.loads.size(); ++r) {
        const auto& place = v.made.places[r];
        const auto& at = v.loads[r];
        const auto gaps = gaps_of(at);
        row.next();
        row.put("side", static_cast<double>(place.side));
        row.put("point", static_cast<double>(place.point));
        row.put("seed", static_cast<double>(place.seed));
        if (v.made.varied != "feedback") row.put(v.made.varied, place.varied);
        row.put("feedback", feedback_at(v.made.work.runs[r], v.states[r].step));
        row.put("gap_predicted", gaps.predicted);
        row.put("gap_frozen", gaps.frozen);
        row.put("gap_nearest", gaps.nearest);
        row.put("gap_frozen_error", gaps.frozen_error);
        row.put("gap_training", gaps.training);
        row.put("z", at.z);
        row.put("judged", at.judged ? 1 : 0);
        row.put("effective_feedback", at.effective_feedback);
        row.put("stable_states", at.stable_states);
        row.put("fold", at.fold);
    }
    return out;
}

table trained_points_table(const trained_validation& v) {
    table out;
    row_writer row(out);
    for (const auto& at : v.points) {
        row.next();
        row.put("side", static_cast<double>(at.side));
        row.put("point", static_cast<double>(at.point));
        row.put(v.made.varied, at.varied);
        put_interval("gap_predicted", at.predicted, row);
        put_interval("gap_frozen", at.frozen, row);
        put_interval("gap_training", at.training, row);
        put_interval("effective_feedback", at.effective_feedback, row);
        put_interval("fold", at.fold, row);
        put_interval("training_less_predicted", at.training_less_predicted, row);
        row.put("training_states", static_cast<double>(at.training_states.states));
        row.put("training_first", at.training_states.low);
        row.put("training_second", at.training_states.high);
    }
    return out;
}

table trained_onsets_table(const trained_validation& v) {
    table out;
    row_writer row(out);
    for (const auto& at : v.onsets) {
        row.next();
        row.put("seed", static_cast<double>(at.seed));
        row.put("fold_of_first_gate", at.fold_of_first_gate);
        row.put("fold_of_own_gates", at.fold_of_own_gates);
        row.put("apart_predicted", at.apart_predicted);
        row.put("apart_frozen", at.apart_frozen);
        row.put("apart_training", at.apart_training);
    }
    return out;
}

}  // namespace moebius
