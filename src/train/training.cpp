// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/train/training.hpp>
#include <set>
#include <utility>

#include "score_prober.hpp"

namespace moebius {
namespace {

/// A batch as it is drawn, step after step, into the same memory.
class drawn_batch {
public:
    drawn_batch(const training_work& work, const training_run& run, const watch& watched)
        : data_(*work.data),
          rows_(*run.rows),
          words_(work.batch),
          inputs_(work.batch * data_.width),
          labels_(work.batch),
          watch_(watched) {}

    /// @throws interrupted  if the watch asks to stop
    example_batch draw(std::uint64_t seed, std::uint64_t step) {
        if (watch_.stopping()) throw interrupted("train");
        random_words(seed, random_stream::token, step, 0, words_);
        for (std::size_t i = 0; i < words_.size(); ++i) {
            const std::uint32_t at = rows_[(words_[i][3] * std::uint64_t{rows_.size()}) >> 32];
            const auto row = data_.row(at);
            std::copy(row.begin(), row.end(),
                      inputs_.begin() + static_cast<std::ptrdiff_t>(i * data_.width));
            labels_[i] = data_.labels[at];
        }
        return {inputs_, labels_, &watch_};
    }

private:
    const labelled_data& data_;
    const std::vector<std::uint32_t>& rows_;
    std::vector<random_block> words_;
    std::vector<double> inputs_;
    std::vector<std::uint32_t> labels_;
    const watch& watch_;
};

/// A state at its last record, from where it can go on: the sums in between are in no state.
class last_record {
public:
    explicit last_record(const training_state& of) { keep(of); }

