// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/simulate/replicas.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr std::size_t most_blocks = 32;

/// Mean, variance and blocked standard error of a series whose length is known beforehand.
class moments {
public:
    explicit moments(std::size_t length)
        : blocks_(std::min(most_blocks, length)), length_(length) {}

    void add(double value) {
        const double before = mean_;  // Welford's recurrence
        mean_ += (value - mean_) / static_cast<double>(++count_);
        squares_ += (value - before) * (value - mean_);
        auto& part = blocks_[(count_ - 1) * blocks_.size() / length_];
        part.sum += value;
        ++part.count;
    }

    double mean() const { return mean_; }
    double variance() const { return squares_ / static_cast<double>(length_); }

    double error() const {
        const auto n = static_cast<double>(blocks_.size());
        double squares = 0;
        for (const auto& part : blocks_)
            squares += std::pow(part.sum / static_cast<double>(part.count) - mean_, 2);
        return std::sqrt(squares / (n * (n - 1)));
    }

private:
    struct block {
        double sum = 0;
        std::size_t count = 0;
    };
    std::vector<block> blocks_;
    std::size_t length_;
    std::size_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

std::vector<std::string> quantities(std::size_t experts) {
    std::vector<std::string> names;
    for (const auto* word : {"load", "score"})
        for (std::size_t e = 1; e <= experts; ++e) names.push_back(fmt::format("{}_{}", word, e));
    if (experts == 2) names.insert(names.end(), {"gap", "x"});
    return names;
}

/// The quantities' values after a batch, in the order of their names.
void measure(std::span<const std::uint32_t> counts, std::span<const double> scores,
             std::size_t tokens, std::vector<double>& out) {
    out.clear();
    for (const auto count : counts)
        out.push_back(static_cast<double>(count) / static_cast<double>(tokens));
    out.insert(out.end(), scores.begin(), scores.end());
    if (scores.size() == 2) {
        out.push_back(out[0] - out[1]);
        out.push_back(scores[0] - scores[1]);
    }
}

struct replica {
    std::vector<std::vector<double>> rows;  ///< step and quantities
    std::vector<moments> sums;              ///< one a quantity
    std::uint64_t unrouted = 0;
};

/// What a run's history comes to.
/// @param history  (burn-in and steps, E)
replica summed(const loop_run& run, std::span<const std::uint32_t> history,
               const simulate_options& options, std::size_t experts) {
    const std::size_t tokens = options.loop.tokens;
    replica result{{}, std::vector(quantities(experts).size(), moments(options.steps)), 0};
    auto scores = run.scores;
    scores.resize(experts);
    std::vector<double> values;
    for (std::size_t batch = 0; batch < options.burn_in + options.steps; ++batch) {
        const auto counts = history.subspan(batch * experts, experts);
        follow(run.rule, counts, tokens, std::span(scores));
        result.unrouted += tokens - std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
        if (batch < options.burn_in) continue;
        measure(counts, scores, tokens, values);
        for (std::size_t q = 0; q < values.size(); ++q) result.sums[q].add(values[q]);
        if ((batch - options.burn_in + 1) % options.record_every != 0) continue;
        values.insert(values.begin(), static_cast<double>(batch + 1));
        result.rows.push_back(values);
    }
    return result;
}

void append_row(table& to, std::initializer_list<double> front, std::span<const double> rest) {
    std::size_t column = 0;
    for (const double value : front) to.columns[column++].push_back(value);
    for (const double value : rest) to.columns[column++].push_back(value);
}

simulation collect(const std::vector<replica>& replicas, std::size_t experts) {
    simulation result;
    result.records.names = {"replica", "step"};
    result.summary.names = {"replica", "unrouted"};
    for (const auto& name : quantities(experts)) {
        result.records.names.push_back(name);
        for (const auto* what : {"mean", "variance", "error"})
            result.summary.names.push_back(fmt::format("{}_{}", name, what));
    }
    for (table* t : {&result.records, &result.summary}) t->columns.resize(t->names.size());
    for (std::size_t r = 0; r < replicas.size(); ++r) {
        const auto number = static_cast<double>(r);
        for (const auto& row : replicas[r].rows) append_row(result.records, {number}, row);
        std::vector<double> summary;
        for (const auto& sum : replicas[r].sums)
            summary.insert(summary.end(), {sum.mean(), sum.variance(), sum.error()});
        append_row(result.summary, {number, static_cast<double>(replicas[r].unrouted)}, summary);
    }
    return result;
}

/// @param history  (replicas, burn-in and steps, E)
simulation evaluated(const loop_batch& batch, const std::vector<std::uint32_t>& history,
                     const simulate_options& options) {
    std::vector<replica> replicas;
    replicas.reserve(batch.runs.size());
    const std::size_t experts = batch.source->experts(),
                      length = (options.burn_in + options.steps) * experts;
    for (std::size_t r = 0; r < batch.runs.size(); ++r)
        replicas.push_back(summed(batch.runs[r], std::span(history).subspan(r * length, length),
                                  options, experts));
    return collect(replicas, experts);
}

void check(const simulate_options& options) {
    const auto require = [](std::string_view name, std::size_t value, std::size_t least) {
        if (value < least)
            throw invalid_argument("simulate", fmt::format("{} is {}", name, value),
                                   fmt::format("it must be >= {}", least));
    };
    if (options.burn_in + options.steps < options.steps)
        throw invalid_argument(
            "simulate",
            fmt::format("burn_in is {} and steps is {}", options.burn_in, options.steps),
            "their sum must fit 64 bits");
    require("replicas", options.replicas, 1);
    require("steps", options.steps, 2);
    require("record_every", options.record_every, 1);
}

}  // namespace

simulation simulate(const std::shared_ptr<const token_source>& source, const feedback_rule& rule,
                    const simulate_options& options, const watch& watched, const backend& on) {
    check(options);
    loop_batch batch{
        source, options.loop.noise, options.loop.tokens, options.burn_in + options.steps, {}};
    for (std::size_t r = 0; r < options.replicas; ++r)
        batch.runs.push_back({rule, derived_seed(options.loop.seed, r), options.scores, {}, {}});
    try {
        return evaluated(batch, on.run_loops(batch, watched), options);
    } catch (const loops_cut& cut) {
        if (cut.steps < options.burn_in + 2) throw device_error("simulate", cut.what());
        auto shorter = options;
        shorter.steps = cut.steps - options.burn_in;
        auto result = evaluated(batch, cut.history, shorter);
        result.failure = fmt::format("{}; {} of {} batches were measured before", cut.what(),
                                     shorter.steps, options.steps);
        return result;
    }
}

}  // namespace moebius
