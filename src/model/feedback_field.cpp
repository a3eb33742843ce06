// SPDX-License-Identifier: MIT
#include "feedback_field.hpp"

#include <fmt/format.h>

namespace moebius::detail {
namespace {

/// "bias_3" for the group whose first member is the third expert.
std::vector<std::string> by_first_member(std::string_view word, const grouping& groups) {
    std::vector<std::string> names;
    for (const auto& group : groups.groups)
        names.push_back(fmt::format("{}_{}", word, group.front() + 1));
    return names;
}

}  // namespace

feedback_field::feedback_field(std::shared_ptr<const load_response> response,
                               std::span<const parameter_info> shared,
                               std::span<const std::string_view> states)
    : response_(std::move(response)),
      shared_(shared.size()),
      interchangeable_(response_->regrouped(response_->groups()) != nullptr) {
    const grouping& groups = response_->groups();
    for (const auto letter : states)
        for (std::size_t g = 1; g <= groups.size(); ++g)
            owned_states_.push_back(fmt::format("{}_{}", letter, g));
    state_names_.assign(owned_states_.begin(), owned_states_.end());
    owned_biases_ = by_first_member("bias", groups);
    owned_symbols_ = by_first_member("b", groups);
    parameters_.assign(shared.begin(), shared.end());
    for (std::size_t g = 0; g < groups.size(); ++g)
        parameters_.push_back({owned_biases_[g], owned_symbols_[g],
                               "external asymmetry in the drift of an expert's score", 0});
}

std::vector<double> feedback_field::possible(std::span<const double> loads) const {
    std::vector<double> out(loads.begin(), loads.end());
    const double most = response_->most();
    double left_over = 0, room = 0;  // of all members
    for (std::size_t g = 0; g < out.size(); ++g) {
        const auto members = static_cast<double>(groups().groups[g].size());
        left_over += members * std::max(0.0, out[g] - most);
        room += members * std::max(0.0, most - out[g]);
    }
    if (left_over == 0 || room == 0) return out;
    const double share = std::min(1.0, left_over / room);
    for (double& load : out) load = std::min(load, most) + share * std::max(0.0, most - load);
    return out;
}

}  // namespace moebius::detail
