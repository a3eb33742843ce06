// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/compare/expert_states.hpp>
#include <moebius/compare/prediction.hpp>
#include <string>
#include <vector>

namespace moebius {

/// N alike experts without tokens: hard top-1 with Gumbel noise, or exactly k experts a token.
struct expert_router {
    std::size_t experts = 8;  ///< N, >= 3
    std::size_t top_k = 1;    ///< k, 1 to N - 1
    double beta = 1, decay = 1;
};

/// Tokens of a batch that keep the theory's corrections small: 64 an expert.
[[nodiscard]] constexpr std::size_t tokens_for(std::size_t experts) noexcept {
    return 64 * experts;
}

struct expert_hold {
    double value = 0;                  ///< of the feedback
    std::vector<expert_state> stable;  ///< all stable states there
};

/// Where the state of a sweep leaves its branch.
struct expert_jump {
    bool fold = false;             ///< of a collapsed branch; else equal loads are lost
    double end = 0;                ///< the feedback at which the branch is stable no longer
    double delay = 0;              ///< swept_fold_delay; NaN where equal loads are lost
    passage lead;                  ///< crossed by lead_of the scores on the way
    std::vector<double> ensemble;  ///< where expert_chain crosses it on this schedule (jumps_of)
};

/// A sweep over feedback: a staircase of ramps and holds.
struct expert_sweep {
    std::string name;  ///< "feedback up", "feedback down"
    schedule plan;
    std::vector<double> start;  ///< (N) scores of a stable state, falling
    std::vector<expert_hold> holds;
    expert_jump jump;
};

/// All that theory says beforehand.
struct expert_prediction {
    expert_router router;
    problem at;          ///< each expert a group of its own
    diagram equilibria;  ///< over feedback
    double fold = 0;     ///< lowest feedback at which a state of unequal loads is stable
    double balance = 0;  ///< at which equal loads are lost: in between both are stable
    /// Up from half of `fold` to 1.5 of `balance`, from equal loads; down to half of `fold`, on the
    /// branch that folds, from twice `fold` or halfway to `balance`, whichever is less.
    std::vector<expert_sweep> sweeps;
};

/// Predicts steady states, ends of branches and jumps from the mean load alone.
/// @throws invalid_argument  if a size or option is out of range, or no collapsed state coexists
///                           with equal loads
/// @throws interrupted       if the watch asks for it
[[nodiscard]] expert_prediction predict_experts(const expert_router& router,
                                                const validate_options& options = {},
                                                const watch& watched = {});

}  // namespace moebius
