// SPDX-License-Identifier: MIT
// The models that run as ensembles. A further one with a templated rhs is a line here.
#pragma once

#include <moebius/model/two_expert_equation.hpp>
#include <string_view>

namespace moebius::detail {

template <typename... Models>
struct model_list {
    static constexpr std::string_view names[] = {Models::name...};

    /// Calls visit(M{}) for the model M of that name; false if there is none.
    template <typename Visit>
    static bool with(std::string_view name, Visit&& visit) {
        return ((Models::name == name && (visit(Models{}), true)) || ...);
    }
};

using ensemble_models = model_list<models::two_expert>;

}  // namespace moebius::detail
