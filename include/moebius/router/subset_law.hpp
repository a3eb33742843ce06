// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// How a loss over the marginals of a subset law is carried back to the logits.
enum class subset_slopes {
    covariance,  ///< dm_i/dr_j = Cov(z_i, z_j): the derivative of the marginals
    published,   ///< Cov(z_i, z_j) sigmoid(-r_j): log(1 - p) held fixed, as ProbMoE first did
};

/// One token's subsets of experts: S has k_min to k_max members and P(S) ~ exp(sum of r over S).
/// Equivalently, independent inclusions with p_i = sigmoid(r_i), given that their number is in the
/// band; k_min = k_max is exact-k. z_i is 1 if i is in S and else 0.
///
/// A logit is finite, or minus infinity for an expert that is never chosen. If fewer than k_min
/// experts remain, S is all of them; if fewer than k_max, the band ends at their number.
///
/// Immutable. Logits of any size neither overflow nor underflow.
/// @cost    N k_max multiplications to make; memory the same
/// @source  docs/routers.md sections 2.1 to 2.6
class subset_law {
public:
    /// @param logits  r (N), N >= 1
    /// @throws invalid_argument  for a band that does not fit N; for a logit that is NaN or plus
    ///                           infinity
    subset_law(std::span<const double> logits, std::size_t k_min, std::size_t k_max);
    ~subset_law();
    subset_law(subset_law&&) noexcept;
    subset_law& operator=(subset_law&&) noexcept;

    [[nodiscard]] std::size_t experts() const noexcept;

    /// log of the sum over all allowed S of exp(sum of r over S).
    [[nodiscard]] double log_normaliser() const;

    /// P(|S| = k); 0 outside the band.
    [[nodiscard]] double size_share(std::size_t k) const noexcept;

    /// P(i in S) for each expert; they sum to E|S|. Shape (N).
    [[nodiscard]] std::vector<double> marginals() const;

    /// An exact draw: first the size, then whether expert N - 1, N - 2, ..., 0 is in.
    ///
    /// @param size      uniform in (0, 1), for the size; not used by exact-k
    /// @param uniforms  (N): uniform in (0, 1), one for every expert; those after the last member
    /// of S are
    ///                  not used
    /// @param chosen    (N): overwritten, 1 for members of S
    /// @throws invalid_argument  if a size does not fit
    void sample(double size, std::span<const double> uniforms,
                std::span<std::uint8_t> chosen) const;

    /// dL/dr (N) from dL/dm (N). With `covariance` this is the covariance matrix times
    /// by_marginals.
    /// @throws invalid_argument  if a size does not fit
    /// @cost  about three times that of the marginals; no matrix is formed
    [[nodiscard]] std::vector<double> backward(
        std::span<const double> by_marginals,
        subset_slopes slopes = subset_slopes::covariance) const;

private:
    struct tables;
    std::unique_ptr<const tables> tables_;
};

/// The likeliest subset of the same law: the k largest logits, with k the number of positive ones
/// brought into the band. The lowest expert wins ties, and of sizes the smaller.
///
/// @param chosen  (N): overwritten, 1 for members
/// @throws invalid_argument  as subset_law; if a size does not fit
/// @source docs/routers.md section 2.5
void likeliest_subset(std::span<const double> logits, std::size_t k_min, std::size_t k_max,
                      std::span<std::uint8_t> chosen);

/// @throws invalid_argument  naming `who`, unless 1 <= k_min <= k_max and, where it is known,
///                           k_max <= experts
void check_band(std::string_view who, std::size_t k_min, std::size_t k_max);
void check_band(std::string_view who, std::size_t k_min, std::size_t k_max, std::size_t experts);

/// The same of what tabulates its subsets, in k_max numbers an expert.
/// @throws invalid_argument  as check_band, and for a table of more than 2^22 numbers
void check_subsets(std::string_view who, std::size_t k_min, std::size_t k_max, std::size_t experts);

}  // namespace moebius
