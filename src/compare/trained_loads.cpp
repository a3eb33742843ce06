// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/compare/blocking.hpp>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/compare/measured_response.hpp>
#include <moebius/compare/trained_loads.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/simulate/replicas.hpp>
#include <moebius/train/model_measures.hpp>
#include <moebius/train/moe_network.hpp>
#include <optional>

#include "gap_along.hpp"
#include "linear_limits.hpp"
#include "token_windows.hpp"

namespace moebius {
namespace {

constexpr std::size_t blocks = 32;         // of a mean of simulate
constexpr double far_from_critical = 0.8;  // effective feedback: at 1 linear theory breaks down
constexpr double most_feedback = 64;       // decay/beta, of a fold; without tokens it is at 2

/// The tokens of a trained model and its frozen gate's response.
struct frozen_gate {
    const training_run& run;
    feedback_rule rule;  ///< with the feedback that training ended with
    std::shared_ptr<const token_source> tokens;
    std::shared_ptr<const load_response> loads;  ///< null if not known

    [[nodiscard]] std::size_t experts() const { return tokens->experts(); }
    [[nodiscard]] double bias(std::size_t e) const { return rule.bias.empty() ? 0 : rule.bias[e]; }
};

frozen_gate freeze(const training_work& work, const training_run& run,
                   const training_state& state) {
    const auto& model = *run.model;
    if (model.layers() != 1 || model.routing() == nullptr)
        throw invalid_argument("trained_loads",
                               fmt::format("a model of {} routed layers came", model.layers()),
                               "one layer with a router over examples is needed");
    const auto rows = take_rows(*work.data, *run.rows);
    auto logits = model.logits(state.parameters, state.scores, rows.inputs);
    frozen_gate gate{run, run.rule, stored_tokens(logits, model.experts()), nullptr};
    gate.rule.feedback = feedback_at(run, state.step);
    gate.loads = model.routing()->mean_load(std::move(logits), model.experts());
    if (gate.loads == nullptr && model.experts() == 2) {
        auto options = response_at(run.rule.beta);
        options.threads = 1;
        gate.loads = measure_response(gate.tokens, *model.routing(), options).loads;
    }
    return gate;
}

/// The noise-free rule on its way to rest.
struct course {
    bool rests = false;
    std::vector<double> scores, p;  ///< (E) at its end
    double step = 0;                ///< time between the leads
    std::vector<double> leads;      ///< of the first expert's score over the second's, on the way

