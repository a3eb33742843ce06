// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "series.hpp"

namespace moebius {

/// N independent draws, of which n come out, and a weight g(n) on that number that is 0 above K. A
/// number is a series, or enclosed.
///
/// The dynamic program of Bernoulli sums: forward, the probability that n of the first i come out;
/// backward, the mean of g given that. Every term is positive, so no value cancels, and
/// probabilities that underflow are too small to matter where g is 0 or of order 1.
/// @cost    N K products of series, twice; memory N K
/// @source  Chen, Dempster & Liu, Biometrika 81 (1994), section 2; docs/routers.md sections
///          2.2 and 2.4
template <typename number>
class weighted_draws {
public:
    /// @param yes     (N): probability that each comes out
    /// @param no      (N): that it does not
    /// @param weight  (K + 1): g(0), ..., g(K)
    weighted_draws(std::vector<number> yes, std::vector<number> no, std::vector<double> weight)
        : yes_(std::move(yes)),
          no_(std::move(no)),
          weight_(std::move(weight)),
          reached_((yes_.size() + 1) * weight_.size()) {
        const std::size_t width = weight_.size();
        reached_[0] = number{1.0};
        for (std::size_t i = 0; i < yes_.size(); ++i) {
            const number* from = &reached_[i * width];
            number* to = &reached_[(i + 1) * width];
            for (std::size_t n = 0; n < std::min(width, i + 2); ++n) {
                to[n] = from[n] * no_[i];
                if (n > 0) to[n] += from[n - 1] * yes_[i];
            }
        }
    }

    [[nodiscard]] std::size_t size() const { return yes_.size(); }
    [[nodiscard]] const number& yes(std::size_t i) const { return yes_[i]; }
    [[nodiscard]] const number& no(std::size_t i) const { return no_[i]; }

    /// P(n of the first i come out), n <= K.
    [[nodiscard]] const number& reached(std::size_t i, std::size_t n) const {
        return reached_[i * weight_.size() + n];
    }

    /// E g(n).
    [[nodiscard]] number mean() const {
        number sum{};
        for (std::size_t n = 0; n < weight_.size(); ++n) sum += weight_[n] * reached(size(), n);
        return sum;
    }

    /// E[g(n); i comes out] for each i. Shape (N).
    [[nodiscard]] std::vector<number> mean_with() const {
        return for_each([this](std::size_t i, const std::vector<number>& ahead) {
            number sum{};
            for (std::size_t n = 0; n + 1 < ahead.size(); ++n) sum += reached(i, n) * ahead[n + 1];
            return yes_[i] * sum;
        });
    }

    /// E g(number of the others that come out) for each i. Shape (N).
    [[nodiscard]] std::vector<number> mean_without() const {
        return for_each([this](std::size_t i, const std::vector<number>& ahead) {
            number sum{};
            for (std::size_t n = 0; n < ahead.size(); ++n) sum += reached(i, n) * ahead[n];
            return sum;
        });
    }

private:
    [[nodiscard]] static bool alike(const number& a, const number& b) {
        if constexpr (requires { a.c == b.c; })
            return a.c == b.c;
        else
            return false;  // of enclosures it is not known
    }

    /// out[i] = of(i, ahead) with ahead[n] = E[g | n of the first i + 1 come out].
    template <typename Of>
    [[nodiscard]] std::vector<number> for_each(Of of) const {
        std::vector<number> ahead(weight_.size()), out(size());
        for (std::size_t n = 0; n < ahead.size(); ++n) ahead[n] = number{weight_[n]};
        for (std::size_t i = size(); i-- > 0;) {
            // draws of one chance do alike in any order
            out[i] = i + 1 < size() && alike(yes_[i], yes_[i + 1]) ? out[i + 1] : of(i, ahead);
            for (std::size_t n = 0; n < ahead.size(); ++n) {
                ahead[n] = ahead[n] * no_[i];
                if (n + 1 < ahead.size()) ahead[n] += ahead[n + 1] * yes_[i];
            }
        }
        return out;
    }

    std::vector<number> yes_, no_;
    std::vector<double> weight_;
    std::vector<number> reached_;  // (N + 1, K + 1)
};

}  // namespace moebius
