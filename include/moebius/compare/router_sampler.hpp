// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/continuation/measured_branch.hpp>
#include <moebius/router/router.hpp>
#include <moebius/tokens/token_source.hpp>

namespace moebius {

struct held_loop_options {
    std::size_t tokens = 1024;  ///< of a batch, >= 1
    std::size_t batches = 64;   ///< of each held loop, >= 2
    std::uint64_t seed = 1;     ///< loop i of all that were held takes derived_seed(seed, i)
    unsigned threads = 0;       ///< 0: as many as the hardware runs; changes no number
};

/// Holds loops of any router: routes batches at scores that stay. The covariance is that of the
/// batches over their number.
/// @throws invalid_argument  for no source or router, or an option out of range
[[nodiscard]] load_sampler sample_router(std::shared_ptr<const token_source> source,
                                         std::shared_ptr<const router> router,
                                         const held_loop_options& options = {});

}  // namespace moebius
