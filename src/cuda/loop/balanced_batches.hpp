// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/router/router.hpp>
#include <vector>

#include "device.hpp"
#include "loop/router_loops.hpp"

namespace moebius::gpu {

/// Sinkhorn's scaling of one run's batch on the device, in double: sinkhorn of router/sinkhorn.hpp,
/// whose column sums are those of a softmax of rows.
class balanced_batches {
public:
    balanced_batches() = default;
    balanced_batches(const balancing_rule& rule, std::size_t tokens, std::size_t experts);

    /// The counts of run `run` of batch `step`, in place of those that are there.
    /// @return  false, with no count changed, where a sum leaves the doubles
    [[nodiscard]] bool route(const router_loops& work, std::uint32_t run, std::uint32_t step) const;

private:
    [[nodiscard]] std::vector<double> column_sums(const router_loops& work) const;

    balancing_rule rule_;
    device_array<double> rows_, log_v_, parts_;
};

}  // namespace moebius::gpu
