// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/router/noise.hpp>
#include <numbers>

namespace moebius {
namespace {

constexpr std::array<std::string_view, 4> law_names{"none", "gumbel", "logistic", "gaussian"};

}  // namespace

std::string_view to_string(noise_law law) noexcept {
    return law_names[static_cast<std::size_t>(law)];
}

std::span<const std::string_view> noise_names() noexcept { return law_names; }

noise_law noise_from_name(std::string_view name) {
    const auto found = std::find(law_names.begin(), law_names.end(), name);
    if (found == law_names.end())
        throw invalid_argument(
            "noise", fmt::format("'{}' is unknown", name),
            fmt::format("one of these is needed{}", did_you_mean(name, law_names)));
    return static_cast<noise_law>(found - law_names.begin());
}

std::array<double, 4> gap_derivatives(noise_law law, double z) {
    switch (law) {
        case noise_law::gumbel:
        case noise_law::logistic: {  // t' = (1 - t^2)/2, t'' = -t t', t''' = -t'^2 - t t''
            // From e = exp(-|z|) - 1: accurate near zero and in the tails, and less work than tanh.
            const double e = std::expm1(-std::abs(z));
            const double t = std::copysign(e / (2 + e), z);
            const double t1 = 2 * (1 + e) / ((2 + e) * (2 + e));
            const double t2 = -t * t1;
            return {t, t1, t2, -t1 * t1 - t * t2};
        }
        case noise_law::gaussian: {  // g' = exp(-z^2/4)/sqrt(pi), g'' = -z g'/2
            const double g1 = std::exp(-z * z / 4) * std::numbers::inv_sqrtpi;
            return {std::erf(z / 2), g1, -z / 2 * g1, (z * z / 4 - 0.5) * g1};
        }
        case noise_law::none:
            break;
    }
    throw invalid_argument("gap_derivatives", "the noise is none",
                           "a response with derivatives needs gumbel, logistic or gaussian noise");
}

double first_share(noise_law law, double z) noexcept {
    switch (law) {
        case noise_law::gumbel:
        case noise_law::logistic:
            return 1 / (1 + std::exp(-z));
        case noise_law::gaussian:
            return std::erfc(-z / 2) / 2;
        case noise_law::none:
            break;
    }
    return z >= 0 ? 1 : 0;
}

double gap(noise_law law, double z) noexcept {
    switch (law) {
        case noise_law::gumbel:
        case noise_law::logistic:
            return std::tanh(z / 2);
        case noise_law::gaussian:
            return std::erf(z / 2);
        case noise_law::none:
            break;
    }
    return static_cast<double>((z > 0) - (z < 0));
}

}  // namespace moebius
