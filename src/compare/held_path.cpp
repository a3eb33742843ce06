// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/compare/held_path.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/train/model_measures.hpp>
#include <numeric>

namespace moebius {
namespace {

using gate_ptr = std::shared_ptr<const load_response>;

gate_ptr gate_response(const training_work& work, const training_run& run,
                       const training_state& state) {
    const auto& model = *run.model;
    auto logits =
        model.logits(state.parameters, state.scores, take_rows(*work.data, *run.rows).inputs);
    auto loads = model.routing() == nullptr
                     ? nullptr
                     : model.routing()->mean_load(std::move(logits), model.experts());
    if (loads == nullptr)
        throw invalid_argument("--follow", "a router came whose mean loads are not known",
                               "rests are followed through them");
    return loads;
}

/// Of the first number over the mean of the others.
double over_others(std::span<const double> of) {
    const auto others = static_cast<double>(of.size() - 1);
    return of[0] - std::accumulate(of.begin() + 1, of.end(), 0.0) / others;
}

/// Mean loads while the rule moves the scores over `batches`, and the gate goes from one to the
/// other. each(batch, p) hears of the loads.
template <typename Each>
std::vector<double> flow(const load_response& before, const load_response& after,
                         const feedback_rule& rule, std::uint64_t batches, loop_scores& scores,
                         const Each& each) {
    const std::size_t experts = scores.sum().size();
    const auto all = static_cast<double>(batches);
    std::vector<double> p(experts), later(experts), mean(experts);
    for (std::uint64_t t = 0; t < batches; ++t) {
        before.loads(scores.sum(), rule.beta, p);
        if (&before != &after) {
            after.loads(scores.sum(), rule.beta, later);
            const double share = (static_cast<double>(t) + 0.5) / all;
            for (std::size_t e = 0; e < experts; ++e) p[e] = std::lerp(p[e], later[e], share);
        }
        each(t, p);
        scores.follow(rule, p);
        for (std::size_t e = 0; e < experts; ++e) mean[e] += p[e] / all;
    }
    return mean;
}

/// Mean loads (E) of the last records.
std::vector<double> seen_loads(const training_state& state, std::size_t records) {
    const std::size_t experts = state.scores.size(), width = 2 + 2 * experts;
    std::vector<double> mean(experts);
    for (std::size_t row = 1; row <= records; ++row)
        for (std::size_t e = 0; e < experts; ++e)
            mean[e] += state.records[state.records.size() - row * width + 2 + e] /
                       static_cast<double>(records);
    return mean;
}

/// Loads that a hold can tell from none: an eighth of an example a batch.
std::vector<double> to_hold(std::vector<double> loads, std::size_t batch) {
    double sum = 0;
    for (double& load : loads) sum += load = std::max(load, 0.125 / static_cast<double>(batch));
    for (double& load : loads) load /= sum;
    return loads;
}

/// Batches.
double relaxation_of(const feedback_rule& rule) { return 1 / (rule.step * rule.decay); }

/// Twice the speed of free scores about these loads: feedback below 0 makes them faster than their
/// decay does, by at most the slope of a softmax (hold_rule).
double speed_for(const feedback_rule& rule, const std::vector<double>& loads) {
    double slope = 0;
    for (const double load : loads) slope = std::max(slope, rule.beta * 2 * load * (1 - load));
    return std::min(1.0, 2 * rule.step * (rule.decay + std::max(0.0, -rule.feedback) * slope));
}

class followed_runs {
public:
    followed_runs(experiment made, double speed, std::uint64_t steps, unsigned threads)
        : made_(std::move(made)),
          speed_(speed),
          steps_(steps),
          threads_(threads),
          out_(made_.work.runs.size()) {
        const double quarter = std::round(relaxation_of(made_.work.runs.front().rule) / 4);
        made_.work.record_every =
            std::gcd(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(quarter)), steps);
        for (auto& run : made_.work.runs) {
            rules_.push_back(run.rule);
            run.rule.feedback = 0;
            states_.push_back(begin(run));
            scores_.emplace_back(states_.back().scores);
            gates_.push_back(gate_response(made_.work, run, states_.back()));
            owed_.emplace_back(states_.back().scores.size());
        }
    }

