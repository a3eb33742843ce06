// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/model/load_gap.hpp>
#include <moebius/model/model.hpp>
#include <moebius/model/two_expert_equation.hpp>

namespace moebius::models {

static_assert(ode_model<two_expert>);

}  // namespace moebius::models
