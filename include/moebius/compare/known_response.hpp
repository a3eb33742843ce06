// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/load_response.hpp>
#include <moebius/router/router.hpp>
#include <moebius/tokens/token_source.hpp>

namespace moebius {

/// The mean load of a router on what a source draws, in closed form: router::mean_load of stored
/// tokens or of none, and margin_loads for top-1 and soft-moe on other margins. Null if none is
/// known.
/// @param noise  of the router, if it adds some
/// @throws invalid_argument  as router::mean_load
[[nodiscard]] std::shared_ptr<const load_response> known_response(const router& router,
                                                                  const token_source& source,
                                                                  noise_law noise);

}  // namespace moebius
