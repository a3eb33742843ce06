// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/compare/held_prediction.hpp>
#include <moebius/train/held.hpp>
#include <numeric>
#include <utility>

#include "linear_limits.hpp"

namespace moebius {
namespace {

constexpr std::uint64_t records_each_side = 4;  // of the age: a relaxation time of free scores

[[noreturn]] void refuse(std::string_view where, std::string_view got, std::string_view needed) {
    throw invalid_argument(where, got, needed);
}

void check_held(const experiment_options& options, const trained_validation_options& how,
                const held_options& held) {
    if (options.varied != "feedback")
        refuse("--held", fmt::format("{} is varied", options.varied),
               "held training predicts a sweep of feedback");
    if (options.ramp != 0) refuse("--held", "a ramp came", "feedback must stay");
    if (held.gaps < 3) refuse("--held", fmt::format("{} gaps came", held.gaps), "three are needed");
    if (!(held.most_gap > 0 && held.most_gap < 1))
        refuse("--most-gap", fmt::format("{} came", held.most_gap), "it must be in (0, 1)");
    if (held.over.draws < 100)
        refuse("--draws", fmt::format("{} came", held.over.draws), "100 are needed");
    if (!(held.over.level > 0 && held.over.level < 1))
        refuse("--level", fmt::format("{} came", held.over.level), "it must be in (0, 1)");
    if (held.age != 0 && !(held.age >= 4 && held.age <= static_cast<double>(how.steps)))
        refuse("--age", fmt::format("{} came", held.age),
               fmt::format("it must be 4 to the {} batches of training", how.steps));
}

/// Gaps even in the softmax lead up to that of the largest: of two experts from its opposite, of
/// more, of which the others are alike, from -1, where the first has little load but some.
std::vector<double> gaps_to_hold(const held_options& held, std::size_t experts) {
    const auto n = static_cast<double>(experts);
    const double high = std::log1p((n - 1) * held.most_gap) - std::log1p(-held.most_gap);
    const double low = experts == 2 ? -high : -1;
    std::vector<double> gaps;
    for (std::size_t i = 0; i < held.gaps; ++i) {
        const double u =
            std::lerp(low, high, static_cast<double>(i) / static_cast<double>(held.gaps - 1));
        gaps.push_back(std::expm1(u) / (std::exp(u) + n - 1));
    }
    return gaps;
}

std::vector<training_state> train_all(const experiment& made, std::uint64_t until,
                                      const training_backend& on, const watch& watched) {
    std::vector<training_state> states;
    for (const auto& run : made.work.runs) states.push_back(begin(run));
    on.train(made.work, states, until, watched);
    mark_lost(states);
    for (const auto& state : states)
        if (state.diverged_at != training_state::sound)
            refuse("--held", fmt::format("a model diverged at batch {}", state.diverged_at),
                   "all must be finite");
    return states;
}

/// The gap that was held over the last `rows` records, and the lead that this took.
struct held_record {
    double gap = 0;
    series_mean lead;
};

/// The gap is what loads were, not their target: where the gate learns fast the hold lags behind.
held_record late_record(const training_state& state, std::size_t rows) {
    const std::size_t experts = state.scores.size(), width = 2 + 2 * experts;
    const auto others = static_cast<double>(experts) - 1;
    std::vector<double> gaps, leads;
    for (std::size_t row = state.records.size() / width - rows; row < state.records.size() / width;
         ++row) {
        const auto* loads = state.records.data() + row * width + 2;
        const auto* scores = loads + experts;
        gaps.push_back(loads[0] - (1 - loads[0]) / others);
        leads.push_back(scores[0] - std::accumulate(scores + 1, scores + experts, 0.0) / others);
    }
    return {mean_of_series(gaps).mean, mean_of_series(leads)};
}

/// A response through what was held. Gaps that noise has put out of order are put in it, and one at
/// an end of all loads, which no lead holds, is left out.
held_response response_of(std::vector<held_record> held, std::size_t experts, double beta) {
    const double least = -1 / (static_cast<double>(experts) - 1);
    std::sort(held.begin(), held.end(), [](const auto& a, const auto& b) { return a.gap < b.gap; });
    std::vector<double> gaps, leads;
    for (const auto& one : held) {
        if (!(one.gap > least && one.gap < 1) || (!gaps.empty() && one.gap == gaps.back()))
            continue;
        gaps.push_back(one.gap);
        leads.push_back(one.lead.mean);
    }
    return {std::move(gaps), std::move(leads), experts, beta};
}

/// Fills in the responses.
void hold_models(experiment_options options, const held_options& held, const training_backend& on,
                 const watch& watched, held_prediction& out) {
    out.gaps = gaps_to_hold(held, options.experts);
    options.varied = "gap";
    options.values = out.gaps;
    const auto& numbers = options.sides.front().numbers;
    const double relaxation = 1 / (numbers.step * numbers.decay);
    const auto every = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::round(relaxation / records_each_side)));
    options.record_every = every;
    const auto made = make_experiment(options);
    const auto& rule = made.work.runs.front().rule;
    const auto asked = held.age > 0 ? static_cast<std::uint64_t>(held.age) : decision_age(rule);
    out.age = std::max<std::uint64_t>(records_each_side, (asked + every / 2) / every) * every;
    out.window = 2 * records_each_side * every;
    const auto last = out.age + records_each_side * every;
    const auto states = train_all(made, last, on, watched);
    out.held_batches = last * states.size();
    for (std::size_t s = 0; s < made.seeds(); ++s) {
        std::vector<held_record> held_at;
        std::vector<double> gaps, leads, errors;
        for (std::size_t p = 0; p < made.points(); ++p) {
            held_at.push_back(late_record(states[made.run(0, p, s)], 2 * records_each_side));
            gaps.push_back(held_at.back().gap);
            leads.push_back(held_at.back().lead.mean);
            errors.push_back(held_at.back().lead.error);
        }
        out.responses.push_back(response_of(std::move(held_at), options.experts, rule.beta));
        out.held_gaps.push_back(std::move(gaps));
        out.leads.push_back(std::move(leads));
        out.errors.push_back(std::move(errors));
    }
}

