// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/model/token_response.hpp>

#include "predicted_folds.hpp"
#include "staircase.hpp"

namespace moebius {
namespace {

constexpr double beyond = 0.75;  // of the folds' distance, how far a bias sweep leaves them
constexpr double sweep_from = 0.3, sweep_to = 3;  // of the cusp's feedback
constexpr double above_cusp[] = {1.5, 2.0};       // times its feedback, where bias is swept
constexpr double most_batches = 1 << 25;          // of a sweep, whose run takes 16 bytes for each
constexpr std::size_t most_kept = 1 << 22;        // places of a sweep, over all of its runs

/// Where the response has all of its structure: within twelve units of 1/beta (m' below 1e-5 of
/// its peak, falling by e a unit) or eight widths around every token.
exact::interval structure(const margin_law& law, double beta) {
    exact::interval where{std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity()};
    for (const auto& node : law.nodes) {
        const double reach = 12 / beta + 8 * node.width;
        where.from = std::min(where.from, -node.center - reach);
        where.to = std::max(where.to, -node.center + reach);
    }
    return where;
}

/// The two folds between which a feedback above the main cusp's has its two stable states.
struct wedge {
    double low;   ///< bias at which the upper state ends
    double high;  ///< bias at which the lower state ends

    [[nodiscard]] double middle() const { return (low + high) / 2; }
};

wedge wedge_at(const problem& cusp, double x, double feedback) {
    auto at = cusp;
    at.set("feedback", feedback);
    const double unit = at.model->state_scale(at.parameters);
    std::vector<double> fp(at.parameters.size());
    const auto slope_and_bias = [&](double there) {
        double f = 0, fx = 0;
        at.model->linear(view(there), at.parameters, view(f), view(fx), fp);
        return std::pair{fx, at.parameters[at.index_of("bias")] - f};  // the bias that makes f zero
    };
    const auto edge = [&](double direction) {  // where f_x, positive at x, falls to 0
        double inside = x, outside = x;
        while (slope_and_bias(outside).first > 0)
            outside = (inside = outside) + direction * 0.05 * unit;
        for (int k = 0; k < 60; ++k) {  // bisection to rounding
            const double middle = (inside + outside) / 2;
            (slope_and_bias(middle).first > 0 ? inside : outside) = middle;
        }
        return slope_and_bias(inside).second;
    };
    return {edge(1), edge(-1)};
}

std::vector<predicted_state> stable_states(const problem& at, const validate_options& options,
                                           double step, const watch& watch) {
    std::vector<predicted_state> found;
    for (const auto& equilibrium : find_equilibria(at, nullptr, watch)) {
        const double x = equilibrium(0);
        double f = 0, fx = 0, loads[2];
        std::vector<double> fp(at.parameters.size());
        at.model->linear(view(x), at.parameters, view(f), view(fx), fp);
        if (!(fx < 0)) continue;
        at.model->loads(view(x), at.parameters, loads);
        found.push_back({x, loads[0] - loads[1], linear_noise_at(at, x, step, options.tokens)});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    return found;
}

/// Makes the sweeps of a prediction: each by itself, but for the ensembles, which are numbered.
class planner {
public:
    planner(const validate_options& options, double decay, const watch& watch)
        : options_(options), decay_(decay), step_(options.step / decay), watch_(watch) {}

    /// All but the ensemble.
    [[nodiscard]] predicted_sweep sweep(std::string name, const problem& at,
                                        std::string_view parameter, double from, double to,
                                        double near) const {
        predicted_sweep result{
            std::move(name), at, {std::string(parameter), from, {}}, 0, 0, {}, {}};
        result.at.set(parameter, from);
        result.start = settle(result.at, std::vector{near}, {}, {{}, watch_.stop}).state[0];
        const double rate = (to - from) * decay_ / options_.ramp;
        add_jumps(result, from, to, rate);
        add_legs(result, from, to);
        return result;
    }

    void run_ensembles(std::vector<predicted_sweep>& sweeps) const {
        auto number = std::uint64_t{1} << 63;  // far from the measured runs' indices
        for (auto& sweep : sweeps)
            if (!sweep.jumps.empty()) run_ensemble(sweep, derived_seed(options_.seed, number++));
    }

    /// The stable state furthest from where a sweep ends, at the parameter's value there.
    [[nodiscard]] double furthest(const predicted_sweep& sweep) const {
        auto at = sweep.at;
        at.set(sweep.plan.parameter, sweep.plan.legs.back().to);
        double best = sweep.end;
        for (const auto& state : stable_states(at, options_, step_, watch_))
            if (std::abs(state.x - sweep.end) > std::abs(best - sweep.end)) best = state.x;
        return best;
    }

private:
    void add_jumps(predicted_sweep& sweep, double from, double to, double rate) const {
        const auto direction = to > from ? sweep_direction::up : sweep_direction::down;
        const auto [low, high] = std::minmax(from, to);
        const auto run =
            slow_sweep(sweep.at, sweep.plan.parameter, low, high, std::vector{sweep.start},
                       {.rate = std::abs(rate), .direction = direction, .samples = 2}, watch_);
        sweep.end = run.samples.at("x").back();
        for (const auto& jump : run.jumps) {
            predicted_jump next{{jump.at[0], jump.at[0] > jump.from[0] ? 1 : -1},
                                not_a_number,
                                not_a_number,
                                not_a_number,
                                jump.parameter,
                                {}};
            add_fold(sweep, jump, {sweep.plan.parameter, low, high}, rate, next);
            sweep.jumps.push_back(next);
        }
    }

    /// The fold behind which a state jumped, if it is one.
    static void add_fold(const predicted_sweep& sweep, const sweep_jump& jump,
                         const parameter_range& range, double rate, predicted_jump& to) {
        auto p = sweep.at.parameters;
        const std::size_t moved = sweep.at.index_of(range.name);
        p[moved] = jump.entry;
        const auto fold = find_fold(sweep.at, range, jump.from, p);
        const double near = sweep.at.model->state_scale(p);
        if (!fold || std::abs(fold->state[0] - jump.from[0]) > near) return;
        const double quadratic = fold->normal_form.at(0).second;
        const double slope = fold->normal_form.at(1).second;
        if (!(quadratic * slope * rate > 0)) return;
        to.fold_x = fold->state[0];
        to.fold = fold->parameters[moved];
        to.delay = swept_fold_delay(slope, quadratic, rate);
    }

    void add_legs(predicted_sweep& sweep, double from, double to) const {
        std::vector<double> ends, holds;
        for (const auto& jump : sweep.jumps)
            ends.push_back(std::isnan(jump.fold) ? jump.noiseless : jump.fold);
        sweep.plan = staircase(sweep.plan.parameter, from, to, ends, options_, decay_, holds);
        for (const double value : holds) {
            auto held = sweep.at;
            held.set(sweep.plan.parameter, value);
            sweep.holds.push_back({value, stable_states(held, options_, step_, watch_)});
        }
    }

    void run_ensemble(predicted_sweep& sweep, std::uint64_t seed) const {
        std::vector<passage> levels;
        for (const auto& jump : sweep.jumps) levels.push_back(jump.level);
        const auto runs = noisy_chain(sweep.at, sweep.plan, sweep.start, levels,
                                      {.step = step_,
                                       .tokens = options_.tokens,
                                       .members = options_.members,
                                       .seed = seed,
                                       .threads = options_.threads},
                                      {{}, watch_.stop});
        for (std::size_t j = 0; j < levels.size(); ++j) {
            auto& jump = sweep.jumps[j];
            jump.members = jumps_of(runs.passages[j], sweep.plan);
            jump.ensemble = spread_of(jump.members);
            jump.stayed = options_.members - spread_of(runs.passages[j]).count;
        }
    }

    const validate_options& options_;
    double decay_, step_;
    moebius::watch watch_;
};

/// Bias up or down through both folds, at a feedback above the cusp's.
predicted_sweep sweep_through_both(const planner& plan, problem at, double factor,
                                   const wedge& folds, bool up) {
    const double off = beyond * (folds.high - folds.low);
    const double low = folds.low - off, high = folds.high + off;
    const double from = up ? low : high, to = up ? high : low;
    at.set("bias", from);
    const auto [lowest, highest] = at.model->state_bounds(at.parameters);
    return plan.sweep(
        fmt::format("bias {} at {} of the cusp's feedback", up ? "up" : "down", factor), at, "bias",
        from, to, up ? lowest : highest);
}

/// All sweeps but for their ensembles: feedback up and down, and bias at each of above_cusp.
/// @param at     at the bias where feedback is swept
/// @param cusp   its feedback
/// @param folds  (factor) -> the wedge at so many times the cusp's feedback
template <typename Folds>
std::vector<predicted_sweep> planned_sweeps(const planner& plan, const problem& at,
                                            const parameter_range& range, double cusp, Folds folds,
                                            unsigned threads) {
    constexpr std::size_t biased = 2 * std::size(above_cusp);
    std::vector<predicted_sweep> sweeps(2 + biased);
    parallel_for(1 + biased, threads, [&](std::size_t i) {
        if (i < biased) {
            const double factor = above_cusp[i / 2];
            auto there = at;
            there.set("feedback", factor * cusp);
            sweeps[2 + i] = sweep_through_both(plan, there, factor, folds(factor), i % 2 == 0);
            return;
        }
        sweeps[0] = plan.sweep("feedback up", at, "feedback", range.from, range.to, 0);
        sweeps[1] = plan.sweep("feedback down", at, "feedback", range.to, range.from,
                               plan.furthest(sweeps[0]));
    });
    return sweeps;
}

}  // namespace

void check(const validate_options& options) {
    const auto need = [](bool fine, std::string_view name, double value, std::string_view needed) {
        if (!fine) throw invalid_argument("validate", fmt::format("{} is {}", name, value), needed);
    };
    const auto whole = [&](std::string_view name, std::size_t value, std::size_t least) {
        need(value >= least, name, static_cast<double>(value),
             fmt::format("it must be >= {}", least));
    };
    const auto between = [&](std::string_view name, double value, double top) {
        need(value > 0 && value < top, name, value, fmt::format("it must be > 0 and < {:g}", top));
    };
    whole("tokens", options.tokens, 1);
    whole("seeds", options.seeds, 2);
    whole("levels", options.levels, 2);
    whole("members", options.members, 2);
    between("step", options.step, 1);
    between("chance", options.chance, 1);
    between("ramp", options.ramp, 1e9);
    between("settle", options.settle, 1e9);
    between("average", options.average, 1e9);
    const double held = static_cast<double>(options.levels) * (options.settle + options.average);
    const double batches = (options.ramp + held) / options.step;
    need(batches <= most_batches, "ramp + levels x (settle + average), over step,", batches,
         fmt::format("a sweep has at most {} batches", most_batches));
    for (const auto& [name, runs] :
         {std::pair("seeds", options.seeds), std::pair("members", options.members)})
        if (runs > most_kept / options.levels)
            throw invalid_argument(
                "validate", fmt::format("{} is {} and levels is {}", name, runs, options.levels),
                fmt::format("their product must be <= {}", most_kept));
}

std::vector<double> jumps_of(std::vector<double> passages, const schedule& plan) {
    for (double& value : passages)
        if (std::isnan(value)) value = plan.legs.back().to;
    return passages;
}

prediction predict(const margin_law& law, double beta, double decay,
                   const validate_options& options, const watch& watch) {
    check(options);
    const models::token_response model(law);
    prediction result;
    result.at = problem_of(model);
    result.at.set("beta", beta);
    result.at.set("decay", decay);
    const exact::scalar_response m([&](double x) { return model.response(x, beta); }, decay,
                                   structure(law, beta));
    result.cusps = cusps_of(m);
    result.main = main_cusp(result.cusps);
    const auto cusp = result.cusps[result.main].exact;
    result.at.set("feedback", cusp.fold.feedback);
    result.at.set("bias", cusp.fold.bias);

    const planner plan(options, decay, watch);
    const auto folds = [&](double factor) {
        return wedge_at(result.at, cusp.fold.x, factor * cusp.fold.feedback);
    };
    auto at = result.at;
    at.set("bias", folds(above_cusp[0]).middle());
    const parameter_range range{"feedback", sweep_from * cusp.fold.feedback,
                                sweep_to * cusp.fold.feedback};
    result.equilibria = equilibrium_diagram(at, range, {}, {}, {{}, watch.stop});
    result.sweeps = planned_sweeps(plan, at, range, cusp.fold.feedback, folds, options.threads);
    parallel_for(2, options.threads, [&](std::size_t part) {
        if (part == 0)
            result.folds = folds_around(result.at, range, result.cusps, result.sweeps, watch);
        else
            plan.run_ensembles(result.sweeps);
    });
    return result;
}

}  // namespace moebius
