// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/expert_measurement.hpp>
#include <moebius/simulate/tossed_loop.hpp>

namespace moebius {
namespace {

/// Adds a vector to the sums of another; an empty one is 0.
void add(std::span<const double> values, std::vector<double>& sums) {
    sums.resize(values.size());
    for (std::size_t e = 0; e < values.size(); ++e) sums[e] += values[e];
}

/// One run of a sweep.
class run_of_experts {
public:
    run_of_experts(const expert_router& router, const expert_sweep& sweep,
                   const validate_options& options, std::size_t run, std::uint64_t seed)
        : sweep_(sweep),
          run_(run),
          rule_{.decay = router.decay, .beta = router.beta, .step = options.step / router.decay},
          loop_({router.experts, router.top_k, options.tokens, seed}, moved(sweep.start, run)) {}

    void drive(measured_expert_sweep& to, const watch& watched) {
        std::size_t hold = 0;
        for (std::size_t leg = 0; leg < sweep_.plan.legs.size(); ++leg) {
            const auto& [end, batches, measured] = sweep_.plan.legs[leg];
            measured_rest rest;
            for (std::size_t k = 0; k < batches; ++k) {
                if (watched.stopping()) throw interrupted("measure_experts");
                rule_.feedback = sweep_.plan.value(leg, k);
                const auto loads = loop_.advance(rule_);
                const auto scores = loop_.scores().of_rule();
                double& passage = to.passages[run_];
                if (std::isnan(passage) && sweep_.jump.lead.crossed(lead_of(scores)))
                    passage = rule_.feedback;
                if (k + measured < batches) continue;
                add(loads, rest.loads);
                add(scores, rest.scores);
            }
            if (measured == 0) continue;
            for (auto* sums : {&rest.loads, &rest.scores})
                for (double& sum : *sums) sum /= static_cast<double>(measured);
            to.holds[hold++][run_] = std::move(rest);
        }
        const auto last = loop_.scores().of_rule();
        to.last[run_].assign(last.begin(), last.end());
    }

private:
    static std::vector<double> moved(std::vector<double> scores, std::size_t by) {
        std::rotate(scores.begin(), scores.end() - static_cast<std::ptrdiff_t>(by % scores.size()),
                    scores.end());
        return scores;
    }

    const expert_sweep& sweep_;
    std::size_t run_;
    feedback_rule rule_;
    tossed_loop loop_;
};

}  // namespace

std::vector<measured_expert_sweep> measure_experts(const expert_router& router,
                                                   const std::vector<expert_sweep>& sweeps,
                                                   const validate_options& options,
                                                   const watch& watched) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const std::size_t runs = options.seeds;
    std::vector<measured_expert_sweep> result;
    for (const auto& sweep : sweeps)
        result.push_back({{sweep.holds.size(), std::vector<measured_rest>(runs)},
                          std::vector(runs, unknown),
                          std::vector<std::vector<double>>(runs)});
    const auto one = [&](std::size_t i) {
        const std::size_t s = i / runs;
        run_of_experts(router, sweeps[s], options, i % runs, derived_seed(options.seed, i))
            .drive(result[s], watched);
    };
    parallel_for(sweeps.size() * runs, options.threads, one, watched, "measure_experts");
    return result;
}

}  // namespace moebius
