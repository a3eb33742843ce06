// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/compare/expert_chain.hpp>
#include <moebius/compare/expert_prediction.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>

#include "staircase.hpp"

namespace moebius {
namespace {

constexpr double past_balance = 1.5, past_fold = 2;  // times their feedback: where sweeps end
constexpr double below_fold = 0.5;

problem problem_for(const expert_router& router) {
    if (router.experts < 3)
        throw invalid_argument("validate", fmt::format("{} experts came", router.experts),
                               "three or more are needed; two have a theory of their own");
    check_mode_experts(router.experts);
    auto at = router.top_k == 1
                  ? make_problem("softmax", {.experts = router.experts})
                  : make_problem("exact-k", {.experts = router.experts, .top_k = router.top_k});
    at.set("beta", router.beta);
    at.set("decay", router.decay);
    return at;
}

/// The sizes of a point's groups by falling score.
std::vector<std::size_t> sizes_of(const special_point& point) {
    std::vector<std::pair<double, std::size_t>> groups;
    for (std::size_t g = 0; g < point.groups.size(); ++g)
        groups.emplace_back(-point.state[g], point.groups.groups[g].size());
    std::sort(groups.begin(), groups.end());
    std::vector<std::size_t> sizes;
    for (const auto& group : groups) sizes.push_back(group.second);
    return sizes;
}

double number_of(const special_point& point, std::string_view name) {
    for (const auto& [key, value] : point.normal_form)
        if (key == name) return value;
    return not_a_number;
}

/// Builds a prediction step by step.
class expert_planner {
public:
    expert_planner(const expert_router& router, const validate_options& options,
                   const watch& watched)
        : options_(options), watched_(watched) {
        check(options);
        made_.router = router;
        made_.at = problem_for(router);
        batches_ = {options.step / router.decay, options.tokens, router.top_k};
    }

    expert_prediction take() {
        const double unit = made_.router.decay / made_.router.beta;
        const double lost =
            unit * exact::balanced(made_.router.experts, 0, made_.router.top_k).threshold;
        draw_diagram(lost);
        made_.balance = balance_of(lost);
        const auto& folds = fold_below(made_.balance);
        made_.fold = feedback_of(folds);
        add_up();
        add_down(folds);
        return std::move(made_);
    }

private:
    [[nodiscard]] problem at(double feedback) const {
        auto there = made_.at;
        there.set("feedback", feedback);
        return there;
    }
    [[nodiscard]] std::vector<expert_state> states_at(double feedback) const {
        return stable_expert_states(at(feedback), batches_, watched_);
    }
    [[nodiscard]] double feedback_of(const special_point& point) const {
        return point.parameters[made_.at.index_of("feedback")];
    }

    void draw_diagram(double lost) {
        const auto alike = regrouped(made_.at, coarsest_groups(made_.at, {}));
        const double unit = made_.router.decay / made_.router.beta;  // below it there is one state
        made_.equilibria = equilibrium_diagram(alike, {"feedback", unit, past_balance * lost}, {},
                                               {}, {{}, watched_.stop});
    }

    /// The branch point of the diagram at which all experts part.
    [[nodiscard]] double balance_of(double lost) const {
        for (const auto& point : made_.equilibria.special_points)
            if (point.type == point_type::BP && point.groups.size() == 1) return feedback_of(point);
        return lost;
    }

    /// The lowest fold from which on a state of unequal loads is stable.
    [[nodiscard]] const special_point& fold_below(double balance) const {
        std::vector<const special_point*> folds;
        for (const auto& point : made_.equilibria.special_points)
            if (point.type == point_type::LP && feedback_of(point) < balance)
                folds.push_back(&point);
        std::sort(folds.begin(), folds.end(),
                  [&](const auto* a, const auto* b) { return feedback_of(*a) < feedback_of(*b); });
        for (const auto* fold : folds) {
            const double from = feedback_of(*fold);
            for (const auto& state : states_at(from + 1e-3 * (balance - from)))
                if (state.sizes == sizes_of(*fold)) return *fold;
        }
        throw invalid_argument(
            "validate",
            fmt::format("{} of {} experts came", made_.router.top_k, made_.router.experts),
            "where no collapsed state is stable beside equal loads there is no jump to measure");
    }

    void add_up() {
        const double from = below_fold * made_.fold, to = past_balance * made_.balance;
        double least = std::numeric_limits<double>::infinity();
        for (const auto& state : states_at(made_.balance * (1 + 1e-6)))
            if (state.winners() > 0) least = std::min(least, lead_of(state.scores));
        expert_sweep sweep;
        sweep.name = "feedback up";
        sweep.start = states_at(from).front().scores;
        sweep.jump = {false, made_.balance, not_a_number, {least / 2, 1}, {}};
        add(std::move(sweep), from, to);
    }

    void add_down(const special_point& fold) {
        const double from = std::min(past_fold * made_.fold, (made_.fold + made_.balance) / 2),
                     to = below_fold * made_.fold;
        const auto& router = made_.router;
        const double rate = (to - from) * router.decay / options_.ramp;
        expert_sweep sweep;
        sweep.name = "feedback down";
        for (const auto& state : states_at(from))
            if (state.sizes == sizes_of(fold)) sweep.start = state.scores;
        if (sweep.start.empty())
            throw invalid_argument("validate", "the branch that folds is stable too briefly",
                                   "its state must be stable up to where equal loads are lost");
        std::vector<double> scores;
        for (const std::size_t g : {std::size_t{0}, std::size_t{1}})
            scores.insert(scores.end(), fold.groups.groups[g].size(), fold.state[g]);
        sweep.jump = {
            true,
            made_.fold,
            swept_fold_delay(number_of(fold, "parameter"), number_of(fold, "quadratic"), rate),
            {lead_of(scores) / 2, -1},
            {}};
        add(std::move(sweep), from, to);
    }

    void add(expert_sweep sweep, double from, double to) {
        std::vector<double> holds;
        sweep.plan = staircase("feedback", from, to, std::vector{sweep.jump.end}, options_,
                               made_.router.decay, holds);
        for (const double value : holds) sweep.holds.push_back({value, states_at(value)});
        const chain_options how{batches_.step, options_.tokens, options_.members,
                                derived_seed(options_.seed, ensembles_++), options_.threads};
        sweep.jump.ensemble =
            jumps_of(expert_chain(made_.at, sweep.plan, sweep.start, sweep.jump.lead, batches_, how,
                                  {{}, watched_.stop}),
                     sweep.plan);
        made_.sweeps.push_back(std::move(sweep));
    }

    const validate_options& options_;
    const watch& watched_;
    expert_prediction made_;
    loop_batches batches_;
    std::uint64_t ensembles_ = std::uint64_t{1} << 63;  ///< far from the measured runs' indices
};

}  // namespace

expert_prediction predict_experts(const expert_router& router, const validate_options& options,
                                  const watch& watched) {
    return expert_planner(router, options, watched).take();
}

}  // namespace moebius
