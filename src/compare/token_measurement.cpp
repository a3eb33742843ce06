// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/token_validation.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <utility>

#include "token_windows.hpp"

namespace moebius {
namespace {

constexpr std::size_t sharpness = 4;  // of random loads: powers 1 to this one

/// Scores of a random start: those at which the loads would be r^k/sum r^k.
std::vector<double> random_scores(std::size_t experts, double scale, std::uint64_t seed,
                                  std::size_t level, std::size_t start) {
    std::vector<double> loads(experts);
    double sum = 0;
    for (std::size_t e = 0; e < experts; ++e) {
        const auto w =
            random_words(seed, block(random_stream::start, static_cast<std::uint32_t>(e)), level,
                         static_cast<std::uint32_t>(start));
        loads[e] =
            std::pow(-std::log(uniform(w[0], w[1])), static_cast<double>(1 + start % sharpness));
        sum += loads[e];
    }
    for (double& load : loads) load *= scale / sum;
    return loads;
}

/// One run at one feedback.
class run_on_tokens {
public:
    run_on_tokens(const token_router& router, double feedback, const validate_options& options,
                  std::uint64_t seed, std::vector<double> scores, const watch& watched)
        : options_(options),
          decay_(router.decay),
          rule_{.feedback = feedback,
                .decay = router.decay,
                .beta = router.beta,
                .step = options.step / router.decay},
          loop_(router.source, {options.tokens, noise_law::gumbel, seed}, std::move(scores)),
          watched_(watched) {
        for (std::size_t k = batches_of(options.settle, options); k > 0; --k)
            loop_.advance(rule_, watched_);
    }

    /// Averages one window.
    void average(token_run& to) {
        const std::size_t batches = batches_of(options_.average, options_);
        to.loads.assign(loop_.scores().size(), 0);
        for (std::size_t k = 0; k < batches; ++k) {
            const auto counts = loop_.advance(rule_, watched_);
            for (std::size_t e = 0; e < counts.size(); ++e)
                to.loads[e] += static_cast<double>(counts[e]);
        }
        for (double& load : to.loads) load /= static_cast<double>(batches * options_.tokens);
        ++to.windows;
    }

    void rest(const token_level& level, token_run& to) {
        do average(to);
        while (to.windows < patience &&
               resting_on(level, to.loads, options_, decay_) == level.stable.size());
    }

private:
    const validate_options& options_;
    double decay_;
    feedback_rule rule_;
    closed_loop loop_;
    const watch& watched_;
};

}  // namespace

std::size_t resting_on(const token_level& level, const std::vector<double>& loads,
                       const validate_options& options, double decay) {
    std::size_t found = level.stable.size();
    double least = 0;
    for (std::size_t i = 0; i < level.stable.size(); ++i) {
        const auto& state = level.stable[i];
        const auto mean = state.mean_loads();
        const auto errors =
            load_errors(state.noise, window_covariance(state.noise, options, decay));
        const double few =
            few_tokens / static_cast<double>(batches_of(options.average, options) * options.tokens);
        double distance = 0;
        bool rests = true;
        for (std::size_t e = 0; e < loads.size(); ++e) {
            const double off = std::abs(loads[e] - mean[e]);
            rests = rests && off <= far_errors * errors[e] + few;
            distance += off * off;
        }
        if (rests && (found == level.stable.size() || distance < least))
            found = i, least = distance;
    }
    return found;
}

std::vector<measured_level> measure_on_tokens(const token_router& router,
                                              const token_prediction& predicted, std::size_t starts,
                                              const validate_options& options,
                                              const watch& watched) {
    struct part {
        std::size_t level, state, run;  // no state: a random start
    };
    check_result_size(
        "validate", "random starts", starts,
        checked_product("validate", {predicted.levels.size(), router.source->experts()}));
    std::vector<part> parts;
    std::vector<measured_level> result;
    for (std::size_t l = 0; l < predicted.levels.size(); ++l) {
        const std::size_t states = predicted.levels[l].stable.size();
        result.push_back({std::vector(states, std::vector<token_run>(options.seeds)),
                          std::vector<token_run>(starts)});
        for (std::size_t i = 0; i < states; ++i)
            for (std::size_t r = 0; r < options.seeds; ++r) parts.push_back({l, i, r});
        for (std::size_t r = 0; r < starts; ++r) parts.push_back({l, states, r});
    }
    const auto one = [&](std::size_t i) {
        const auto& [l, state, run] = parts[i];
        const auto& level = predicted.levels[l];
        const bool random = state == level.stable.size();
        auto scores = random ? random_scores(router.source->experts(),
                                             level.feedback / router.decay, options.seed, l, run)
                             : level.stable[state].scores;
        run_on_tokens at(router, level.feedback, options, derived_seed(options.seed, i),
                         std::move(scores), watched);
        if (random)
            at.rest(level, result[l].random[run]);
        else
            at.average(result[l].own[state][run]);
    };
    parallel_for(parts.size(), options.threads, one, watched, "validate");
    return result;
}

}  // namespace moebius
