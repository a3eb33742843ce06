// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/router/router.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// What the weights of clusters are divided by, so that a typical weight is 1.
enum class cluster_normaliser {
    feature_mean,      ///< per feature: the mean over clusters, after the clip
    mean_before_clip,  ///< the mean over clusters and features of the weights before the clip
    mean_after_clip,   ///< the same after it
};

/// The three published variants differ; the presets below are those.
struct clustering_options {
    double eps = 1e-4;  ///< added to every dispersion, in units of the features; > 0
    double clip = 10;   ///< tau: weights end at tau times their mean; > 0
    cluster_normaliser normaliser = cluster_normaliser::feature_mean;
    bool unit_tokens = false;     ///< tokens are divided by their 2-norm first; 0 stays 0
    bool experts_scaled = false;  ///< experts see the scaled tokens, not only the router

    /// @source docs/routers.md section 3.3, read in
    ///         Fsoft-AIC/Tight-Clusters-Make-Specialized-Experts
    [[nodiscard]] static clustering_options language();
    [[nodiscard]] static clustering_options swin();
    [[nodiscard]] static clustering_options soft_moe();
};

/// language, swin or soft-moe.
/// @throws invalid_argument for another name
[[nodiscard]] clustering_options clustering_from_name(std::string_view name);

/// How tight each cluster is along each feature.
struct cluster_weights {
    std::vector<double> weights;     ///< W (K, d), row-major: large where the cluster is tight
    std::vector<std::size_t> sizes;  ///< (K): tokens of each cluster
};

/// W_kq = 1 / (MAD_kq + eps), clipped and normalised; MAD is the mean absolute deviation from the
/// mean of the cluster.
///
/// A cluster of no or one token has no dispersion: it takes no part in any mean, and its weights
/// are 1, about the mean of the others, so that its tokens are routed as if there were no clusters.
/// (The formula would give its MAD as 0, and the clip, in every feature.)
/// @param tokens    h (B, d), row-major; a token that is not finite belongs to no cluster
/// @param clusters  (B): each token's expert in the layer before, < K; or no_expert
/// @param count     K, >= 1
/// @throws invalid_argument  for sizes that do not fit, a cluster out of range, eps or clip <= 0
/// @source arXiv 2502.15315; docs/routers.md section 3.2
[[nodiscard]] cluster_weights dispersion_weights(std::span<const double> tokens, std::size_t width,
                                                 std::span<const std::uint32_t> clusters,
                                                 std::size_t count,
                                                 const clustering_options& options = {});

/// M (B, d): each token's row of W, or ones for a token without cluster.
/// @throws invalid_argument  for a cluster out of range
[[nodiscard]] std::vector<double> token_scales(const cluster_weights& weights, std::size_t width,
                                               std::span<const std::uint32_t> clusters);

/// The same mixed over the r largest of the layer before: sum_i gate_i W_{cluster_i}, with ones for
/// no_expert.
/// @param clusters  (B, r), row-major
/// @param gates     (B, r), row-major; those of a token usually sum to 1
/// @throws invalid_argument  for sizes that do not fit, a cluster out of range
[[nodiscard]] std::vector<double> mixed_scales(const cluster_weights& weights, std::size_t width,
                                               std::span<const std::uint32_t> clusters,
                                               std::span<const double> gates, std::size_t r);

/// A gate over scaled tokens: logit_be = (M_b h_b) . e_e, which top-k then routes.
struct clustered_gate {
    std::vector<double> logits;         ///< (B, E); a row of NaN for a token that is not finite
    std::vector<double> expert_inputs;  ///< (B, d): M h, h or their unit forms, as the options say
};

/// @param tokens      h (B, d), row-major
/// @param scales      M (B, d)
/// @param embeddings  e (E, d), finite. Their norm is the caller's affair (the language variant
///                    makes them unit vectors).
/// @throws invalid_argument  for sizes that do not fit
[[nodiscard]] clustered_gate cluster_gate(std::span<const double> tokens,
                                          std::span<const double> scales,
                                          std::span<const double> embeddings, std::size_t width,
                                          const clustering_options& options = {});

struct clustered_gradient {
    std::vector<double> by_tokens;      ///< (B, d); 0 for a token that is not finite
    std::vector<double> by_embeddings;  ///< (E, d)
};

/// The scales are constants: d logit / d e = M h and d logit / d h = M e.
/// @param by_logits  dL/dlogit (B, E); not read for a token that is not finite
/// @param by_inputs  dL/dexpert_inputs (B, d), or empty for none
/// @throws invalid_argument  for sizes that do not fit
/// @source docs/routers.md section 3.4
[[nodiscard]] clustered_gradient cluster_gate_backward(
    std::span<const double> tokens, std::span<const double> scales,
    std::span<const double> embeddings, std::size_t width, std::span<const double> by_logits,
    std::span<const double> by_inputs, const clustering_options& options = {});

}  // namespace moebius
