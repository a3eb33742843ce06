// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/dynamics/gap_table.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <tuple>

namespace moebius {
namespace {

void check(const problem& at, const schedule& plan, double x0, const chain_options& options) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("noisy_chain", got, needed);
    };
    check_parameters(*at.model, at.parameters);
    plan.check();
    if (plan.parameter != "feedback" && plan.parameter != "bias")
        reject(fmt::format("the schedule moves '{}'", plan.parameter),
               "feedback or bias is needed");
    require("noisy_chain")
        .finite("the start", x0)
        .positive_and_finite("step", options.step)
        .at_least("tokens", options.tokens, 1);
    if (options.members < 1) reject("members is 0", "it must be >= 1");
}

/// The table over all that a member can reach: |n| <= 1, up to the tail of a normal.
gap_table table_for(problem at, const schedule& plan, double x0, const watch& watched) {
    double low = x0, high = x0;
    const auto include = [&](double value) {
        at.set(plan.parameter, value);
        const auto [from, to] = at.model->state_bounds(at.parameters);
        low = std::min(low, from);
        high = std::max(high, to);
    };
    include(plan.from);
    for (const auto& leg : plan.legs) include(leg.to);
    const double scale = at.model->state_scale(at.parameters);
    return gap_table(at, low - scale, high + scale, watched);
}

/// Standard normals of one member, in the order of its batches: four from a block of words.
class normals {
public:
    normals(std::uint64_t seed, std::size_t member)
        : seed_(seed), member_(static_cast<std::uint32_t>(member)) {}

    double next() {
        if (batch_ % 4 == 0) refill();
        return four_[batch_++ % 4];
    }

private:
    void refill() {
        const auto w = random_words(seed_, random_stream::chain, batch_ / 4, member_);
        std::tie(four_[0], four_[1]) = normal_pair(uniform(w[0]), uniform(w[1]));
        std::tie(four_[2], four_[3]) = normal_pair(uniform(w[2]), uniform(w[3]));
    }

    std::uint64_t seed_;
    std::uint32_t member_;
    std::uint64_t batch_ = 0;
    std::array<double, 4> four_{};
};

/// What all members share.
struct chain {
    const schedule& plan;
    std::span<const passage> levels;
    gap_table gap;
    double feedback, decay, bias, step, per_token;
    bool moves_bias;

    /// Runs one member from x and writes its own places of the ensemble.
    void run(double x, normals noise, std::size_t member, chain_ensemble& to) const {
        double kappa = feedback, h = bias;
        std::size_t plateau = 0;
        std::vector<char> open(levels.size(), 1);
        for (std::size_t leg = 0; leg < plan.legs.size(); ++leg) {
            const std::size_t batches = plan.legs[leg].batches, measured = plan.legs[leg].measured;
            const bool still = plan.value(leg, 0) == plan.value(leg, batches - 1);
            double p = plan.value(leg, 0), sum = 0;
            for (std::size_t k = 0; k < batches; ++k) {
                if (!still) p = plan.value(leg, k);
                (moves_bias ? h : kappa) = p;
                const double m = gap(x);
                const double n =
                    m + std::sqrt(std::max(0.0, (1 - m) * (1 + m)) * per_token) * noise.next();
                x += step * (kappa * n - decay * x + h);
                if (k + measured >= batches) sum += n;
                for (std::size_t i = 0; i < levels.size(); ++i)
                    if (open[i] && levels[i].crossed(x)) {
                        open[i] = 0;
                        to.passages[i][member] = p;
                    }
            }
            if (measured > 0) to.plateaus[plateau++][member] = sum / static_cast<double>(measured);
        }
    }
};

}  // namespace

chain_ensemble noisy_chain(const problem& at, const schedule& plan, double x0,
                           std::span<const passage> levels, const chain_options& options,
                           const watch& watch) {
    check(at, plan, x0, options);
    const auto parameter = [&](std::string_view name) { return at.parameters[at.index_of(name)]; };
    const chain shared{plan,
                       levels,
                       table_for(at, plan, x0, watch),
                       parameter("feedback"),
                       parameter("decay"),
                       parameter("bias"),
                       options.step,
                       1 / static_cast<double>(options.tokens),
                       plan.parameter == "bias"};
    chain_ensemble result;
    result.passages.assign(levels.size(), std::vector<double>(options.members, not_a_number));
    result.plateaus.assign(plan.plateaus(), std::vector<double>(options.members, not_a_number));
    const auto member = [&](std::size_t i) { shared.run(x0, {options.seed, i}, i, result); };
    parallel_for(options.members, options.threads, member, watch, "noisy_chain");
    return result;
}

spread spread_of(std::span<const double> values) {
    spread result{not_a_number, not_a_number, 0};
    double sum = 0, squares = 0;
    for (const double v : values)
        if (!std::isnan(v)) sum += v, ++result.count;
    const auto n = static_cast<double>(result.count);
    if (result.count > 0) result.mean = sum / n;
    for (const double v : values)
        if (!std::isnan(v)) squares += (v - result.mean) * (v - result.mean);
    if (result.count > 1) result.sd = std::sqrt(squares / (n - 1));
    return result;
}

linear_noise linear_noise_of(const loop_state& at, double step) {
    linear_noise out;
    out.rate = -at.slope;
    out.variance =
        step * at.feedback * at.feedback * at.gap_variance / (out.rate * (2 - step * out.rate));
    out.shift = at.bend * out.variance / (2 * out.rate);
    out.gap_shift = at.decay * out.shift / at.feedback;
    out.gap_sd = std::sqrt(at.gap_variance) * at.decay / out.rate;
    return out;
}

linear_noise linear_noise_at(const problem& at, double x, double step, std::size_t tokens) {
    const auto& p = at.parameters;
    const double along_x = 1;
    const std::vector<double> still(at.parameters.size(), 0.0);
    double taylor[4], loads[2];
    if (at.model->dimension() != 1 || at.model->experts() != 2)
        throw invalid_argument("linear_noise_at", fmt::format("the model is {}", at.model->name()),
                               "one state and two experts are needed");
    at.model->along(view(x), p, view(along_x), still, taylor);
    at.model->loads(view(x), p, loads);
    if (!(taylor[1] < 0 && step * -taylor[1] < 2))
        throw invalid_argument("linear_noise_at", fmt::format("x is {}", x),
                               "a state that attracts is needed");
    const double v = 4 * loads[0] * loads[1] / static_cast<double>(tokens);  // (1 - m^2)/T
    return linear_noise_of(
        {p[at.index_of("decay")], p[at.index_of("feedback")], taylor[1], 2 * taylor[2], v}, step);
}

}  // namespace moebius
