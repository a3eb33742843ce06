// SPDX-License-Identifier: MIT
// Test functions of a cycle's multipliers.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/continuation/diagram.hpp>
#include <utility>
#include <vector>

namespace moebius::detail {

/// The multipliers of a cycle in its space, the one nearest to 1 apart.
struct floquet {
    using complex = std::complex<double>;
    static constexpr double vanishing = 1e-6;  ///< |mu + 1| at a PD, |mu_1 mu_2 - 1| at an NS

    std::vector<complex> others;  // by falling modulus
    complex trivial = 1;

    explicit floquet(std::vector<complex> all) {
        const auto nearest = std::min_element(all.begin(), all.end(), [](auto l, auto r) {
            return std::abs(l - 1.0) < std::abs(r - 1.0);
        });
        if (nearest != all.end()) {
            trivial = *nearest;
            all.erase(nearest);
        }
        others = std::move(all);
    }

    /// Product of (1 + mu) / (1 + |mu|).
    [[nodiscard]] double doubling() const {
        complex product = 1;
        for (const auto mu : others) product *= (1.0 + mu) / (1 + std::abs(mu));
        return product.real();
    }

    /// Product over pairs of (mu nu - 1) / (1 + |mu nu|).
    [[nodiscard]] double torus() const {
        complex product = 1;
        for (std::size_t i = 0; i < others.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const auto both = others[i] * others[j];
                product *= (both - 1.0) / (1 + std::abs(both));
            }
        return product.real();
    }

    /// Whether what vanished in doubling() or torus() is what the label says: not a neutral saddle.
    [[nodiscard]] bool confirms(point_type type) const {
        return std::any_of(others.begin(), others.end(), [type](complex mu) {
            if (type == point_type::PD) return std::abs(mu + 1.0) < vanishing;
            if (type == point_type::NS)
                return std::abs(std::norm(mu) - 1) < vanishing && std::abs(mu.imag()) > vanishing;
            return true;
        });
    }
};

}  // namespace moebius::detail