    /// Time after which the lead stays within `close` of its end.
    [[nodiscard]] double arrival(double close) const {
        std::size_t i = leads.size();
        while (i > 0 && std::abs(leads[i - 1] - leads.back()) <= close) --i;
        return step * static_cast<double>(i);
    }
};

course follow_to_rest(const frozen_gate& gate, std::vector<double> scores) {
    constexpr int most = 200'000;
    constexpr double still = 1e-11;
    course out;
    // No slope of p is beyond beta/2: steps that neither leap nor turn back.
    out.step = 1 / (gate.rule.decay + std::max(0.0, -gate.rule.feedback) * gate.rule.beta / 2);
    out.p.resize(scores.size());
    for (int i = 0; i < most && !out.rests; ++i) {
        gate.loads->loads(scores, gate.rule.beta, out.p);
        out.leads.push_back(scores[0] - scores[1]);
        double moved = 0;
        for (std::size_t e = 0; e < scores.size(); ++e) {
            const double by = out.step * (gate.rule.feedback * out.p[e] -
                                          gate.rule.decay * scores[e] + gate.bias(e));
            scores[e] += by;
            moved = std::max(moved, std::abs(by));
        }
        out.rests = moved < still * (1 + std::abs(gate.rule.feedback) / gate.rule.decay);
    }
    out.scores = std::move(scores);
    return out;
}

double effective_feedback(const frozen_gate& gate, const std::vector<double>& scores) {
    return gate.rule.feedback / gate.rule.decay *
           largest_slope(*gate.loads, scores, gate.rule.beta);
}

/// The noise of batches of T tokens around a state of two top-1 experts.
linear_noise noise_at(const frozen_gate& gate, const std::vector<double>& scores,
                      std::size_t tokens) {
    const auto& rule = gate.rule;
    const auto m =
        gap_along(*gate.loads, rule.beta).at(scores[0] - scores[1], (scores[0] + scores[1]) / 2);
    return linear_noise_of({rule.decay, rule.feedback, rule.feedback * m[1] - rule.decay,
                            rule.feedback * m[2], (1 - m[0] * m[0]) / static_cast<double>(tokens)},
                           rule.step);
}

/// Stable states and fold of two experts.
void add_states(const frozen_gate& gate, trained_loads& out) {
    const auto& rule = gate.rule;
    const double most = most_feedback * rule.decay / rule.beta, h = gate.bias(0) - gate.bias(1);
    const double reach =  // of every state, and a little more
        1.01 * (std::max(most, std::abs(rule.feedback)) + std::abs(h)) / rule.decay;
    const gap_along gap(*gate.loads, rule.beta);
    const exact::scalar_response m(gap.plain(0), rule.decay, {-reach, reach, 4000});
    out.stable_states = static_cast<double>(m.stable_states(rule.feedback, h));
    out.fold = m.two_states_from(h, most).value_or(not_a_number);
}

/// The loop of top-1 is the same in its own code, at a tenth of the time.
simulation simulate_frozen(const frozen_gate& gate, simulate_options& how, const watch& stop) {
    if (const auto noise = gate.run.model->routing()->top_1_noise()) {
        how.loop.noise = *noise;
        return simulate(gate.tokens, gate.rule, how, stop, *make_cpu_loops(1));
    }
    const std::shared_ptr<const router> same(gate.run.model, gate.run.model->routing());
    return simulate(gate.tokens, same, gate.rule, how, stop, *make_cpu_loops(1));
}

/// Batches over which a frozen loop is averaged.
std::size_t batches_of(const trained_options& options, const feedback_rule& rule) {
    return std::max<std::size_t>(
        64, static_cast<std::size_t>(options.average / (rule.step * rule.decay)));
}

/// Mean loads of the closed loop and their errors, from the scores that training left.
/// @return (E) its mean scores
std::vector<double> run_frozen(const frozen_gate& gate, const training_state& state,
                               const trained_options& options, std::uint64_t seed,
                               const watch& stop, trained_loads& out) {
    simulate_options how;
    how.loop.tokens = options.tokens;
    how.loop.seed = seed;
    how.scores = state.scores;
    const double time = gate.rule.step * gate.rule.decay;
    how.burn_in = static_cast<std::size_t>(std::ceil(options.settle / time));
    how.steps = batches_of(options, gate.rule);
    how.record_every = how.steps;
    const auto summary = simulate_frozen(gate, how, stop).summary;
    std::vector<double> scores;
    for (std::size_t e = 0; e < gate.experts(); ++e) {
        scores.push_back(summary.at(fmt::format("score_{}_mean", e + 1))[0]);
        out.frozen.push_back(summary.at(fmt::format("load_{}_mean", e + 1))[0]);
        out.error.push_back(summary.at(fmt::format("load_{}_error", e + 1))[0]);
    }
    return scores;
}

std::vector<double> late_loads(const training_state& state) {
    const auto means = late_means(state);
    return {means.begin() + 2, means.end()};
}

/// The errors of the mean loads of two top-1 experts, in place of those from blocks: blocks of a
/// loop whose feedback is negative are anticorrelated, and their scatter is larger than the mean's.
/// @return whether theory has them: the state attracts
/// @source docs/theory.md section 7 (error of a block mean)
bool add_errors_of_two(const frozen_gate& gate, const std::vector<double>& scores,
                       const trained_options& options, trained_loads& out) {
    const auto& rule = gate.rule;
    const auto m =
        gap_along(*gate.loads, rule.beta).at(scores[0] - scores[1], (scores[0] + scores[1]) / 2);
    const loop_mode gap{(1 - m[0] * m[0]) / static_cast<double>(options.tokens),
                        rule.decay - rule.feedback * m[1]};
    if (!(gap.rate > 0 && rule.step * gap.rate < 2)) return false;
    const double variance = mean_variance(gap, rule.decay, rule.step, batches_of(options, rule));
    out.error.assign(2, std::sqrt(variance) / 2);  // of a load, half of the gap's
    return true;
}

/// The errors of the mean loads of more top-1 experts, in place of those from blocks, likewise.
/// @param near  its scores are of a state far from critical
/// @return the modes of the loop; nothing where it swings over or has too many experts
/// @source docs/theory.md section 7 (N experts, tokens that are drawn)
std::optional<loop_modes> add_errors_of_experts(const frozen_gate& gate, const course& near,
                                                const trained_options& options,
                                                trained_loads& out) {
    const auto& rule = gate.rule;
    const double steepest = rule.decay - std::min(0.0, rule.feedback) *
                                             largest_slope(*gate.loads, near.scores, rule.beta);
    if (gate.experts() > most_mode_experts || rule.feedback == 0 || !(rule.step * steepest < 2))
        return std::nullopt;
    auto at = make_expert_problem(gate.loads);
    at.set("feedback", rule.feedback);
    at.set("decay", rule.decay);
    at.set("beta", rule.beta);
    auto modes = modes_about(at, near.scores, {}, {rule.step, options.tokens, 1, false});
    const auto along = mean_covariance(modes, rule.decay, rule.step, batches_of(options, rule));
    out.error = load_errors(modes, along);
    return modes;
}

/// z of the loop, and whether theory lets it speak.
/// @param to_rest  from where training left the scores
/// @param near     from the loop's mean scores
void judge(const frozen_gate& gate, const course& to_rest, const course& near,
           const trained_options& options, trained_loads& out) {
    const auto& p = near.p;
    const bool top_1 = gate.run.model->routing()->top_1_noise().has_value();
    const bool two =
        top_1 && gate.experts() == 2 && add_errors_of_two(gate, near.scores, options, out);
    const auto top = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    const auto& rule = gate.rule;
    double at = p[top];
    const double tokens =
        static_cast<double>(options.tokens) * options.average / (rule.step * rule.decay);
    out.judged = (1 - at) * tokens >= fewest_tokens;
    bool known = two;
    if (two && rule.feedback != 0) {
        const auto noise = noise_at(gate, near.scores, options.tokens);
        const double sd = std::sqrt(noise.variance);
        out.gap_shift = noise.gap_shift;
        at += (top == 0 ? 0.5 : -0.5) * out.gap_shift;
        const bool stayed = std::abs(near.leads.back() - to_rest.leads.back()) <= sd;
        out.judged = out.judged && stayed && is_linear(noise, options.settle / rule.decay) &&
                     to_rest.arrival(linear_limit * sd) * rule.decay <= options.settle;
    } else if (!two) {
        out.judged = out.judged && effective_feedback(gate, near.scores) <= far_from_critical;
        if (top_1 && gate.experts() > 2 && out.judged)
            if (const auto modes = add_errors_of_experts(gate, near, options, out)) {
                known = true;
                at += modes->shift[top];
                out.judged = modes->bend <= linear_limit;
            }
    }
    const double off = out.frozen[top] - at;
    if (out.error[top] > 0)
        out.z = known ? off / out.error[top] : normal_deviate(off, out.error[top], blocks);
}

trained_loads hold(const training_work& work, const training_run& run, const training_state& state,
                   const trained_options& options, std::uint64_t seed, const watch& stop) {
    auto out = before_theory(run, state);
    if (state.diverged_at != training_state::sound) return out;
    out.frozen.clear();
    out.error.clear();
    const auto gate = freeze(work, run, state);
    const auto around = run_frozen(gate, state, options, seed, stop, out);
    if (gate.loads == nullptr) return out;
    const auto to_rest = follow_to_rest(gate, state.scores);
    if (to_rest.rests) {
        out.predicted = to_rest.p;
        out.effective_feedback = effective_feedback(gate, to_rest.scores);
    }
    if (const auto near = follow_to_rest(gate, around); near.rests) {
        out.nearest = near.p;
        judge(gate, to_rest, near, options, out);
    }
    if (gate.experts() == 2) add_states(gate, out);
    return out;
}

}  // namespace

trained_loads before_theory(const training_run& run, const training_state& state) {
    const std::vector<double> unknown(run.model->experts(), not_a_number);
    const bool sound = state.diverged_at == training_state::sound;
    return {unknown,      unknown, unknown,      unknown, sound ? late_loads(state) : unknown,
            not_a_number, 0,       not_a_number, false,   not_a_number,
            not_a_number};
}

std::vector<std::vector<double>> loads_at_rest(const training_work& work,
                                               std::span<const training_state> states,
                                               unsigned threads, const watch& watched) {
    check(work);
    std::vector<std::vector<double>> all(states.size());
    parallel_for(
        states.size(), threads,
        [&](std::size_t r) {
            const auto gate = freeze(work, work.runs[r], states[r]);
            all[r].assign(gate.experts(), not_a_number);
            if (gate.loads == nullptr) return;
            auto rest = follow_to_rest(gate, states[r].scores);
            if (rest.rests) all[r] = std::move(rest.p);
        },
        watched, "trained_loads");
    return all;
}

std::vector<trained_loads> hold_against_theory(const training_work& work,
                                               std::span<const training_state> states,
                                               const trained_options& options,
                                               const watch& watched) {
    check(work);
    if (states.size() != work.runs.size())
        throw invalid_argument("trained_loads", fmt::format("{} states came", states.size()),
                               fmt::format("there are {} runs", work.runs.size()));
    require("trained_loads")
        .at_least("tokens", options.tokens, 1)
        .positive_and_finite("settle", options.settle)
        .positive_and_finite("average", options.average);
    std::vector<trained_loads> all;
    for (std::size_t r = 0; r < states.size(); ++r)
        all.push_back(before_theory(work.runs[r], states[r]));
    const watch stop{{}, watched.stop};
    const auto one = [&](std::size_t r) {
        all[r] = hold(work, work.runs[r], states[r], options, derived_seed(options.seed, r), stop);
    };
    try {
        parallel_for(states.size(), options.threads, one, watched, "trained_loads");
    } catch (const interrupted&) {
        throw cut_short<std::vector<trained_loads>>("trained_loads", std::move(all));
    }
    return all;
}

}  // namespace moebius
