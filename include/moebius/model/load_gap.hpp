// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/enclosed.hpp>
#include <moebius/model/jet.hpp>
#include <moebius/router/noise.hpp>

namespace moebius {

/// The router's expected load gap over any scalar of a model (router/noise.hpp has the formulas).
[[nodiscard]] inline double load_gap(noise_law law, double z) { return gap(law, z); }
[[nodiscard]] inline jet load_gap(noise_law law, const jet& z) {
    return compose(z, gap_derivatives(law, z.at(0)));
}
[[nodiscard]] inline dual load_gap(noise_law law, const dual& z) {
    return compose(z, gap_derivatives(law, z.value()));
}
/// Of noise with a density.
[[nodiscard]] inline enclosed load_gap(noise_law law, const enclosed& z) {
    return law == noise_law::gaussian ? erf(z / 2.0) : tanh(z / 2.0);
}

}  // namespace moebius