    void keep(const training_state& of) {
        step_ = of.step;
        parameters_ = of.parameters;
        moments_ = of.moments;
        scores_ = of.scores;
        control_ = of.control;
    }
    void put_back(training_state& to) {
        to.step = step_;
        to.parameters = std::move(parameters_);
        to.moments = std::move(moments_);
        to.scores = std::move(scores_);
        to.control = std::move(control_);
    }

private:
    std::uint64_t step_ = 0;
    std::vector<double> parameters_, moments_, scores_, control_;
};

/// The next batch's pass.
/// @throws interrupted  with the state put back
network_pass learned(const training_run& run, training_state& state, drawn_batch& batch,
                     score_prober& probe, last_record& kept, std::span<double> gradient) {
    try {
        const batch_key key{run.seed, state.step};
        const auto drawn = batch.draw(key.seed, key.step);
        const auto scores = probe.scores(state);
        auto pass = run.model->learn(state.parameters, scores, drawn, key, gradient);
        probe.take(state, scores, drawn.inputs);
        return pass;
    } catch (const interrupted&) {
        kept.put_back(state);
        throw;
    }
}

/// Moves the scores of all layers by the loads of one batch.
/// @param loads  (L E)
void move_scores(const feedback_rule& rule, std::span<const double> loads, std::size_t experts,
                 training_state& state) {
    for (std::size_t e = 0; e < state.control.size(); ++e) state.scores[e] -= state.control[e];
    for (std::size_t first = 0; first < loads.size(); first += experts) {
        const auto of_layer = loads.subspan(first, experts);
        follow(rule, of_layer, std::span(state.scores).subspan(first, experts));
        if (!state.control.empty())
            control(rule.controller, rule.step, of_layer,
                    std::span(state.control).subspan(first, experts));
    }
    for (std::size_t e = 0; e < state.control.size(); ++e) state.scores[e] += state.control[e];
}

/// What a small file with many columns or classes may ask for: 32 MiB a copy.
constexpr std::size_t most_parameters = std::size_t{1} << 22;

}  // namespace

double feedback_at(const training_run& run, std::uint64_t step) noexcept {
    if (!run.hold.loads.empty()) return -1;
    const double from = run.rule.feedback, to = run.feedback_end;
    if (std::isnan(to)) return from;
    if (step >= run.ramp) return to;
    return from + (to - from) * (static_cast<double>(step) / static_cast<double>(run.ramp));
}

feedback_rule rule_at(const training_run& run, std::uint64_t step) {
    auto rule = run.hold.loads.empty() ? run.rule : hold_rule(run.hold, run.rule);
    rule.feedback = feedback_at(run, step);
    return rule;
}

std::vector<double> late_means(const training_state& state) {
    const std::size_t scores = state.scores.size(), width = 2 + 2 * scores;
    const std::size_t rows = state.records.size() / width;
    std::vector<double> means(2 + scores, rows == 0 ? std::numeric_limits<double>::quiet_NaN() : 0);
    const std::size_t from = rows - std::min(rows, std::max<std::size_t>(1, rows / 4));
    for (std::size_t row = from; row < rows; ++row)
        for (std::size_t i = 0; i < means.size(); ++i)
            means[i] += state.records[row * width + i] / static_cast<double>(rows - from);
    return means;
}

namespace {

void check_hold(const training_run& run) {
    check(run.hold, run.model->experts());
    if (run.hold.loads.empty()) return;
    if (run.rule.controller.law != control_law::none)
        throw invalid_argument("hold", "a controller came", "loads are held by scores alone");
    if (run.rule.feedback != 0 || !std::isnan(run.feedback_end))
        throw invalid_argument("hold", "a feedback came", "scores that hold loads heed none");
}

void check_probe(const score_probe& probe, const training_run& run) {
    require("train").not_negative("dither", probe.dither);
    if (!probe.moments) return;
    if (run.model->layers() != 1 || run.model->routing() == nullptr)
        throw invalid_argument("train", "moments of another network came",
                               "a routed layer of examples has them, one layer alone");
    const auto rule = run.model->routing()->rule();
    using kind = routing_rule::kind;
    if (!rule || rule->balancing.frequency > 0 ||
        !(rule->chooses == kind::shares ||
          (rule->k_max == 1 &&
           (rule->chooses == kind::subset || rule->noise == noise_law::gumbel))))
        throw invalid_argument(
            "train", fmt::format("moments of the router {} came", run.model->routing()->name()),
            "its loads must be means of a softmax: top-1 with gumbel noise, or shares");
}

/// Runs share lists of rows: each is looked at once.
void check_rows(const training_work& work) {
    std::set<const void*> seen;
    for (const auto& run : work.runs) {
        if (run.rows == nullptr || run.rows->empty())
            throw invalid_argument("train", "a run has no rows to train on",
                                   "at least one is needed");
        if (seen.insert(run.rows.get()).second &&
            *std::max_element(run.rows->begin(), run.rows->end()) >= work.data->rows())
            throw invalid_argument("train", "a row is out of range",
                                   fmt::format("there are {}", work.data->rows()));
    }
}

}  // namespace

void check(const training_work& work) {
    if (work.data == nullptr || work.data->rows() == 0)
        throw invalid_argument("train", "no data came", "at least one example is needed");
    if (work.runs.empty()) throw invalid_argument("train", "no run came", "at least one is needed");
    if (work.batch == 0 || work.batch > (std::size_t{1} << 31))
        throw invalid_argument("train", fmt::format("a batch of {} came", work.batch),
                               "it must be 1 to 2^31");
    require("train").at_least("record_every", work.record_every, 1);
    check_rows(work);
    for (const auto& run : work.runs) {
        if (run.model == nullptr)
            throw invalid_argument("train", "a run has no model", "one is needed");
        if (run.model->width() != work.data->width || run.model->classes() < work.data->classes)
            throw invalid_argument(
                "train",
                fmt::format("a model of {} features and {} classes came", run.model->width(),
                            run.model->classes()),
                fmt::format("the data have {} and {}", work.data->width, work.data->classes));
        if (run.model->parameters() > most_parameters)
            throw invalid_argument(
                "train",
                fmt::format("a model of {} features, {} experts and {} classes has {} parameters",
                            run.model->width(), run.model->experts(), run.model->classes(),
                            run.model->parameters()),
                fmt::format("{} are the most", most_parameters));
        if (!run.scores.empty() && run.scores.size() != run.model->scores())
            throw invalid_argument("train",
                                   fmt::format("{} scores came to start from", run.scores.size()),
                                   fmt::format("the model has {}", run.model->scores()));
        check(run.optimiser);
        check(run.rule, run.model->experts());
        check_hold(run);
        check_probe(work.probe, run);
        if (std::isinf(run.feedback_end))
            throw invalid_argument("train", "feedback_end is infinite", "it must be finite");
    }
}

void check(const training_work& work, std::uint64_t until) {
    check(work);
    std::size_t row = 0;  // numbers of a record of all models
    for (const auto& run : work.runs)
        row = checked_sum(
            "train", {row, 2, checked_product("train", {2, run.model->scores()}),
                      work.probe.moments
                          ? checked_product("train", {run.model->experts(), run.model->experts()})
                          : 0});
    check_result_size("train", "records of all models", until / work.record_every, row);
}

bool is_finite(const training_state& state) noexcept {
    for (const auto* values : {&state.parameters, &state.scores, &state.control})
        for (const double value : *values)
            if (!std::isfinite(value)) return false;
    return true;
}

void mark_lost(std::span<training_state> states) {
    for (auto& state : states)
        if (state.diverged_at == training_state::sound && !is_finite(state))
            state.diverged_at = state.step;
}

training_state begin(const training_run& run) {
    training_state state;
    state.parameters = run.model->initial(run.seed);
    state.moments.resize(moments(run.optimiser) * state.parameters.size());
    state.scores = run.scores;
    if (state.scores.empty() && !run.hold.loads.empty()) {
        const auto of_layer = softmax_scores(run.hold.loads, run.rule.beta);
        while (state.scores.size() < run.model->scores())
            state.scores.insert(state.scores.end(), of_layer.begin(), of_layer.end());
    }
    state.scores.resize(run.model->scores());
    if (run.rule.controller.law != control_law::none) state.control.resize(state.scores.size());
    return state;
}

void advance(const training_work& work, const training_run& run, training_state& state,
             std::uint64_t until, const watch& watched) {
    if (until % work.record_every != 0)
        throw invalid_argument(
            "train", fmt::format("batch {} is to be reached", until),
            fmt::format("it must be a multiple of record_every, {}", work.record_every));
    if (state.diverged_at != training_state::sound) return;
    const std::size_t experts = run.model->experts(), scores = state.scores.size();
    drawn_batch batch(work, run, watched);
    std::vector<double> gradient(state.parameters.size()), window(2 + scores);
    auto rule = rule_at(run, state.step);
    const double share = 1 / static_cast<double>(work.record_every);
    last_record kept(state);
    score_prober probe(work.probe, run);
    while (state.step < until) {
        const auto pass = learned(run, state, batch, probe, kept, gradient);
        const bool routed =
            std::any_of(pass.loads.begin(), pass.loads.end(), [](double load) { return load > 0; });
        if (!std::isfinite(pass.loss) || !routed) {
            state.diverged_at = state.step;
            return;
        }
        descend(run.optimiser, state.step, state.moments, gradient, state.parameters);
        rule.feedback = feedback_at(run, state.step);
        move_scores(rule, pass.loads, experts, state);
        window[0] += share * pass.loss;
        window[1] += share * pass.right;
        for (std::size_t i = 0; i < scores; ++i) window[2 + i] += share * pass.loads[i];
        if (++state.step % work.record_every != 0) continue;
        state.records.insert(state.records.end(), window.begin(), window.end());
        state.records.insert(state.records.end(), state.scores.begin(), state.scores.end());
        probe.end_record(state);
        std::fill(window.begin(), window.end(), 0.0);
        kept.keep(state);
    }
}

}  // namespace moebius
