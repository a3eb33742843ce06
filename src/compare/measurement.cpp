// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/measurement.hpp>

namespace moebius {
namespace {

/// The values of the swept parameter, batch after batch.
std::vector<double> schedule_of(const schedule& plan) {
    std::vector<double> values;
    for (std::size_t leg = 0; leg < plan.legs.size(); ++leg) {
        const auto& [to, batches, measured] = plan.legs[leg];
        for (std::size_t k = 0; k < batches - measured; ++k) values.push_back(plan.value(leg, k));
        values.insert(values.end(), measured, to);
    }
    return values;
}

/// A run of a sweep for a backend.
loop_run run_of(const predicted_sweep& sweep, feedback_rule rule, std::uint64_t seed,
                const std::vector<double>& schedule) {
    rule.feedback = sweep.at.parameters[sweep.at.index_of("feedback")];
    rule.bias = bias_of_two(sweep.at.parameters[sweep.at.index_of("bias")]);
    loop_run run{std::move(rule), seed, bias_of_two(sweep.start), {}, {}};
    (sweep.plan.parameter == "bias" ? run.bias : run.feedback) = schedule;
    return run;
}

/// Reads a run's history: holds are averaged, jumps are looked for.
class reader {
public:
    reader(const predicted_sweep& sweep, const loop_run& run, std::size_t tokens,
           std::span<const std::uint32_t> history, std::size_t index, measured_sweep& to)
        : sweep_(sweep),
          run_(run),
          tokens_(tokens),
          history_(history),
          index_(index),
          scores_(run.scores),
          to_(to) {}

    void read() {
        std::size_t hold = 0;
        for (std::size_t leg = 0; leg < sweep_.plan.legs.size(); ++leg) {
            const auto& [to, batches, measured] = sweep_.plan.legs[leg];
            for (std::size_t k = 0; k < batches - measured; ++k) advance(sweep_.plan.value(leg, k));
            if (measured > 0) average(hold++, to, measured);
        }
    }

private:
    double x() const { return scores_[0] - scores_[1]; }

    /// One batch at this value of the swept parameter; returns the load gap.
    double advance(double value) {
        const auto counts = history_.subspan(2 * step_, 2);
        follow(rule_at(run_, step_), counts, tokens_, std::span(scores_));
        ++step_;
        for (std::size_t j = 0; j < sweep_.jumps.size(); ++j) {
            double& passage = to_.passages[j][index_];
            if (std::isnan(passage) && sweep_.jumps[j].level.crossed(x())) passage = value;
        }
        return (static_cast<double>(counts[0]) - static_cast<double>(counts[1])) /
               static_cast<double>(tokens_);
    }

    void average(std::size_t hold, double value, std::size_t batches) {
        std::vector<double> gaps;
        gaps.reserve(batches);
        double sum = 0;
        for (std::size_t k = 0; k < batches; ++k) {
            gaps.push_back(advance(value));
            sum += x();
        }
        const double mean = sum / static_cast<double>(batches);
        const auto& stable = sweep_.holds[hold].stable;
        const auto nearest =
            std::min_element(stable.begin(), stable.end(), [mean](const auto& a, const auto& b) {
                return std::abs(a.x - mean) < std::abs(b.x - mean);
            });
        to_.holds[hold].x[index_] = mean;
        to_.holds[hold].gaps[static_cast<std::size_t>(nearest - stable.begin())].add(
            std::move(gaps));
    }

    const predicted_sweep& sweep_;
    const loop_run& run_;
    std::size_t tokens_;
    std::span<const std::uint32_t> history_;
    std::size_t index_;
    std::vector<double> scores_;
    std::size_t step_ = 0;
    measured_sweep& to_;
};

/// Sweeps without a number in them yet.
std::vector<measured_sweep> unmeasured(const std::vector<predicted_sweep>& sweeps,
                                       std::size_t seeds) {
    std::vector<measured_sweep> result;
    const std::vector<double> unknown(seeds, std::numeric_limits<double>::quiet_NaN());
    for (const auto& sweep : sweeps) {
        result.push_back({{}, std::vector(sweep.jumps.size(), unknown)});
        for (const auto& hold : sweep.holds)
            result.back().holds.push_back({unknown, std::vector<blocking>(hold.stable.size())});
    }
    return result;
}

/// The values of what each sweep moves, batch by batch, all of one length: they stay at their end.
std::vector<std::vector<double>> schedules_of(const std::vector<predicted_sweep>& sweeps) {
    std::vector<std::vector<double>> schedules;
    std::size_t longest = 0;
    for (const auto& sweep : sweeps) {
        schedules.push_back(schedule_of(sweep.plan));
        longest = std::max(longest, schedules.back().size());
    }
    for (auto& values : schedules) values.resize(longest, values.back());
    return schedules;
}

}  // namespace

std::vector<measured_sweep> measure(const std::shared_ptr<const token_source>& source,
                                    noise_law noise, double beta, double decay,
                                    const std::vector<predicted_sweep>& sweeps,
                                    const validate_options& options, const watch& watched,
                                    const loop_backend& on) {
    if (!source || source->experts() != 2)
        throw invalid_argument("measure",
                               source ? fmt::format("{} experts came", source->experts())
                                      : std::string("no tokens came"),
                               "tokens for two experts are needed");
    auto result = unmeasured(sweeps, options.seeds);
    if (sweeps.empty()) return result;
    const auto schedules = schedules_of(sweeps);
    const std::size_t longest = schedules.front().size(), runs = sweeps.size() * options.seeds;
    const std::size_t at_once = std::max<std::size_t>(1, options.at_once / longest);
    const feedback_rule rule{.decay = decay, .beta = beta, .step = options.step / decay};
    for (std::size_t first = 0; first < runs; first += at_once) {
        loop_batch batch{source, noise, options.tokens, longest, {}};
        for (std::size_t i = first; i < std::min(runs, first + at_once); ++i) {
            const std::size_t s = i / options.seeds;
            batch.runs.push_back(
                run_of(sweeps[s], rule, derived_seed(options.seed, i), schedules[s]));
        }
        const auto history = on.run_loops(batch, part_of(watched, first, batch.runs.size(), runs));
        for (std::size_t k = 0; k < batch.runs.size(); ++k) {  // in order, which sums depend on
            const std::size_t s = (first + k) / options.seeds, r = (first + k) % options.seeds;
            reader(sweeps[s], batch.runs[k], options.tokens,
                   std::span(history).subspan(2 * longest * k, 2 * longest), r, result[s])
                .read();
        }
    }
    return result;
}

}  // namespace moebius
