// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/router/noise.hpp>
#include <moebius/router/router.hpp>
#include <string_view>

namespace moebius {

/// What a chosen expert's output is multiplied by, before any renormalisation.
enum class gate_kind {
    softmax,  ///< its share of softmax(z) over all experts
    sigmoid,  ///< 1/(1 + exp(-z)), each expert by itself
};
[[nodiscard]] std::string_view to_string(gate_kind kind) noexcept;

struct top_k_options {
    double beta = 1;                      ///< inverse temperature, > 0
    std::size_t k = 1;                    ///< experts of a token, 1 to all
    noise_law noise = noise_law::gumbel;  ///< of `route`; logistic for two experts and k = 1 only
    gate_kind gate = gate_kind::softmax;
    bool renormalise = false;  ///< weights of a token sum to 1: with k = 1 they are 1, and the
                               ///< router learns nothing from them
};

/// A token goes to the k experts with the largest z + noise, the lowest on ties; gates see z
/// without the noise. Its name is top-k, and top-1 for k = 1: with the default gate that is Switch.
///
/// Noise is drawn as top1 draws it, so that for k = 1 the choices of both are the same. A token
/// with fewer than k experts of finite logit goes to all of them.
///
/// infer adds no noise. backward holds the choice fixed: gradients come through the gates alone.
/// The mean load is known for Gumbel noise and, for two experts and k = 1, for logistic and
/// gaussian noise, too; else it is null.
///
/// @throws invalid_argument  for k = 0 or a beta that is not positive and finite
/// @source docs/routers.md section 6; Fedus, Zoph & Shazeer, JMLR 23 (2022), section 2.1 (Switch)
[[nodiscard]] std::shared_ptr<const router> top_k(const top_k_options& options = {});

}  // namespace moebius
