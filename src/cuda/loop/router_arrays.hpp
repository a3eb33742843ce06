// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/simulate/loop_backend.hpp>
#include <optional>
#include <vector>

#include "loop/balanced_batches.hpp"
#include "loop/loop_arrays.hpp"
#include "loop/router_loops.hpp"

namespace moebius::gpu {

/// Why a device does not run sound loops of a router; nothing if it does.
[[nodiscard]] std::optional<refusal> router_refusal(const router_batches& batches);

/// Closed loops of a router in the memory of the current device, some of their steps at a time.
class router_arrays {
public:
    /// @param batches  that router_refusal takes; must outlive this
    /// @throws device_error  for too little memory
    router_arrays(const router_batches& batches, const loop_limits& limits);

    /// Batches of a launch, by memory and by the time between two looks at the watch.
    [[nodiscard]] std::size_t room() const noexcept { return room_; }

    /// Runs batches first, ..., first + steps - 1 and puts their loads in their places.
    /// @throws device_error
    void advance(std::size_t first, std::size_t steps, load_history& to);

private:
    void route(std::size_t step);
    void route_balanced(std::size_t step);
    void route_on_cpu(std::size_t run, std::uint64_t step);

    const router_batches* batches_;
    routing_rule rule_;
    loop_batch same_;
    loop_arrays arrays_;
    device_array<double> sums_, parts_, loads_;
    device_array<std::uint32_t> counts_, times_;
    device_array<std::uint64_t> unrouted_;
    balanced_batches balanced_;
    std::size_t room_;
    router_loops work_{};
};

}  // namespace moebius::gpu
