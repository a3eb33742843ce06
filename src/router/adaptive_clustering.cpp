// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/adaptive_clustering.hpp>
#include <numeric>

#include "rows.hpp"

namespace moebius {
namespace {

void check_width(std::string_view who, std::size_t numbers, std::size_t width,
                 std::string_view what) {
    require(who).at_least("width", width, 1);
    if (numbers % width != 0)
        throw invalid_argument(
            who, fmt::format("{} numbers came for {} of width {}", numbers, what, width),
            "each needs one a feature");
}

void check_clusters(std::string_view who, std::span<const std::uint32_t> clusters,
                    std::size_t count) {
    for (const auto k : clusters)
        if (k >= count && k != no_expert)
            throw invalid_argument(who, fmt::format("a token is of cluster {}", k),
                                   fmt::format("there are {}, from 0, and no_expert", count));
}

void check_count(std::string_view who, std::string_view what, std::size_t came,
                 std::size_t wanted) {
    if (came != wanted)
        throw invalid_argument(who, fmt::format("{} {} came", came, what),
                               fmt::format("{} are needed", wanted));
}

void check_options(std::string_view who, const clustering_options& options) {
    require(who).positive_and_finite("eps", options.eps);
    if (!(options.clip > 0))
        throw invalid_argument(who, fmt::format("clip is {}", options.clip), "it must be > 0");
}

bool finite(std::span<const double> row) {
    return std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); });
}

double norm(std::span<const double> row) {
    double sum = 0;
    for (const double x : row) sum += x * x;
    return std::sqrt(sum);
}

/// The tokens as the options want them; a zero token stays 0.
std::vector<double> prepared(std::span<const double> tokens, std::size_t width,
                             const clustering_options& options) {
    std::vector<double> out(tokens.begin(), tokens.end());
    if (!options.unit_tokens) return out;
    for (std::size_t t = 0; t < out.size() / width; ++t) {
        const auto row = row_of(out, t, width);
        const double r = norm(row);
        if (r > 0)
            for (double& x : row) x /= r;
    }
    return out;
}

/// u = x/r: by_x = (by_u - u (u . by_u)) / r, and 0 at x = 0. In place.
void through_unit(double r, std::span<const double> u, std::span<double> by) {
    const double along = std::inner_product(u.begin(), u.end(), by.begin(), 0.0);
    for (std::size_t q = 0; q < u.size(); ++q) by[q] = r > 0 ? (by[q] - along * u[q]) / r : 0;
}

/// Mean absolute deviations (K, d), of clusters with two tokens or more.
std::vector<double> mean_deviations(std::span<const double> h, std::size_t width,
                                    std::span<const std::uint32_t> clusters,
                                    const std::vector<std::size_t>& sizes) {
    std::vector<double> mean(sizes.size() * width), deviation(mean.size());
    const auto each = [&](auto use) {
        for (std::size_t t = 0; t < clusters.size(); ++t) {
            const std::uint32_t k = clusters[t];
            if (k == no_expert || !finite(row_of(h, t, width))) continue;
            for (std::size_t q = 0; q < width; ++q)
                use(k * width + q, h[t * width + q], static_cast<double>(sizes[k]));
        }
    };
    each([&](std::size_t i, double x, double size) { mean[i] += x / size; });
    each([&](std::size_t i, double x, double size) {
        deviation[i] += std::abs(x - mean[i]) / size;
    });
    return deviation;
}

/// The rows of W that have a meaning, (rows, d): clip, then divide.
void normalise(std::vector<double>& w, std::size_t width, const clustering_options& options) {
    const auto count = static_cast<double>(w.size());
    const double before = std::accumulate(w.begin(), w.end(), 0.0) / count;
    for (double& x : w) x = std::min(x, options.clip * before);
    if (options.normaliser == cluster_normaliser::feature_mean) {
        const double rows = count / static_cast<double>(width);
        for (std::size_t q = 0; q < width; ++q) {
            double sum = 0;
            for (std::size_t i = q; i < w.size(); i += width) sum += w[i];
            for (std::size_t i = q; i < w.size(); i += width) w[i] /= sum / rows;
        }
        return;
    }
    const double after = std::accumulate(w.begin(), w.end(), 0.0) / count;
    const double by = options.normaliser == cluster_normaliser::mean_before_clip ? before : after;
    for (double& x : w) x /= by;
}

}  // namespace

clustering_options clustering_options::language() {
    return {.eps = 1e-4, .clip = 10, .normaliser = cluster_normaliser::feature_mean};
}
clustering_options clustering_options::swin() {
    return {.eps = 1e-4,
            .clip = 1.5,
            .normaliser = cluster_normaliser::mean_before_clip,
            .experts_scaled = true};
}
clustering_options clustering_options::soft_moe() {
    return {.eps = 0.35,
            .clip = 5,
            .normaliser = cluster_normaliser::mean_after_clip,
            .unit_tokens = true,
            .experts_scaled = true};
}

clustering_options clustering_from_name(std::string_view name) {
    if (name == "language") return clustering_options::language();
    if (name == "swin") return clustering_options::swin();
    if (name == "soft-moe") return clustering_options::soft_moe();
    throw invalid_argument("adaptive-clustering", fmt::format("the variant is '{}'", name),
                           "it must be language, swin or soft-moe");
}