/// Fills in the gaps that the gates predict which training without feedback left.
void freeze_gates(experiment_options options, const trained_validation_options& how,
                  const training_backend& on, const watch& watched, held_prediction& out) {
    options.varied.clear();
    options.values.clear();
    options.sides.front().numbers.hold_speed = model_numbers::unset;
    const auto free = make_experiment(options);
    const auto gates = train_all(free, how.steps, on, watched);
    out.held_batches += how.steps * gates.size();
    auto work = free.work;
    work.runs.clear();
    std::vector<training_state> states;
    for (const auto& point : out.points)
        for (std::size_t s = 0; s < free.seeds(); ++s) {
            work.runs.push_back(free.work.runs[s]);
            work.runs.back().rule.feedback = point.feedback;
            states.push_back(gates[s]);
            states.back().scores.assign(states.back().scores.size(), 0);
            states.back().scores[0] =
                point.side == 0 ? how.lead : (options.experts == 2 ? -how.lead : 0);
        }
    const auto loads = loads_at_rest(work, states, how.theory.threads, watched);
    const auto others = static_cast<double>(options.experts) - 1;
    for (std::size_t i = 0; i < loads.size(); ++i)
        out.points[i / free.seeds()].frozen.push_back(loads[i][0] - (1 - loads[i][0]) / others);
}

/// Fills in the rests that are followed to the last batch.
void follow_to_the_end(experiment_options options, const trained_validation_options& how,
                       const training_backend& on, const watch& watched, held_prediction& out) {
    auto& speed = options.sides.front().numbers.hold_speed;
    const double own_speed = std::exchange(speed, model_numbers::unset);
    const auto rests = follow_rests(from_both_starts(options, how.lead), own_speed, how.steps,
                                    how.theory.threads, on, watched);
    const std::size_t seeds = options.seeds;
    for (std::size_t r = 0; r < rests.size(); ++r)
        out.points[r / seeds].followed.push_back(rests[r]);
    out.followed_batches = how.steps * rests.size();
}

}  // namespace

std::uint64_t decision_age(const feedback_rule& rule) {
    return static_cast<std::uint64_t>(std::ceil(settled / (rule.step * rule.decay)));
}

held_prediction predict_from_held(const experiment_options& options,
                                  const trained_validation_options& how, const held_options& held,
                                  const training_backend& on, const watch& watched) {
    check(options, how);
    check_held(options, how, held);
    held_prediction out;
    hold_models(options, held, on, watched, out);
    const auto& numbers = options.sides.front().numbers;
    const double other = options.experts == 2 ? -how.lead : 0;
    for (const std::size_t side : {0U, 1U})
        for (const double feedback : options.values) {
            held_point point{side, feedback, {}, {}};
            for (const auto& response : out.responses)
                point.held.push_back(
                    response.settle(response.softmax_gap(side == 0 ? how.lead : other), feedback,
                                    numbers.decay, numbers.bias));
            out.points.push_back(std::move(point));
        }
    freeze_gates(options, how, on, watched, out);
    if (held.follow) follow_to_the_end(options, how, on, watched, out);
    return out;
}

}  // namespace moebius
