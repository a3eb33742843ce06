// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/simulate/loop_backend.hpp>
#include <optional>
#include <span>

#include "device.hpp"
#include "loop/loops.hpp"

namespace moebius::gpu {

/// Why a device does not run a sound batch; nothing if it does.
[[nodiscard]] std::optional<refusal> loop_refusal(const loop_batch& batch);

/// Of two experts, what kernels read of stored tokens.
enum class stored_rows { margins, logits };

/// A token source as arrays on the device.
struct device_source {
    tokens kind = tokens::none;
    std::uint64_t stored = 0;
    device_array<double> logits, cumulative, center, width;
    device_array<float> gate;
    std::size_t features = 0;
    float logit_error = 0;
};

/// Closed loops in the memory of the current device, some of their steps at a time.
class loop_arrays {
public:
    /// @param batch  one that loop_refusal takes; must outlive this
    /// @throws device_error  for too little memory
    loop_arrays(const loop_batch& batch, const loop_limits& limits,
                stored_rows rows = stored_rows::margins);

    /// The most steps whose history has room.
    [[nodiscard]] std::size_t room() const noexcept { return room_; }

    /// The work of steps first, ..., first + steps - 1.
    [[nodiscard]] const loops& at(std::size_t first, std::size_t steps);

    /// Copies the history of the last `at` to its place in that of all steps, (runs, steps, E).
    void read_history(std::span<std::uint32_t> all);

private:
    const loop_batch* batch_;
    device_source source_;
    device_array<run_values> values_;
    device_array<double> biases_, scores_, controls_, feedback_, bias_;
    device_array<std::uint64_t> mailbox_;
    std::size_t room_;
    device_array<std::uint32_t> history_;
    std::vector<std::uint32_t> host_;
    loops work_{};
};

/// The first of a history's steps, (runs, steps, E).
[[nodiscard]] std::vector<std::uint32_t> first_steps(const std::vector<std::uint32_t>& all,
                                                     const loop_batch& batch, std::size_t steps);

/// Two experts without tokens.
[[nodiscard]] bool is_tossed(const loops& work);

}  // namespace moebius::gpu