cluster_weights dispersion_weights(std::span<const double> tokens, std::size_t width,
                                   std::span<const std::uint32_t> clusters, std::size_t count,
                                   const clustering_options& options) {
    constexpr std::string_view self = "dispersion_weights";
    check_options(self, options);
    check_width(self, tokens.size(), width, "tokens");
    if (count < 1) throw invalid_argument(self, "no clusters came", "at least one is needed");
    check_count(self, "cluster ids", clusters.size(), tokens.size() / width);
    check_clusters(self, clusters, count);

    cluster_weights out{std::vector<double>(count * width, 1.0), std::vector<std::size_t>(count)};
    const auto h = prepared(tokens, width, options);
    for (std::size_t t = 0; t < clusters.size(); ++t)
        if (clusters[t] != no_expert && finite(row_of(tokens, t, width))) ++out.sizes[clusters[t]];
    const auto deviation = mean_deviations(h, width, clusters, out.sizes);

    std::vector<double> known;
    for (std::size_t i = 0; i < deviation.size(); ++i)
        if (out.sizes[i / width] >= 2) known.push_back(1 / (deviation[i] + options.eps));
    normalise(known, width, options);
    auto next = known.begin();
    for (std::size_t i = 0; i < deviation.size(); ++i)
        if (out.sizes[i / width] >= 2) out.weights[i] = *next++;
    return out;
}

std::vector<double> token_scales(const cluster_weights& weights, std::size_t width,
                                 std::span<const std::uint32_t> clusters) {
    return mixed_scales(weights, width, clusters, std::vector<double>(clusters.size(), 1.0), 1);
}

std::vector<double> mixed_scales(const cluster_weights& weights, std::size_t width,
                                 std::span<const std::uint32_t> clusters,
                                 std::span<const double> gates, std::size_t r) {
    constexpr std::string_view self = "mixed_scales";
    if (r < 1 || clusters.size() % r != 0)
        throw invalid_argument(
            self, fmt::format("{} cluster ids came for {} a token", clusters.size(), r),
            "each token needs that many, at least one");
    check_count(self, "gates", gates.size(), clusters.size());
    check_count(self, "weights", weights.weights.size(), weights.sizes.size() * width);
    check_clusters(self, clusters, weights.sizes.size());
    std::vector<double> scales(clusters.size() / r * width);
    for (std::size_t i = 0; i < clusters.size(); ++i)
        for (std::size_t q = 0; q < width; ++q)
            scales[i / r * width + q] +=
                gates[i] *
                (clusters[i] == no_expert ? 1 : weights.weights[clusters[i] * width + q]);
    return scales;
}

clustered_gate cluster_gate(std::span<const double> tokens, std::span<const double> scales,
                            std::span<const double> embeddings, std::size_t width,
                            const clustering_options& options) {
    constexpr std::string_view self = "cluster_gate";
    check_width(self, tokens.size(), width, "tokens");
    check_width(self, embeddings.size(), width, "embeddings");
    check_count(self, "scales", scales.size(), tokens.size());
    const std::size_t experts = embeddings.size() / width, count = tokens.size() / width;
    clustered_gate out{std::vector<double>(count * experts), prepared(tokens, width, options)};
    std::vector<double> scaled(width);
    for (std::size_t t = 0; t < count; ++t) {
        const auto h = row_of(out.expert_inputs, t, width);
        for (std::size_t q = 0; q < width; ++q) scaled[q] = scales[t * width + q] * h[q];
        const auto logits = row_of(out.logits, t, experts);
        if (!finite(row_of(tokens, t, width)))
            std::fill(logits.begin(), logits.end(), std::numeric_limits<double>::quiet_NaN());
        else
            for (std::size_t e = 0; e < experts; ++e)
                logits[e] = std::inner_product(scaled.begin(), scaled.end(),
                                               row_of(embeddings, e, width).begin(), 0.0);
        if (options.experts_scaled) std::copy(scaled.begin(), scaled.end(), h.begin());
    }
    return out;
}

clustered_gradient cluster_gate_backward(std::span<const double> tokens,
                                         std::span<const double> scales,
                                         std::span<const double> embeddings, std::size_t width,
                                         std::span<const double> by_logits,
                                         std::span<const double> by_inputs,
                                         const clustering_options& options) {
    constexpr std::string_view self = "cluster_gate_backward";
    check_width(self, tokens.size(), width, "tokens");
    check_width(self, embeddings.size(), width, "embeddings");
    check_count(self, "scales", scales.size(), tokens.size());
    const std::size_t experts = embeddings.size() / width, count = tokens.size() / width;
    check_count(self, "derivatives of logits", by_logits.size(), count * experts);
    if (!by_inputs.empty())
        check_count(self, "derivatives of expert inputs", by_inputs.size(), tokens.size());

    clustered_gradient out{std::vector<double>(tokens.size()),
                           std::vector<double>(embeddings.size())};
    const auto prepared_tokens = prepared(tokens, width, options);
    for (std::size_t t = 0; t < count; ++t) {
        if (!finite(row_of(tokens, t, width))) continue;
        const auto h = row_of(prepared_tokens, t, width), m = row_of(scales, t, width);
        const auto by_h = row_of(out.by_tokens, t, width);
        for (std::size_t e = 0; e < experts; ++e)
            for (std::size_t q = 0; q < width; ++q) {
                const double slope = by_logits[t * experts + e] * m[q];
                out.by_embeddings[e * width + q] += slope * h[q];
                by_h[q] += slope * embeddings[e * width + q];
            }
        if (!by_inputs.empty())
            for (std::size_t q = 0; q < width; ++q)
                by_h[q] += by_inputs[t * width + q] * (options.experts_scaled ? m[q] : 1);
        if (options.unit_tokens) through_unit(norm(row_of(tokens, t, width)), h, by_h);
    }
    return out;
}

}  // namespace moebius
