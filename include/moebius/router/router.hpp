// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <moebius/router/load_response.hpp>
#include <moebius/router/noise.hpp>
#include <moebius/router/sinkhorn.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// The batch whose random numbers are meant: a seed and a batch number.
struct batch_key {
    std::uint64_t seed = 1;
    std::uint64_t step = 0;
};

/// The choice of a token that no expert gets.
inline constexpr std::uint32_t no_expert = std::numeric_limits<std::uint32_t>::max();

/// A batch of T tokens as a router of E experts sees it.
struct router_batch {
    std::size_t experts = 1;
    std::span<const double> logits;  ///< (T, E), row-major; T may be 0
    std::span<const double> scores;  ///< (E), finite: the adaptive scores, added to every row
    batch_key key = {};              ///< of all that is drawn

    [[nodiscard]] std::size_t tokens() const noexcept { return logits.size() / experts; }
};

/// What a router makes of a batch.
struct router_outcome {
    /// (T, E), row-major: the factor of each expert's output in the token's. 0 where a token does
    /// not go; a weight may be 0 where it does.
    std::vector<double> weights;
    std::vector<std::uint8_t> chosen;  ///< (T, E), row-major: 1 where the token goes to the expert
    std::vector<double> load;  ///< (E): share of all assignments, summing to 1; 0 if there are none
    std::uint64_t unrouted = 0;  ///< tokens that go nowhere
};

/// Batches that Sinkhorn's scaling routes instead (router/selective_sinkhorn.hpp).
struct balancing_rule {
    double frequency = 0;  ///< share of the batches: is_sinkhorn_step
    sinkhorn_options scaling = {};
    sinkhorn_cost cost = sinkhorn_cost::linear;
    double noise_scale = 0;
};

/// How a router chooses, as far as loads go: what a device is told.
struct routing_rule {
    enum class kind {
        largest,  ///< the k_max largest of z + noise, the lowest experts on ties
        subset,   ///< a set S of k_min to k_max experts, P(S) ~ exp(sum of z over S) (subset_law)
        shares,   ///< all experts, whose loads are the means of softmax(z)
    };
    kind chooses = kind::largest;
    double beta = 1;
    std::size_t k_min = 1, k_max = 1;
    noise_law noise = noise_law::none;  ///< of `largest`
    balancing_rule balancing = {};
};

/// A router: something that routes batches and something that has mean loads.
///
/// Both see z_te = beta (logit_te + score_e). Implementations are immutable, so that threads share
/// one. A token with a logit that is NaN or plus infinity, or with no finite one, goes nowhere and
/// is counted as unrouted; no token of its batch is changed by it.
/// @source docs/routers.md sections 0 and 1; docs/guide.md section 1
class router {
public:
    virtual ~router() = default;

    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// @throws invalid_argument  if this router cannot serve that many experts
    virtual void check(std::size_t experts) const = 0;

    /// The law of the noise, if each token goes to the one expert of largest z plus noise: then
    /// the loops of simulate/loop_backend.hpp are this router's.
    [[nodiscard]] virtual std::optional<noise_law> top_1_noise() const noexcept { return {}; }

    /// The law of the noise under which a hard choice of one has the mean loads of this router with
    /// two experts, so that a law of margins gives them; none if there is no such law.
    [[nodiscard]] virtual std::optional<noise_law> margin_noise() const noexcept {
        return top_1_noise();
    }

    /// What `route` does, as a rule; none for a router that only its own code can run.
    [[nodiscard]] virtual std::optional<routing_rule> rule() const noexcept { return {}; }

    /// Whether the mean loads of a single token are a step function of the scores: a hard choice
    /// without noise.
    [[nodiscard]] virtual bool is_step() const noexcept { return false; }

    /// Routes as in training: samples where the router samples.
    /// @throws invalid_argument  as check; if a size does not fit or a score is not finite
    [[nodiscard]] virtual router_outcome route(const router_batch& batch) const = 0;

    /// Routes as at inference: nothing is drawn.
    /// @throws invalid_argument  as route
    [[nodiscard]] virtual router_outcome infer(const router_batch& batch) const = 0;

    /// The gradient of a loss over the logits, for an outcome of `route`: the router's own
    /// estimator where the choice has no derivative. An unrouted token's row is 0.
    ///
    /// @param by_weights  (T, E): dL/dweight; read only where the token goes
    /// @param by_logits   (T, E): dL/dlogit, overwritten; its column sums are dL/dscore
    /// @throws invalid_argument  if a size does not fit
    virtual void backward(const router_batch& batch, const router_outcome& outcome,
                          std::span<const double> by_weights,
                          std::span<double> by_logits) const = 0;

    /// The expected load on these tokens as a function of the scores; beta is an argument of the
    /// response. Null where no closed form is known: then it is measured.
    ///
    /// @param logits  (T, E), row-major, finite, T >= 1; a row of zeros for experts without tokens
    /// @throws invalid_argument  as check; for sizes that do not fit or a logit that is not finite
    [[nodiscard]] virtual std::shared_ptr<const load_response> mean_load(
        std::vector<double> logits, std::size_t experts) const = 0;
};

/// @throws invalid_argument  naming `who`, if the sizes of a batch do not fit or a score is not
///                           finite
void check(std::string_view who, const router_batch& batch);

/// (T, E): beta (logit + score), and for each token whether it can be routed at all.
struct scaled_logits {
    std::vector<double> z;
    std::vector<std::uint8_t> routed;  ///< (T)
};
[[nodiscard]] scaled_logits scale(const router_batch& batch, double beta);

/// Fills in load and unrouted from what was chosen.
void count_loads(std::size_t experts, router_outcome& outcome);

}  // namespace moebius
