// SPDX-License-Identifier: MIT
#include "staircase.hpp"

#include <algorithm>
#include <cmath>

namespace moebius {

schedule staircase(std::string parameter, double from, double to, std::span<const double> ends,
                   const validate_options& options, double decay, std::vector<double>& holds) {
    schedule plan{std::move(parameter), from, {}};
    const double step = options.step / decay, rate = (to - from) * decay / options.ramp;
    const auto batches = [&](double time) {
        return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(time / step)));
    };
    const double spacing = (to - from) / static_cast<double>(options.levels - 1);
    const std::size_t averaged = batches(options.average / decay);
    double here = from;
    const auto ramp_to = [&](double value) {
        if (value != here) plan.legs.push_back({value, batches((value - here) / rate), 0});
        here = value;
    };
    for (std::size_t k = 0; k < options.levels; ++k) {
        const double value = k + 1 == options.levels ? to : from + spacing * static_cast<double>(k);
        const auto close = [&](double end) { return std::abs(value - end) < std::abs(spacing); };
        if (std::any_of(ends.begin(), ends.end(), close)) continue;
        ramp_to(value);
        plan.legs.push_back({value, batches(options.settle / decay) + averaged, averaged});
        holds.push_back(value);
    }
    ramp_to(to);
    return plan;
}

}  // namespace moebius
