// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/parallel.hpp>
#include <moebius/simulate/route_step.hpp>

#include "products.hpp"
#include "route_parts.hpp"

namespace moebius {

/// A routing step in vectors, on several threads, that gives what the oracle gives: choices,
/// counts, near ties, unrouted tokens, slots and order are the same, probabilities to single
/// precision.
///
/// Logits are computed in float. Where the gaps between the best are clear of zero and of the tie
/// margin by more than the errors of two values, the oracle decides alike; the other tokens, some
/// in ten thousand, are settled with its sums in double: of the experts that can be among the best,
/// or of all where something is not finite.
class quick_step {
public:
    /// Stores tokens and gate as the processor reads them, like a copy to a device.
    quick_step(const gated_batch& batch, const std::vector<double>& scores,
               const route_step_options& options, unsigned threads);

    [[nodiscard]] routed_batch run();

private:
    struct place;

    void route_block(std::size_t first, routed_batch& routed, place& at) const;
    /// Of beta (logit + score) for a token of this squared length, from above.
    struct errors {
        double in_float, in_double;
    };
    [[nodiscard]] errors errors_of(float square) const;
    /// Whether values with these errors lead, and lead by more or less than the tie margin, for
    /// sure.
    [[nodiscard]] bool is_clear(double gap, double error) const;
    [[nodiscard]] bool is_clear(const token_values& of, double error) const;
    void route_clear(std::size_t first, std::size_t n, routed_batch& routed, place& at) const;
    void route_each(std::size_t t, const float* logits, const errors& error, routed_batch& routed,
                    place& at) const;
    template <typename Logit>
    void settle(token_values& of, Logit logit) const;
    void settle_all(std::size_t t, routed_batch& routed, place& at) const;

    packed_batch batch_;
    std::vector<double> scores_;
    route_step_options options_;
    std::vector<float> float_scores_;  ///< padded, minus infinity beyond the last expert
    std::size_t roundings_;
    double largest_score_ = 0;
    std::vector<std::uint32_t> pairs_;  ///< the gate for tiles, if they are used
    team team_;
};

}  // namespace moebius
