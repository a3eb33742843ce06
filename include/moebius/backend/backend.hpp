// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <moebius/dynamics/ensemble.hpp>
#include <moebius/simulate/loop_backend.hpp>
#include <moebius/simulate/route_backend.hpp>
#include <moebius/train/training_backend.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Where routers run: the CPU, whose plain code is the oracle, or a CUDA device.
///
/// All backends draw the same random numbers (base/random.hpp), so the same run has the same
/// history on each, but for a token whose choice depends on the last bits of an exponential or a
/// logarithm: less than one in 10^14.
class backend : public loop_backend,
                public route_backend,
                public ensemble_backend,
                public training_backend {
public:
    [[nodiscard]] virtual std::string name() const = 0;  ///< "cpu", "cuda:0 (NVIDIA H200)"

    using loop_backend::refusal_of;
    using training_backend::refusal_of;

    /// Bytes per second, read and written, of a copy from memory to memory that no cache holds:
    /// what a step that only moves its bytes would reach.
    [[nodiscard]] virtual double copy_rate() const = 0;
};

/// Is told why a device refused what the CPU then did.
using refusal_report = std::function<void(const refusal&)>;

/// A backend by name: `cpu`, `cuda` (the first device), `cuda:i`, `cuda:i,j,...` (one loop over
/// several devices of a host; NCCL sums the counts), or `auto`: cuda if this build has it and a
/// device answers, else cpu, which also takes what devices refuse (with_fallback).
///
/// @param threads  of the CPU; 0: as many as the hardware runs. Changes no number.
/// @param told     of refusals, where the CPU may step in; may be empty
/// @throws invalid_argument  for an unknown name
/// @throws device_error      if the device asked for is not there; says how to get CUDA if this
///                           build has none
[[nodiscard]] std::shared_ptr<const backend> make_backend(std::string_view name,
                                                          unsigned threads = 0,
                                                          const refusal_report& told = {});

/// A device, and the CPU for what the device refuses (refusal_of), and for that alone: what fails
/// on the device fails.
/// @param told  of each refusal, before the CPU begins
[[nodiscard]] std::shared_ptr<const backend> with_fallback(std::shared_ptr<const backend> device,
                                                           std::shared_ptr<const backend> cpu,
                                                           const refusal_report& told = {});

/// The CPU on all threads.
[[nodiscard]] const backend& cpu_backend();

/// A line for each device that answers, or one that says why there is none.
[[nodiscard]] std::vector<std::string> describe_devices();

namespace detail {
[[nodiscard]] std::shared_ptr<const backend> make_cpu_backend(unsigned threads);
[[nodiscard]] std::shared_ptr<const backend> make_cuda_backend(int device);
[[nodiscard]] std::shared_ptr<const backend> make_many_devices(std::vector<int> devices);
[[nodiscard]] int count_devices() noexcept;  ///< that answer; 0 also where CUDA is not built in
}  // namespace detail

}  // namespace moebius
