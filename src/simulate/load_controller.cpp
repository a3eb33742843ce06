// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/text.hpp>
#include <moebius/simulate/load_controller.hpp>

namespace moebius {
namespace {

constexpr std::array<std::string_view, 4> law_names{"none", "integral", "sign", "centred-sign"};

double sign_of(double x) { return static_cast<double>(x > 0) - static_cast<double>(x < 0); }

/// b_e <- b_e - gain (sign_e - centre)
void step_by_sign(double gain, double centre, std::span<const double> loads,
                  std::span<double> scores) {
    const double even = 1 / static_cast<double>(loads.size());
    for (std::size_t e = 0; e < scores.size(); ++e)
        scores[e] -= gain * (sign_of(loads[e] - even) - centre);
}

double mean_sign(std::span<const double> loads) {
    const auto experts = static_cast<double>(loads.size());
    double sum = 0;
    for (const double load : loads) sum += sign_of(load - 1 / experts);
    return sum / experts;
}

}  // namespace

std::string_view to_string(control_law law) noexcept {
    return law_names[static_cast<std::size_t>(law)];
}

control_law control_law_from_name(std::string_view name) {
    const auto found = std::find(law_names.begin(), law_names.end(), name);
    if (found == law_names.end())
        throw invalid_argument(
            "controller", fmt::format("'{}' is unknown", name),
            fmt::format("one of these is needed{}", did_you_mean(name, law_names)));
    return static_cast<control_law>(found - law_names.begin());
}

void check(const load_controller& controller, double step) {
    require("controller")
        .not_negative("gain", controller.gain)
        .not_negative("leak", controller.leak);
    if (controller.leak > 0 && controller.law != control_law::integral)
        throw invalid_argument("controller",
                               fmt::format("a leak of {} came with the law {}", controller.leak,
                                           to_string(controller.law)),
                               "only the integral law has one");
    if (controller.gain > 0 && controller.law == control_law::none)
        throw invalid_argument("controller", fmt::format("a gain of {} came", controller.gain),
                               "without a law it does nothing");
    if (!(step * controller.leak <= 1))
        throw invalid_argument("controller",
                               fmt::format("step x leak is {}", step * controller.leak),
                               "it must be <= 1, or the score overshoots");
}

void control(const load_controller& controller, double step, std::span<const double> loads,
             std::span<double> scores) {
    const double even = 1 / static_cast<double>(loads.size());
    switch (controller.law) {
        case control_law::none:
            return;
        case control_law::integral:
            for (std::size_t e = 0; e < scores.size(); ++e)
                scores[e] -=
                    step * (controller.gain * (loads[e] - even) + controller.leak * scores[e]);
            return;
        case control_law::sign:
            return step_by_sign(controller.gain, 0, loads, scores);
        case control_law::centred_sign:
            return step_by_sign(controller.gain, mean_sign(loads), loads, scores);
    }
}

}  // namespace moebius
