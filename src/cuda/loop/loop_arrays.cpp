// SPDX-License-Identifier: MIT
#include "loop/loop_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>

namespace moebius::gpu {
namespace {

constexpr std::size_t most_experts = 4096;  // their counts and scores stay in shared memory
constexpr std::size_t most_fresh_experts = 16, most_features = 512;  // launch_fresh
/// Of one launch: a million steps of a single run, less than a second between two looks at the
/// watch.
constexpr std::size_t history_bytes = std::size_t{1} << 23;

/// Marks tokens that no expert gets by a NaN in front; of two experts only the margin is left.
std::vector<double> routable_logits(std::span<const double> logits, std::size_t experts,
                                    stored_rows rows) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const bool margins = experts == 2 && rows == stored_rows::margins;
    std::vector<double> out;
    out.reserve(margins ? logits.size() / 2 : logits.size());
    for (std::size_t t = 0; t < logits.size(); t += experts) {
        const auto row = logits.subspan(t, experts);
        const bool sound =
            std::all_of(row.begin(), row.end(), [](double l) { return l < infinity; }) &&
            std::any_of(row.begin(), row.end(), [](double l) { return l > -infinity; });
        const std::size_t from = out.size();
        if (margins)
            out.push_back(row[0] - row[1]);
        else
            out.insert(out.end(), row.begin(), row.end());
        if (!sound) out[from] = std::numeric_limits<double>::quiet_NaN();
    }
    return out;
}

/// What single precision can change in a logit: 8 products are summed, then those sums. A token is
/// longer than assumed once in 10^13 (chi-square's tail).
/// @source Higham, Accuracy and Stability of Numerical Algorithms (2nd ed.), 4.2; Laurent and
///         Massart, Ann. Statist. 28 (2000), lemma 1
float logit_error(const linear_gate& gate, std::size_t experts) {
    const auto d = static_cast<double>(gate.width);
    const double token = std::sqrt(d + 2 * std::sqrt(30 * d) + 60);
    double longest = 0;
    for (std::size_t e = 0; e < experts; ++e) {
        double square = 0;
        for (const float w : gate.weights.subspan(e * gate.width, gate.width))
            square += double{w} * double{w};
        longest = std::max(longest, std::sqrt(square));
    }
    return static_cast<float>((10 + std::ceil(d / 8)) * 0x1p-24 * token * longest);
}

/// What of the source a device cannot draw.
std::optional<refusal> refusal_of(const loop_batch& batch) {
    const token_source& source = *batch.source;
    const auto [width, weights] = source.fresh();
    if (!source.draws_tokens() || !source.stored().empty() || !source.mixture().empty())
        return std::nullopt;
    if (width == 0)
        return refusal{"a token source of the caller's own came",
                       "a CUDA device runs stored, mixed, fresh and no tokens"};
    if (source.experts() > most_fresh_experts || width > most_features)
        return refusal{
            fmt::format("fresh tokens of width {} for {} experts came", width, source.experts()),
            fmt::format("a CUDA device takes a width up to {} and up to {} experts", most_features,
                        most_fresh_experts)};
    if (batch.noise != noise_law::none)
        return refusal{fmt::format("fresh tokens with noise {} came", to_string(batch.noise)),
                       "a CUDA device routes fresh tokens without noise"};
    return std::nullopt;
}

device_source upload(const token_source& source, stored_rows rows) {
    device_source on;
    if (!source.draws_tokens()) return on;
    if (const auto logits = source.stored(); !logits.empty()) {
        on.kind = tokens::stored;
        on.stored = logits.size() / source.experts();
        on.logits = device_array(routable_logits(logits, source.experts(), rows));
    } else if (const auto nodes = source.mixture(); !nodes.empty()) {
        on.kind = tokens::mixture;
        std::vector<double> cumulative, center, width;
        double sum = 0;
        for (const auto& node : nodes) {
            cumulative.push_back(sum += node.weight);
            center.push_back(node.center);
            width.push_back(node.width);
        }
        cumulative.back() = 1;
        on.cumulative = device_array(cumulative);
        on.center = device_array(center);
        on.width = device_array(width);
    } else if (const auto gate = source.fresh(); gate.width > 0) {
        on.kind = tokens::fresh;
        on.gate = device_array(std::vector<float>(gate.weights.begin(), gate.weights.end()));
        on.features = gate.width;
        on.logit_error = logit_error(gate, source.experts());
    }
    return on;
}

noise device_noise(noise_law law) {
    switch (law) {
        case noise_law::none:
            return noise::none;
        case noise_law::gaussian:
            return noise::gaussian;
        default:
            return noise::softmax;
    }
}

/// Steps first, ..., first + steps - 1 of a schedule of each run, or the run's own value; empty if
/// no run has a schedule.
template <typename Otherwise>
std::vector<double> scheduled(const loop_batch& batch, std::vector<double> loop_run::*schedule,
                              std::size_t first, std::size_t steps, Otherwise otherwise) {
    const bool any = std::any_of(batch.runs.begin(), batch.runs.end(),
                                 [&](const loop_run& run) { return !(run.*schedule).empty(); });
    std::vector<double> out;
    if (!any) return out;
    for (const auto& run : batch.runs)
        for (std::size_t k = first; k < first + steps; ++k)
            out.push_back((run.*schedule).empty() ? otherwise(run.rule) : (run.*schedule)[k]);
    return out;
}

template <typename Get>
std::vector<double> per_expert(const loop_batch& batch, Get get) {
    std::vector<double> out;
    for (const auto& run : batch.runs) {
        auto row = get(run);
        row.resize(batch.source->experts());  // none means 0
        out.insert(out.end(), row.begin(), row.end());
    }
    return out;
}

std::vector<run_values> values_of(const loop_batch& batch) {
    std::vector<run_values> out;
    for (const auto& [rule, seed, scores, feedback, bias] : batch.runs)
        out.push_back({rule.feedback, rule.decay, rule.beta, rule.step, seed,
                       device_controller(rule.controller)});
    return out;
}

std::vector<double> scores_of(const loop_batch& batch) {
    return per_expert(batch, [](const loop_run& run) { return run.scores; });
}

std::vector<double> biases_of(const loop_batch& batch) {
    return per_expert(batch, [](const loop_run& run) { return run.rule.bias; });
}

}  // namespace

