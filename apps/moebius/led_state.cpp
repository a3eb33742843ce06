// SPDX-License-Identifier: MIT
#include "led_state.hpp"

namespace moebius::cli {

std::vector<double> led_state(const field& model, double lead) {
    std::vector<double> state(model.dimension());
    static_cast<void>(model.initial(state));
    state.front() += lead;
    const std::size_t experts = model.experts();
    // The state of two experts is their difference, with a controller's beside it.
    if (experts > state.size() || model.state_names().front() == "z") return state;
    for (std::size_t e = 0; e < experts; ++e) state[e] -= lead / static_cast<double>(experts);
    return state;
}

}  // namespace moebius::cli
