// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/router.hpp>

namespace moebius {

struct soft_moe_options {
    double beta = 1;  ///< inverse temperature, > 0
};

/// The router "soft-moe": every token goes to every expert, one slot each, and the weights are the
/// combine weights, softmax of z = beta (logit + score).
///
/// The load of an expert is its mean combine weight over the tokens that can be routed. Nothing is
/// drawn: `infer` is `route`, and mean_load is the load itself. An expert that is closed to a token
/// (a logit of minus infinity) is not chosen.
/// @throws invalid_argument  unless beta is > 0 and finite
/// @source docs/routers.md section 4.1
[[nodiscard]] std::shared_ptr<const router> soft_moe_router(const soft_moe_options& options = {});

}  // namespace moebius
