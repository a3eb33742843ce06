// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

enum class optimiser_kind { sgd, adam, adamw };
[[nodiscard]] std::string_view to_string(optimiser_kind kind) noexcept;
/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] optimiser_kind optimiser_from_name(std::string_view name);

/// How parameters follow gradients; the conventions are PyTorch's.
struct optimiser_options {
    optimiser_kind kind = optimiser_kind::sgd;
    double rate = 0.1;     ///< learning rate, >= 0; 0 freezes
    double momentum = 0;   ///< of sgd: v <- momentum v + g, p <- p - rate v; in [0, 1)
    double beta1 = 0.9;    ///< of adam and adamw: decay of the mean gradient, in [0, 1)
    double beta2 = 0.999;  ///< of the mean squared gradient, in [0, 1)
    double eps = 1e-8;     ///< added to its root, > 0
    double weight_decay =
        0;  ///< >= 0: added to the gradient as decay p; adamw: p <- p - rate decay p
};

/// @throws invalid_argument  naming the option out of range
void check(const optimiser_options& options);

/// Numbers kept beside each parameter: 0 for sgd without momentum, 1 with, 2 for adam and adamw.
[[nodiscard]] std::size_t moments(const optimiser_options& options) noexcept;

/// One step.
/// @param taken       steps before this one
/// @param moments     (moments(options), P): 0 before the first step
/// @param gradient    (P)
/// @param parameters  (P), changed in place
/// @source Kingma & Ba, ICLR 2015, algorithm 1; Loshchilov & Hutter, ICLR 2019, algorithm 2
void descend(const optimiser_options& options, std::uint64_t taken, std::span<double> moments,
             std::span<const double> gradient, std::span<double> parameters);

}  // namespace moebius
