// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/train/optimiser.hpp>

namespace moebius {
namespace {

constexpr std::array<std::string_view, 3> names{"sgd", "adam", "adamw"};

void descend_by_momentum(const optimiser_options& options, std::span<double> velocity,
                         std::span<const double> gradient, std::span<double> parameters) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        double g = gradient[i] + options.weight_decay * parameters[i];
        if (!velocity.empty()) g = velocity[i] = options.momentum * velocity[i] + g;
        parameters[i] -= options.rate * g;
    }
}

void descend_by_adam(const optimiser_options& options, std::uint64_t taken, std::span<double> mean,
                     std::span<double> square, std::span<const double> gradient,
                     std::span<double> parameters) {
    const double t = static_cast<double>(taken) + 1;
    const double mean_bias = 1 - std::pow(options.beta1, t);
    const double square_bias = 1 - std::pow(options.beta2, t);
    const bool decoupled = options.kind == optimiser_kind::adamw;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        double g = gradient[i];
        if (decoupled)
            parameters[i] -= options.rate * options.weight_decay * parameters[i];
        else
            g += options.weight_decay * parameters[i];
        mean[i] = options.beta1 * mean[i] + (1 - options.beta1) * g;
        square[i] = options.beta2 * square[i] + (1 - options.beta2) * g * g;
        parameters[i] -= options.rate * (mean[i] / mean_bias) /
                         (std::sqrt(square[i] / square_bias) + options.eps);
    }
}

}  // namespace

std::string_view to_string(optimiser_kind kind) noexcept {
    return names[static_cast<std::size_t>(kind)];
}

optimiser_kind optimiser_from_name(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (name == names[i]) return static_cast<optimiser_kind>(i);
    throw invalid_argument("optimiser", fmt::format("'{}' is unknown", name),
                           fmt::format("one is needed{}", did_you_mean(name, names)));
}

void check(const optimiser_options& options) {
    const auto need = [](bool good, std::string_view name, double value, std::string_view range) {
        if (!good)
            throw invalid_argument("optimiser", fmt::format("{} is {:g}", name, value), range);
    };
    const auto forgets = [](double value) { return value >= 0 && value < 1; };
    need(options.rate >= 0 && std::isfinite(options.rate), "rate", options.rate,
         "it must be >= 0 and finite");
    need(forgets(options.momentum), "momentum", options.momentum, "it must be in [0, 1)");
    need(forgets(options.beta1), "beta1", options.beta1, "it must be in [0, 1)");
    need(forgets(options.beta2), "beta2", options.beta2, "it must be in [0, 1)");
    need(options.eps > 0 && std::isfinite(options.eps), "eps", options.eps, "it must be > 0");
    need(options.weight_decay >= 0 && std::isfinite(options.weight_decay), "weight_decay",
         options.weight_decay, "it must be >= 0 and finite");
}

std::size_t moments(const optimiser_options& options) noexcept {
    if (options.kind != optimiser_kind::sgd) return 2;
    return options.momentum > 0 ? 1 : 0;
}

void descend(const optimiser_options& options, std::uint64_t taken, std::span<double> moments,
             std::span<const double> gradient, std::span<double> parameters) {
    if (options.kind == optimiser_kind::sgd) {
        descend_by_momentum(options, moments, gradient, parameters);
        return;
    }
    const std::size_t n = parameters.size();
    descend_by_adam(options, taken, moments.first(n), moments.subspan(n), gradient, parameters);
}

}  // namespace moebius
