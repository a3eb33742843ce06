// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/measurement.hpp>
#include <moebius/simulate/closed_loop.hpp>

namespace moebius {
namespace {

/// One run of one sweep; writes its own places of `to`.
class run {
public:
    run(const std::shared_ptr<const token_source>& source, const predicted_sweep& sweep,
        loop_options loop, feedback_rule rule, std::size_t index, measured_sweep& to)
        : sweep_(sweep),
          index_(index),
          tokens_(static_cast<double>(loop.tokens)),
          rule_(std::move(rule)),
          loop_(source, loop, {sweep.start / 2, -sweep.start / 2}),
          to_(to) {
        set("feedback", sweep.at.parameters[sweep.at.index_of("feedback")]);
        set("bias", sweep.at.parameters[sweep.at.index_of("bias")]);
    }

    void go(const watch& watch) {
        std::size_t hold = 0;
        for (std::size_t leg = 0; leg < sweep_.plan.legs.size(); ++leg) {
            if (watch.stopping()) throw interrupted("measure");
            const auto& [to, batches, measured] = sweep_.plan.legs[leg];
            for (std::size_t k = 0; k < batches - measured; ++k) advance(sweep_.plan.value(leg, k));
            if (measured > 0) average(to, measured, to_.holds[hold++]);
        }
    }

private:
    void set(std::string_view parameter, double value) {
        if (parameter == "bias")
            rule_.bias = bias_of_two(value);
        else
            rule_.feedback = value;
    }

    double x() const { return loop_.scores()[0] - loop_.scores()[1]; }

    /// One batch at this value of the swept parameter; returns the load gap.
    double advance(double value) {
        set(sweep_.plan.parameter, value);
        const auto counts = loop_.advance(rule_);
        for (std::size_t j = 0; j < sweep_.jumps.size(); ++j) {
            double& passage = to_.passages[j][index_];
            if (std::isnan(passage) && sweep_.jumps[j].level.crossed(x())) passage = value;
        }
        return (static_cast<double>(counts[0]) - static_cast<double>(counts[1])) / tokens_;
    }

    void average(double value, std::size_t batches, measured_hold& hold) {
        auto& gaps = hold.gaps[index_];
        double sum = 0;
        for (std::size_t k = 0; k < batches; ++k) {
            gaps.push_back(advance(value));
            sum += x();
        }
        hold.x[index_] = sum / static_cast<double>(batches);
    }

    const predicted_sweep& sweep_;
    std::size_t index_;
    double tokens_;
    feedback_rule rule_;
    closed_loop loop_;
    measured_sweep& to_;
};

}  // namespace

std::vector<measured_sweep> measure(const std::shared_ptr<const token_source>& source,
                                    noise_law noise, double beta, double decay,
                                    const std::vector<predicted_sweep>& sweeps,
                                    const validate_options& options, const watch& watch) {
    if (!source || source->experts() != 2)
        throw invalid_argument("measure",
                               source ? fmt::format("{} experts came", source->experts())
                                      : std::string("no tokens came"),
                               "tokens for two experts are needed");
    std::vector<measured_sweep> result;
    const std::vector<double> unknown(options.seeds, std::numeric_limits<double>::quiet_NaN());
    for (const auto& sweep : sweeps) {
        measured_hold empty{std::vector<std::vector<double>>(options.seeds), unknown};
        result.push_back(
            {std::vector(sweep.holds.size(), empty), std::vector(sweep.jumps.size(), unknown)});
    }
    const auto one = [&](std::size_t i) {
        const std::size_t s = i / options.seeds, r = i % options.seeds;
        const loop_options loop{options.tokens, noise, derived_seed(options.seed, i)};
        const feedback_rule rule{.decay = decay, .beta = beta, .step = options.step / decay};
        run(source, sweeps[s], loop, rule, r, result[s]).go(watch);
    };
    parallel_for(sweeps.size() * options.seeds, options.threads, one, watch, "measure");
    return result;
}

}  // namespace moebius
