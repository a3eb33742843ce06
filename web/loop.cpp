// SPDX-License-Identifier: MIT
// The closed loop of a page, as `moebius simulate` runs its first replica.
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <optional>

#include "request.hpp"

namespace moebius::web {
namespace {

struct running_loop {
    closed_loop loop;
    loop_options options;
    double step;
    json parameters;      ///< under which `margin` saw it
    layer_margin margin;  ///< of the batches since they changed
};

std::optional<running_loop>& kept_loop() {
    static std::optional<running_loop> kept;
    return kept;
}

feedback_rule rule_of(const problem& at, const json& request, double step) {
    const auto value = [&](std::string_view name) { return at.parameters[at.index_of(name)]; };
    feedback_rule rule{value("feedback"), value("decay"), value("beta"), {}, step};
    if (has_scores(request)) {
        const auto first =
            at.parameters.begin() + static_cast<std::ptrdiff_t>(at.index_of("bias_1"));
        rule.bias.assign(first, first + static_cast<std::ptrdiff_t>(at.model->experts()));
    } else {
        rule.bias = bias_of_two(value("bias"));
    }
    if (request.value("controlled", false))
        rule.controller = {control_law::integral, value("gain"), value("leak")};
    return rule;
}

/// The scores that a state of the model stands for; that of two experts is their difference.
std::vector<double> scores_from(const json& request, const problem& at) {
    auto state = request.value("state", std::vector<double>(at.model->dimension()));
    if (state.size() != at.model->dimension())
        throw invalid_argument("state", std::to_string(state.size()) + " numbers came",
                               "the model has " + std::to_string(at.model->dimension()));
    if (!has_scores(request)) return bias_of_two(state[0]);
    state.resize(at.model->experts());
    return state;
}

/// What the loop knows of itself, as load_log_file.hpp writes it beside a log.
log_head head_of(const feedback_rule& rule, std::size_t experts, std::size_t tokens) {
    log_head head;
    head.layers = {"loop"};
    head.experts = experts;
    head.top_k = 1;
    head.tokens = static_cast<double>(tokens);
    head.rate = rule.step;
    head.feedback = rule.feedback;
    head.decay = rule.decay;
    head.beta = rule.beta;
    const bool controlled = rule.controller.law == control_law::integral;
    if (controlled) head.bias_rate = rule.controller.gain * rule.step;
    if (controlled) head.bias_leak = rule.controller.leak * rule.step;
    head.gate = "softmax";
    head.balancer = controlled ? "integral" : "feedback";
    return head;
}

/// Shares of the next batch, of which the margin is told.
std::vector<double> next_loads(closed_loop& loop, const feedback_rule& rule, std::size_t tokens,
                               layer_margin& margin) {
    std::vector<double> scores(loop.scores().begin(), loop.scores().end());
    for (std::size_t e = 0; e < scores.size(); ++e) scores[e] += loop.control_scores()[e];
    const auto drawn = loop.advance(rule);
    std::vector<double> loads(drawn.begin(), drawn.end());
    margin.take(
        {.step = static_cast<std::int64_t>(loop.steps()), .loads = loads, .scores = scores});
    for (double& load : loads) load /= static_cast<double>(tokens);
    return loads;
}

json told(const layer_diagnosis& found) {
    json out{{"verdict", to_string(found.verdict)}, {"reason", found.reason}};
    if (!found.knob.empty()) out["knob"] = found.knob;
    return out;
}

}  // namespace

json start_loop(const json& request) {
    const auto at = problem_from(request);
    loop_options options;
    options.tokens = request.value("tokens", options.tokens);
    options.seed = derived_seed(request.value("seed", std::uint64_t{1}), 0);
    const double step = request.value("step", feedback_rule{}.step);
    const auto rule = rule_of(at, request, step);
    kept_loop().emplace(
        running_loop{closed_loop(source_of(request, at), options, scores_from(request, at)),
                     options, step, request.value("parameters", json::object()),
                     layer_margin(head_of(rule, at.model->experts(), options.tokens))});
    return {{"experts", at.model->experts()}};
}

json run_loop(const json& request) {
    if (!kept_loop()) throw invalid_argument("run_loop", "no loop came", "one is started first");
    auto& [loop, options, step, parameters, margin] = *kept_loop();
    const auto at = problem_from(request);
    const auto rule = rule_of(at, request, step);
    if (auto now = request.value("parameters", json::object()); now != parameters) {
        margin = layer_margin(head_of(rule, at.model->experts(), options.tokens));
        parameters = std::move(now);
    }
    json loads = json::array();
    for (auto left = request.value("batches", std::size_t{1}); left > 0; --left)
        loads.push_back(next_loads(loop, rule, options.tokens, margin));
    return {{"loads", std::move(loads)},
            {"scores", loop.scores()},
            {"steps", loop.steps()},
            {"diagnosis", told(margin.result())}};
}

}  // namespace moebius::web
