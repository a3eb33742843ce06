// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/compare/token_validation.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/model/registry.hpp>

namespace moebius {
namespace {

constexpr double below_onset = 0.25,
                 past_onset = 1.5;  // times where several states were first seen
constexpr int most_doublings = 40;
constexpr double same_state = 1e-6;  // state scales within which two are one

problem problem_on(const token_router& router) {
    const auto logits = router.source->stored();
    if (router.source->experts() < 3 || logits.empty())
        throw invalid_argument("validate",
                               fmt::format("{} experts came, with {} stored logits",
                                           router.source->experts(), logits.size()),
                               "three experts are needed, and tokens that are stored");
    check_mode_experts(router.source->experts());
    auto at =
        make_token_softmax({logits.begin(), logits.end()}, {.experts = router.source->experts()});
    at.set("beta", router.beta);
    at.set("decay", router.decay);
    return at;
}

/// A stretch, and the rows of its branch between which it lies.
struct stretch_rows {
    const branch* on;
    std::size_t first, last;
};

/// The parts of all branches whose rows are stable one after the other.
std::vector<stretch_rows> stretches_of(const diagram& of) {
    std::vector<stretch_rows> result;
    for (const auto& one : of.branches) {
        const auto& stable = one.columns.at("stable");
        for (std::size_t row = 0; row < stable.size(); ++row) {
            const std::size_t first = row;
            while (row < stable.size() && stable[row] != 0) ++row;
            if (row > first + 1) result.push_back({&one, first, row - 1});
        }
    }
    return result;
}

/// Builds a prediction step by step.
class token_planner {
public:
    token_planner(const token_router& router, const validate_options& options, const watch& watched)
        : options_(options), watched_(watched) {
        check(options);
        made_.at = problem_on(router);
        batches_ = {options.step / router.decay, options.tokens, 1, false};
        unit_ = router.decay / router.beta;
    }

    token_prediction take() {
        const double several = first_of_several();
        range_ = {"feedback", below_onset * several, past_onset * several};
        made_.equilibria = equilibrium_diagram(made_.at, range_, {}, {}, {{}, watched_.stop});
        rows_ = stretches_of(made_.equilibria);
        for (const auto& one : rows_) {
            const auto& feedback = one.on->columns.at("feedback");
            const auto [low, high] =
                std::minmax_element(feedback.begin() + static_cast<std::ptrdiff_t>(one.first),
                                    feedback.begin() + static_cast<std::ptrdiff_t>(one.last) + 1);
            made_.stretches.push_back({one.on->id, *low, *high});
        }
        for (const double value : values()) made_.levels.push_back({value, states_at(value)});
        return std::move(made_);
    }

private:
    [[nodiscard]] problem at(double feedback) const {
        auto there = made_.at;
        there.set("feedback", feedback);
        return there;
    }

    /// A feedback with several stable states, half of which has one.
    [[nodiscard]] double first_of_several() const {
        double feedback = unit_;  // below 2 units the state is one: |dp/ds| <= beta/2
        for (int k = 0; k < most_doublings; ++k, feedback *= 2) {
            if (watched_.stopping()) throw interrupted("validate");
            if (stable_states(at(feedback)).size() > 1) return feedback;
        }
        throw invalid_argument("validate", "one state alone was found at every feedback",
                               "tokens are needed on which several are stable");
    }

    /// Where runs are held against theory.
    [[nodiscard]] std::vector<double> values() const {
        std::vector<double> result;
        const double spacing = (range_.to - range_.from) / static_cast<double>(options_.levels);
        for (std::size_t k = 0; k < options_.levels; ++k)
            result.push_back(range_.from + spacing * (static_cast<double>(k) + 0.5));
        for (const auto& one : made_.stretches)
            if (std::none_of(result.begin(), result.end(),
                             [&](double v) { return one.from < v && v < one.to; }))
                result.push_back((one.from + one.to) / 2);
        std::sort(result.begin(), result.end());
        return result;
    }

    /// Where a stretch passes a feedback between two of its rows, by Newton's method from there.
    [[nodiscard]] std::vector<token_state> states_at(double feedback) const {
        const auto there = at(feedback);
        steady_state rest(there);
        const auto names = there.model->state_names();
        std::vector<token_state> result;
        for (std::size_t s = 0; s < rows_.size(); ++s) {
            const auto& columns = rows_[s].on->columns;
            const auto& along = columns.at("feedback");
            for (std::size_t row = rows_[s].first; row < rows_[s].last; ++row) {
                if ((along[row] < feedback) == (along[row + 1] < feedback)) continue;
                const double share = (feedback - along[row]) / (along[row + 1] - along[row]);
                Eigen::VectorXd x(static_cast<Eigen::Index>(names.size()));
                for (std::size_t e = 0; e < names.size(); ++e) {
                    const auto& scores = columns.at(names[e]);
                    x(static_cast<Eigen::Index>(e)) =
                        scores[row] + share * (scores[row + 1] - scores[row]);
                }
                add(there, rest, x, s, result);
            }
        }
        return result;
    }

    void add(const problem& there, steady_state& rest, const Eigen::VectorXd& near, std::size_t s,
             std::vector<token_state>& to) const {
        const auto x = rest.newton(near);
        if (!x || rest.unstable_at(*x) > 0) return;
        token_state next{s, {x->begin(), x->end()}, {}, {}};
        const double within = same_state * there.model->state_scale(there.parameters);
        for (const auto& known : to)
            if (std::equal(next.scores.begin(), next.scores.end(), known.scores.begin(),
                           [&](double a, double b) { return std::abs(a - b) <= within; }))
                return;
        next.loads.resize(next.scores.size());
        there.model->loads(next.scores, there.parameters, next.loads);
        next.noise = modes_about(there, next.scores, {}, batches_);
        to.push_back(std::move(next));
    }

    const validate_options& options_;
    const watch& watched_;
    token_prediction made_;
    std::vector<stretch_rows> rows_;
    loop_batches batches_;
    parameter_range range_;
    double unit_ = 1;  ///< of feedback
};

}  // namespace

std::vector<double> token_state::mean_loads() const {
    auto mean = loads;
    for (std::size_t e = 0; e < mean.size(); ++e) mean[e] += noise.shift[e];
    return mean;
}

token_prediction predict_on_tokens(const token_router& router, const validate_options& options,
                                   const watch& watched) {
    return token_planner(router, options, watched).take();
}

}  // namespace moebius
