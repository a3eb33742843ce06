// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/random.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <span>
#include <vector>

namespace moebius {

struct tossed_options {
    std::size_t experts = 8;    ///< N, >= 2
    std::size_t top_k = 1;      ///< experts that a token goes to, 1 to N - 1
    std::size_t tokens = 1024;  ///< T of a batch, 1 to 2^32 - 1
    std::uint64_t seed = 1;
};

/// The closed loop of a router whose tokens all look alike: their logits are 0.
///
/// Every token then draws from one law, which is made once a batch and not once a token. For one
/// expert a token that is hard top-1 with Gumbel noise, drawn by inversion from one word (of two
/// experts the same words as closed_loop); for more it is probmoe-exact-k, with that router's
/// words.
/// @cost  a batch: N and T word draws for one expert; N k and T N for more
class tossed_loop {
public:
    /// @param scores  (N) to start from; empty: 0
    /// @throws invalid_argument  for a size or score that does not fit
    explicit tossed_loop(const tossed_options& options, std::vector<double> scores = {});

    /// Routes the next batch and moves the scores.
    /// @return  (N) shares of all T k choices, valid until the next call
    /// @throws invalid_argument  if the rule's values are out of range
    std::span<const double> advance(const feedback_rule& rule);

    [[nodiscard]] const loop_scores& scores() const noexcept { return scores_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }  ///< batches so far

private:
    void toss_one(double beta);
    void toss_sets(double beta);

    tossed_options options_;
    loop_scores scores_;
    std::vector<double> loads_;
    std::vector<std::uint64_t> counts_;
    std::vector<random_block> words_;   ///< scratch, as are the next ones
    std::vector<double> uniforms_;      ///< (N)
    std::vector<std::uint64_t> ends_;   ///< (N): words below the expert's upper end
    std::vector<std::uint32_t> guide_;  ///< by a word's first bits: where to look
    std::vector<std::uint8_t> chosen_;  ///< (N)
    std::uint64_t steps_ = 0;
};

}  // namespace moebius
