// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/tokens/token_source.hpp>

namespace moebius {

/// Tokens whose logits have the dither of their batch on top, so that a closed loop routes by
/// dithered scores while its rule does not see it: in batch t of a run it is dither_of(amplitude,
/// seed, t) of train/score_probe.hpp. Only the CPU runs it; its law is that of the tokens alone.
/// @throws invalid_argument  for no source, or an amplitude that is not positive and finite
[[nodiscard]] std::shared_ptr<const token_source> dithered_tokens(
    std::shared_ptr<const token_source> source, double amplitude);

}  // namespace moebius