    /// A quarter of the age, as learning slows with it, between a quarter of a relaxation time of
    /// scores and one, in which a hold settles; whole records. Where feedback nearly holds a gap by
    /// itself, longer ones push it outwards.
    [[nodiscard]] std::uint64_t window() const {
        const auto record = made_.work.record_every;
        const double relaxation = relaxation_of(rules_.front());
        const double length = std::clamp(static_cast<double>(age_) / 4, relaxation / 4, relaxation);
        const auto records = static_cast<std::uint64_t>(length / static_cast<double>(record));
        return std::min(std::max<std::uint64_t>(1, records) * record, steps_ - age_);
    }

    void advance(std::uint64_t batches, const training_backend& on, const watch& watched) {
        auto& work = made_.work;
        each_run([&](std::size_t r) {
            auto tried = scores_[r];
            auto loads =
                flow(*gates_[r], *gates_[r], rules_[r], batches, tried, [](auto, auto&) {});
            for (std::size_t e = 0; e < loads.size(); ++e)
                loads[e] += owed_[r][e] / static_cast<double>(batches);
            auto& hold = work.runs[r].hold;
            hold.loads = to_hold(std::move(loads), work.batch);
            hold.speed = std::isnan(speed_) ? speed_for(rules_[r], hold.loads) : speed_;
        });
        on.train(work, states_, age_ + batches, watched);
        mark_lost(states_);
        each_run([&](std::size_t r) { go_on(r, batches); });
        age_ += batches;
    }

    [[nodiscard]] bool ended() const { return age_ == steps_; }
    [[nodiscard]] std::vector<double> results() const { return out_; }

private:
    void each_run(const std::function<void(std::size_t)>& body) const {
        parallel_for(states_.size(), threads_, body, {}, "--follow");
    }

    /// With the gate that the window left.
    void go_on(std::size_t r, std::uint64_t batches) {
        const auto& state = states_[r];
        if (state.diverged_at != training_state::sound)
            throw invalid_argument("--follow",
                                   fmt::format("a model diverged at batch {}", state.diverged_at),
                                   "all must be finite");
        const auto late = steps_ - steps_ / 4;
        const auto count = static_cast<double>(steps_ - late);
        auto next = gate_response(made_.work, made_.work.runs[r], state);
        const auto loads = flow(*gates_[r], *next, rules_[r], batches, scores_[r],
                                [&](std::uint64_t t, const std::vector<double>& p) {
                                    if (age_ + t >= late) out_[r] += over_others(p) / count;
                                });
        const auto seen = seen_loads(state, batches / made_.work.record_every);
        for (std::size_t e = 0; e < loads.size(); ++e)
            owed_[r][e] += static_cast<double>(batches) * (loads[e] - seen[e]);
        gates_[r] = std::move(next);
    }

    experiment made_;
    double speed_;
    std::uint64_t steps_, age_ = 0;
    unsigned threads_;
    std::vector<feedback_rule> rules_;
    std::vector<training_state> states_;
    std::vector<loop_scores> scores_;  ///< of the free rule
    std::vector<gate_ptr> gates_;
    std::vector<std::vector<double>> owed_;  ///< (E) batches' loads that the rule gave and no model
    std::vector<double> out_;
};

}  // namespace

std::vector<double> follow_rests(experiment made, double speed, std::uint64_t steps,
                                 unsigned threads, const training_backend& on,
                                 const watch& watched) {
    followed_runs runs(std::move(made), speed, steps, threads);
    while (!runs.ended()) runs.advance(runs.window(), on, watched);
    return runs.results();
}

}  // namespace moebius
