// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/watch.hpp>
#include <moebius/router/router.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A batch of B examples.
struct example_batch {
    std::span<const double> inputs;         ///< (B, d), row-major
    std::span<const std::uint32_t> labels;  ///< (B)
    const watch* heeded = nullptr;          ///< asks to stop amid a training pass; null: nobody
};

/// What a network made of a batch.
struct network_pass {
    double loss = 0;                   ///< mean over the examples, without balancing terms
    double balance = 0;                ///< the balancing terms, weighted
    double right = 0;                  ///< share of examples whose class has the largest output
    std::vector<double> loads = {};    ///< (scores): each layer's sum to 1
    std::vector<double> outputs = {};  ///< (B, C), row-major
    /// (layers, B): the expert of largest weight; no_expert for none.
    std::vector<std::uint32_t> choices = {};
};

/// A classifier with routed layers, as a trainer sees it: parameters are one array of numbers.
/// Immutable, so that threads share one.
class network {
public:
    virtual ~network() = default;

    [[nodiscard]] virtual std::size_t width() const noexcept = 0;       ///< d
    [[nodiscard]] virtual std::size_t classes() const noexcept = 0;     ///< C
    [[nodiscard]] virtual std::size_t parameters() const noexcept = 0;  ///< P
    [[nodiscard]] virtual std::size_t layers() const noexcept = 0;      ///< routed ones, L
    [[nodiscard]] virtual std::size_t experts() const noexcept = 0;     ///< E of every layer
    [[nodiscard]] std::size_t scores() const noexcept { return layers() * experts(); }

    /// Random parameters (P) to start from, each a float.
    [[nodiscard]] virtual std::vector<double> initial(std::uint64_t seed) const = 0;

    /// One training pass: routes as in training, and differentiates loss + balance.
    /// @param parameters  (P)
    /// @param scores      (L E): adaptive scores, constants here
    /// @param gradient    (P), overwritten
    /// @throws invalid_argument  if a size does not fit
    /// @throws interrupted       if the batch's watch asks to stop
    virtual network_pass learn(std::span<const double> parameters, std::span<const double> scores,
                               const example_batch& batch, batch_key key,
                               std::span<double> gradient) const = 0;

    /// The same loss as at inference: nothing is drawn.
    [[nodiscard]] virtual network_pass infer(std::span<const double> parameters,
                                             std::span<const double> scores,
                                             const example_batch& batch) const = 0;

    /// The logits (B, E) that the last layer's router sees, without scores; empty if the router's
    /// logits are not those of examples (Soft MoE).
    [[nodiscard]] virtual std::vector<double> logits(std::span<const double> parameters,
                                                     std::span<const double> scores,
                                                     std::span<const double> inputs) const = 0;

    /// The router of every layer; null if there is none in that sense.
    [[nodiscard]] virtual const router* routing() const noexcept = 0;
};

}  // namespace moebius
