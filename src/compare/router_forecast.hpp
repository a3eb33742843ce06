// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/compare/router_comparison.hpp>
#include <vector>

#include "gap_along.hpp"

namespace moebius {

/// A bias sweep over both folds and half their distance beyond: the bias of step k.
struct bias_sweep {
    double from, to;
    std::size_t steps;

    bias_sweep(const router_forecast& f, const comparison_options& o, bool up)
        : steps(static_cast<std::size_t>(o.ramp / o.step)) {
        const double width = f.fold_up.value - f.fold_down.value;
        from = f.fold_down.value - width / 2;
        to = f.fold_up.value + width / 2;
        if (!up) std::swap(from, to);
    }

    [[nodiscard]] double at(std::size_t k) const {
        return from + (to - from) * static_cast<double>(k) / static_cast<double>(steps);
    }
};

/// The response of a router on the tokens, and what it says.
struct known_router {
    std::shared_ptr<const load_response> loads;
    router_forecast forecast;
};

/// @throws invalid_argument  if equal loads are no state, or more than two experts have no closed
/// form
[[nodiscard]] known_router predict(const std::shared_ptr<const token_source>& source,
                                   const router& router, const comparison_options& options,
                                   const watch& watched);

/// The gap of a forecast's response, its slopes as differences if it was measured.
[[nodiscard]] gap_along gap_of(const known_router& known, double beta);

[[nodiscard]] estimate mean_of(const std::vector<double>& values);

}  // namespace moebius