std::optional<refusal> loop_refusal(const loop_batch& batch) {
    const std::size_t experts = batch.source->experts(), runs = batch.runs.size();
    if (experts > most_experts)
        return refusal{fmt::format("{} experts came", experts),
                       fmt::format("a CUDA device takes up to {}", most_experts)};
    if (runs > 65535)
        return refusal{fmt::format("{} runs came", runs),
                       "a CUDA device takes up to 65535 at once"};
    return refusal_of(batch);
}

std::vector<std::uint32_t> first_steps(const std::vector<std::uint32_t>& all,
                                       const loop_batch& batch, std::size_t steps) {
    const std::size_t experts = batch.source->experts(), row = batch.steps * experts;
    std::vector<std::uint32_t> out;
    for (std::size_t from = 0; from < all.size(); from += row) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(steps * experts));
    }
    return out;
}

bool is_tossed(const loops& work) { return work.experts == 2 && work.source == tokens::none; }

loop_arrays::loop_arrays(const loop_batch& batch, const loop_limits& limits, stored_rows rows)
    : batch_(&batch) {
    const std::size_t experts = batch.source->experts(), runs = batch.runs.size();
    source_ = upload(*batch.source, rows);
    values_ = device_array(values_of(batch));
    biases_ = device_array(biases_of(batch));
    scores_ = device_array(scores_of(batch));
    if (std::any_of(batch.runs.begin(), batch.runs.end(), [](const loop_run& run) {
            return run.rule.controller.law != control_law::none;
        }))
        controls_ = device_array(std::vector<double>(runs * experts));
    mailbox_ = device_array<std::uint64_t>(
        (mailbox_bytes(static_cast<std::uint32_t>(experts), limits) + 7) / 8);
    const std::size_t row = runs * experts * sizeof(std::uint32_t);
    room_ = std::clamp<std::size_t>(history_bytes / row, 1, batch.steps);
    history_ = device_array<std::uint32_t>(runs * room_ * experts);
    host_.resize(history_.size());

    work_.runs = static_cast<std::uint32_t>(runs);
    work_.experts = static_cast<std::uint32_t>(experts);
    work_.tokens = batch.tokens;
    work_.values = values_.data();
    work_.biases = biases_.data();
    work_.scores = scores_.data();
    work_.controls = controls_.data();
    work_.history = history_.data();
    work_.noise = device_noise(batch.noise);
    work_.source = source_.kind;
    work_.logits = source_.logits.data();
    work_.stored = source_.stored;
    work_.cumulative = source_.cumulative.data();
    work_.center = source_.center.data();
    work_.width = source_.width.data();
    work_.gate = source_.gate.data();
    work_.features = static_cast<std::uint32_t>(source_.features);
    work_.logit_error = source_.logit_error;
    work_.mailbox = mailbox_.data();
    work_.mailbox_bytes = mailbox_.size() * sizeof(std::uint64_t);
}

const loops& loop_arrays::at(std::size_t first, std::size_t steps) {
    feedback_ = device_array(scheduled(*batch_, &loop_run::feedback, first, steps,
                                       [](const feedback_rule& rule) { return rule.feedback; }));
    bias_ = device_array(scheduled(
        *batch_, &loop_run::bias, first, steps,
        [](const feedback_rule& rule) { return rule.bias.empty() ? 0 : 2 * rule.bias[0]; }));
    work_.feedback = feedback_.data();
    work_.bias = bias_.data();
    work_.first_step = first;
    work_.steps = static_cast<std::uint32_t>(steps);
    return work_;
}

void loop_arrays::read_history(std::span<std::uint32_t> all) {
    const std::size_t part = std::size_t{work_.steps} * work_.experts;
    history_.read(host_.data(), work_.runs * part);
    for (std::size_t r = 0; r < work_.runs; ++r)
        std::copy_n(host_.begin() + static_cast<std::ptrdiff_t>(r * part), part,
                    all.begin() + static_cast<std::ptrdiff_t>(
                                      (r * batch_->steps + work_.first_step) * work_.experts));
}

}  // namespace moebius::gpu
