// SPDX-License-Identifier: MIT
#include "farthest_multiplier.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/solve/product_eigenvalues.hpp>

namespace moebius::detail {

using complex = std::complex<double>;

bool place_farthest(std::vector<complex>& others, double divergence) {
    constexpr double far = cycle_equations::floquet_multipliers::far;
    constexpr double rounding = 1e-9;  // of the logarithm, as where it is 1 at a Hopf point
    const auto off = [](complex mu) { return std::abs(std::log(std::abs(mu))); };
    const auto farthest = std::max_element(
        others.begin(), others.end(), [&off](complex l, complex r) { return off(l) < off(r); });
    if (farthest == others.end() || farthest->imag() != 0) return true;
    double rest = divergence;
    bool positive = true;
    for (auto mu = others.begin(); mu != others.end(); ++mu) {
        if (mu == farthest) continue;
        if (off(*mu) > far) return true;
        rest -= std::log(std::abs(*mu));
        if (mu->imag() == 0 && mu->real() < 0) positive = !positive;
    }
    const bool alone = others.size() == 1;
    if (!alone && std::abs(rest) < far) return true;  // one that the mesh has to tell
    const double here = std::log(std::abs(*farthest));
    const bool has_sign = (farthest->real() > 0) == positive;
    if (has_sign && std::abs(here - rest) < rounding) return true;
    const bool told = alone || rest * here > 0;
    const double size = std::min(std::exp(rest), largest_eigenvalue);
    *farthest = positive ? size : -size;
    std::stable_sort(others.begin(), others.end(),
                     [](complex l, complex r) { return std::abs(l) > std::abs(r); });
    return told;
}

bool keep_product(const std::vector<complex>& others, double divergence) {
    const double whole = std::log(largest_eigenvalue);
    double rest = divergence, decay = 0, growth = 0;
    bool positive = true, signs = true;
    for (const complex mu : others) {
        const double exponent = std::log(std::abs(mu));
        rest -= exponent;
        decay = std::max(decay, -exponent);
        growth = std::max(growth, exponent);
        signs = signs && mu != 0.0;
        if (mu.imag() == 0 && mu.real() < 0) positive = !positive;
    }
    if (signs && !positive) return false;
    const bool known = std::max(decay, growth) < whole;
    return !known || (rest < 1 + 0.1 * (decay + growth) && -rest < 1 + 0.5 * decay);
}

}  // namespace moebius::detail
