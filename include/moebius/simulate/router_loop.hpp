// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/router.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <moebius/tokens/token_source.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Any router and its adaptive scores, batch after batch: closed_loop for what is not hard top-1.
/// The noise of a router is its own, so that of the options is not used.
class router_loop {
public:
    /// @param router  its beta should be that of the rule, which this does not look at
    /// @param scores  (E) to start from; empty: 0
    /// @throws invalid_argument  for no source or router, or a size or score that does not fit
    router_loop(std::shared_ptr<const token_source> source, std::shared_ptr<const router> router,
                const loop_options& options, std::vector<double> scores = {});

    /// Routes the next batch and moves the scores.
    /// @return  (E) loads, shares of all assignments, valid until the next call
    /// @throws invalid_argument  if the rule's values are out of range
    std::span<const double> advance(const feedback_rule& rule);

    [[nodiscard]] std::span<const double> scores() const noexcept { return scores_.of_rule(); }
    /// (E) the controller's, 0 without one
    [[nodiscard]] std::span<const double> control_scores() const noexcept {
        return scores_.of_controller();
    }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] std::uint64_t unrouted() const noexcept { return unrouted_; }  ///< tokens so far

private:
    std::shared_ptr<const token_source> source_;
    std::shared_ptr<const router> router_;
    loop_options options_;
    loop_scores scores_;
    std::vector<double> logits_, loads_;
    std::vector<random_block> words_;
    std::uint64_t steps_ = 0, unrouted_ = 0;
};

}  // namespace moebius
