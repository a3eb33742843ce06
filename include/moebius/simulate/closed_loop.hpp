// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/base/parallel.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/simulate/load_controller.hpp>
#include <moebius/tokens/token_source.hpp>
#include <span>
#include <vector>

namespace moebius {

/// The rule by which a router's scores follow its loads, once a batch:
/// s_e <- s_e + step (feedback n_e - decay s_e + bias_e), n_e = share of the batch.
/// @source docs/theory.md section 1
struct feedback_rule {
    double feedback = 1;              ///< score gained per unit of load
    double decay = 1;                 ///< rate at which every score forgets, > 0
    double beta = 1;                  ///< inverse temperature of the routing, > 0
    std::vector<double> bias = {};    ///< (E) drift of each score; empty: 0
    double step = 0.02;               ///< time per batch, > 0; step decay < 2, or scores diverge
    load_controller controller = {};  ///< with scores of its own, beside those of this rule
};

/// The rule with which a batch's counts move the scores.
///
/// Each operation rounds by itself, in this order, on every backend: the same counts give the same
/// scores bit for bit.
/// @param counts  (E) tokens that each expert got, of `tokens` in the batch
/// @param scores  (E)
template <typename Count>
void follow(const feedback_rule& rule, std::span<const Count> counts, std::size_t tokens,
            std::span<double> scores) {
    for (std::size_t e = 0; e < scores.size(); ++e) {
        const double load = static_cast<double>(counts[e]) / static_cast<double>(tokens);
        const double bias = rule.bias.empty() ? 0 : rule.bias[e];
        scores[e] += rule.step * (rule.feedback * load - rule.decay * scores[e] + bias);
    }
}

/// The same with loads as shares.
/// @param loads  (E)
void follow(const feedback_rule& rule, std::span<const double> loads, std::span<double> scores);

/// @throws invalid_argument  if a value of the rule is out of range, or its biases do not fit, and
///                           as check(load_controller)
void check(const feedback_rule& rule, std::size_t experts);

/// The bias of two experts under which x = s1 - s2 obeys x' = -decay x + feedback m + h.
[[nodiscard]] std::vector<double> bias_of_two(double h);

struct loop_options {
    std::size_t tokens = 1024;            ///< T, tokens of a batch, 1 to 2^32 - 1
    noise_law noise = noise_law::gumbel;  ///< of the router
    std::uint64_t seed = 1;               ///< of tokens and noise
};

/// The scores of a loop: those of the rule, and those of its controller. Tokens are routed by their
/// sum.
class loop_scores {
public:
    /// @param scores  (E) of the rule to start from; those of the controller start at 0
    explicit loop_scores(std::vector<double> scores);

    /// Both move by the loads of one batch.
    /// @param loads  (E) shares
    void follow(const feedback_rule& rule, std::span<const double> loads);

    [[nodiscard]] std::span<const double> of_rule() const noexcept { return rule_; }
    [[nodiscard]] std::span<const double> of_controller() const noexcept { return controller_; }
    [[nodiscard]] std::span<const double> sum() const noexcept { return sum_; }

private:
    std::vector<double> rule_, controller_, sum_;
};

/// A hard top-1 router and its adaptive scores, batch after batch.
class closed_loop {
public:
    /// @param scores   (E) to start from; empty: 0
    /// @param threads  that route a batch together, where it is large enough; 0: all of the
    /// hardware.
    ///                 The counts are the same for any number
    /// @throws invalid_argument  for no source, or a size, score or noise that does not fit
    closed_loop(std::shared_ptr<const token_source> source, loop_options options,
                std::vector<double> scores = {}, unsigned threads = 1);

    /// Routes the next batch and moves the scores.
    ///
    /// @return  (E) tokens that each expert got, valid until the next call
    /// @throws invalid_argument  if the rule's values are out of range
    /// @throws interrupted       if the watch asks to stop amid the batch; the scores have not
    /// moved
    std::span<const std::uint64_t> advance(const feedback_rule& rule, const watch& watched = {});

    [[nodiscard]] std::span<const double> scores() const noexcept { return scores_.of_rule(); }
    /// (E) the controller's, 0 without one
    [[nodiscard]] std::span<const double> control_scores() const noexcept {
        return scores_.of_controller();
    }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }  ///< batches so far
    /// Tokens so far that no expert got: router/top1.hpp says which.
    [[nodiscard]] std::uint64_t unrouted() const noexcept { return unrouted_; }

private:
    /// What one thread needs to route a chunk of tokens, and what came of its chunks.
    struct alignas(64) place {
        std::vector<random_block> words;
        std::vector<double> logits;
        std::vector<std::uint32_t> choices;
        std::vector<std::uint64_t> counts;  ///< (E), and a cache line that no other place is on
        std::uint64_t unrouted = 0;
    };

    /// Whether a batch is tossed: two experts that only scores tell apart.
    [[nodiscard]] bool tosses() const noexcept;
    void make_places(unsigned threads);
    void route_batch(const top1& router, const watch& watched);
    void route_chunk(const top1& router, std::size_t first, place& at) const;
    static void count(std::span<const std::uint32_t> choices, std::size_t experts, place& at);
    void toss_batch(const top1& router, const watch& watched);

    std::shared_ptr<const token_source> source_;
    loop_options options_;
    loop_scores scores_;
    std::vector<double> loads_;
    std::vector<std::uint64_t> counts_;
    std::vector<place> places_;   ///< a thread's each
    std::unique_ptr<team> team_;  ///< of more threads than one
    std::uint64_t steps_ = 0;
    std::uint64_t unrouted_ = 0;
};

}  // namespace moebius
