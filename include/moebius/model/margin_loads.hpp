// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/load_response.hpp>
#include <moebius/router/margin_law.hpp>

namespace moebius {

/// The loads of hard top-1 with two experts on any law of margins: token_response as a load
/// response, p = (1 +- m(s_1 - s_2))/2.
/// @throws invalid_argument  as models::token_response
/// @source docs/theory.md section 4
[[nodiscard]] std::shared_ptr<const load_response> margin_loads(margin_law law);

}  // namespace moebius
