// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <moebius/diagnose/margin.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace diagnose_runs {

/// Counts of a closed loop of the library's own, step by step; its start is left out.
inline std::vector<std::vector<double>> loop_counts(std::size_t experts, std::size_t tokens,
                                                    const moebius::feedback_rule& rule,
                                                    std::size_t steps, std::uint64_t seed) {
    moebius::closed_loop loop(moebius::no_tokens(experts),
                              {tokens, moebius::noise_law::gumbel, seed});
    std::vector<std::vector<double>> out;
    for (std::size_t t = 0; t < 200 + steps; ++t) {
        const auto counts = loop.advance(rule);
        if (t >= 200) out.emplace_back(counts.begin(), counts.end());
    }
    return out;
}

inline std::vector<double> shares_of(const std::vector<double>& counts) {
    auto out = counts;
    const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
    for (double& x : out) x /= sum;
    return out;
}

/// Loads p = softmax(scores) of T tokens, drawn independently.
inline std::vector<double> drawn(const std::vector<double>& scores, std::size_t tokens,
                                 std::mt19937_64& random) {
    std::vector<double> weight;
    for (const double s : scores) weight.push_back(std::exp(s));
    std::discrete_distribution<std::size_t> choice(weight.begin(), weight.end());
    std::vector<double> counts(scores.size(), 0.0);
    for (std::size_t t = 0; t < tokens; ++t) ++counts[choice(random)];
    return counts;
}

/// Of a loop of softmax without a controller, in steps of .05.
inline moebius::log_head head_of(std::size_t experts, double feedback) {
    moebius::log_head out;
    out.experts = experts;
    out.top_k = 1;
    out.rate = 0.05;
    out.feedback = feedback;
    out.decay = 1;
    out.beta = 1;
    out.gate = "softmax";
    out.balancer = "feedback";
    return out;
}

inline bool notes_hold(const moebius::layer_diagnosis& of, std::string_view words) {
    return std::any_of(of.notes.begin(), of.notes.end(), [&](const std::string& note) {
        return note.find(words) != std::string::npos;
    });
}

inline moebius::layer_diagnosis diagnosis_of(const moebius::log_head& head,
                                             const std::vector<std::vector<double>>& counts) {
    moebius::layer_margin margin(head);
    moebius::load_record record;
    for (const auto& step : counts) {
        ++record.step;
        record.loads = step;
        margin.take(record);
    }
    return margin.result();
}

}  // namespace diagnose_runs
