// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/error.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/train/training.hpp>
#include <optional>
#include <span>

namespace moebius {

/// Where small MoEs are trained.
class training_backend {
public:
    virtual ~training_backend() = default;

    /// Why `train` would not take sound work here; nothing if it takes it.
    /// @throws invalid_argument  as check(work)
    [[nodiscard]] virtual std::optional<refusal> refusal_of(const training_work& work) const = 0;

    /// Trains every run to batch `until`: advance (training.hpp) for each. A device trains
    /// networks of one or two layers of top-1 or top-k and one hidden layer, in single precision.
    /// @param states  one a run, changed in place; of a run that diverged only diverged_at
    /// @throws invalid_argument  as check(work); for states of another count, and for what
    /// refusal_of
    ///                           refuses
    /// @throws device_error, interrupted  as run_loops
    virtual void train(const training_work& work, std::span<training_state> states,
                       std::uint64_t until, const watch& watched) const = 0;
};

}  // namespace moebius
