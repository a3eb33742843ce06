// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace moebius {

/// What a hard top-1 router adds to each expert's score beta (logit + adaptive score) before it
/// takes the largest.
enum class noise_law {
    none,      ///< the largest score wins; ties go to the lower expert
    gumbel,    ///< standard Gumbel on each expert: choices follow softmax
    logistic,  ///< standard logistic on the difference of two experts: the same law as gumbel, in
               ///< one draw; two experts only
    gaussian,  ///< standard normal on each expert
};

[[nodiscard]] std::string_view to_string(noise_law law) noexcept;
[[nodiscard]] std::span<const std::string_view> noise_names() noexcept;

/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] noise_law noise_from_name(std::string_view name);

/// The expected load gap p1 - p2 that one token gives two experts when their scaled scores differ
/// by z, and its first three derivatives: tanh(z/2) for gumbel and logistic noise, erf(z/2) for
/// gaussian.
///
/// @param z  beta (l1 + s1 - l2 - s2), dimensionless
/// @throws invalid_argument  for `none`, whose response is a step
[[nodiscard]] std::array<double, 4> gap_derivatives(noise_law law, double z);

/// The expected share of the first of two experts, (1 + gap(law, z)) / 2, without cancellation for
/// large negative z; for `none` 1 if z >= 0 and else 0.
[[nodiscard]] double first_share(noise_law law, double z) noexcept;

/// The value alone; for `none` the sign of z (0 at 0).
[[nodiscard]] double gap(noise_law law, double z) noexcept;

}  // namespace moebius
