// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/load_response.hpp>
#include <moebius/router/router.hpp>
#include <moebius/tokens/token_source.hpp>

namespace moebius {

/// The mean load of a router on what a source draws, in closed form: router::mean_load of stored
/// tokens or of none, and margin_loads on other margins for a router whose loads are a law of them
/// (router::margin_noise). Null if none is known.
/// @throws invalid_argument  as router::mean_load
[[nodiscard]] std::shared_ptr<const load_response> known_response(const router& router,
                                                                  const token_source& source);

}  // namespace moebius
