// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/dynamics/ensemble.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <moebius/simulate/route_step.hpp>
#include <moebius/tokens/token_source.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

struct training_work;   // training.hpp
struct training_state;  // training.hpp

/// One of many closed loops that a backend runs side by side.
struct loop_run {
    feedback_rule rule = {};
    std::uint64_t seed = 1;           ///< of tokens and noise
    std::vector<double> scores = {};  ///< (E) to start from; empty: 0
    /// (steps) the rule's feedback in each batch; empty: rule.feedback in all.
    std::vector<double> feedback = {};
    /// (steps) the bias h of two experts in each batch (bias_of_two); empty: rule.bias in all.
    std::vector<double> bias = {};
};

struct loop_batch {
    std::shared_ptr<const token_source> source;
    noise_law noise = noise_law::gumbel;
    std::size_t tokens = 1024;  ///< T of each batch, 1 to 2^32 - 1
    std::size_t steps = 1;      ///< batches of each run
    std::vector<loop_run> runs = {};
};

/// A device failed in a run after some of its batches: what() is the device's sentence.
class loops_cut final : public error {
public:
    loops_cut(const device_error& why, std::size_t steps_done, std::vector<std::uint32_t> counts)
        : error(why), steps(steps_done), history(std::move(counts)) {}

    std::size_t steps;                   ///< batches that were run, >= 1
    std::vector<std::uint32_t> history;  ///< (runs, steps, E), row-major, as run_loops
};

/// Where routers run: the CPU, whose plain code is the oracle, or a CUDA device.
///
/// All backends draw the same random numbers (base/random.hpp), so the same run has the same
/// history on each, but for a token whose choice hangs on the last bits of an exponential or a
/// logarithm: less than one in 10^14.
class backend {
public:
    virtual ~backend() = default;

    [[nodiscard]] virtual std::string name() const = 0;  ///< "cpu", "cuda:0 (NVIDIA H200)"

    /// Runs closed loops.
    ///
    /// @return  (runs, steps, E), row-major: the tokens that each expert got in each batch. What is
    ///          missing to T was not routed. The scores follow from it by `follow`
    ///          (closed_loop.hpp).
    /// @throws invalid_argument  as closed_loop, and if a schedule is not of length `steps`
    /// @throws device_error      if a device fails or has too little memory
    /// @throws loops_cut         instead, if it fails after some batches
    /// @throws interrupted       if the watch asks to stop
    [[nodiscard]] virtual std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                                               const watch& watched) const = 0;

    /// Routes one batch of token vectors: route_step (route_step.hpp). A device sums logits in
    /// another order: fp32 choices are settled in double, bf16 choices may differ at near ties, and
    /// probabilities are accurate to 1e-3 (bf16) or exp(beta |x| |w| 2^-11) - 1 (fp32).
    [[nodiscard]] virtual routed_batch route(const gated_batch& batch,
                                             const std::vector<double>& scores,
                                             const route_step_options& options) const = 0;

    /// Integrates an ensemble of initial value problems: integrate_ensemble (ensemble.hpp), whose
    /// results a device shares but for the last bits of exponentials and quotients.
    [[nodiscard]] virtual ensemble_result integrate(const ensemble_problem& work,
                                                    const ensemble_options& options,
                                                    const watch& watched) const = 0;

    /// Trains every run to batch `until`: advance (training.hpp) for each. A device trains
    /// networks of one layer of top-1 and one hidden layer, in single precision.
    /// @param states  one a run, changed in place; of a run that diverged only diverged_at
    /// @throws invalid_argument  as check(work); for states of another count, or work that a device
    ///                           does not train, in a sentence that says why
    /// @throws device_error, interrupted  as run_loops
    virtual void train(const training_work& work, std::span<training_state> states,
                       std::uint64_t until, const watch& watched) const = 0;

    /// Bytes per second, read and written, of a copy from memory to memory that no cache holds:
    /// what a step that only moves its bytes would reach.
    [[nodiscard]] virtual double copy_rate() const = 0;
};

/// The rule of one step of a run, its schedules applied.
[[nodiscard]] feedback_rule rule_at(const loop_run& run, std::size_t step);

/// @throws invalid_argument  if a batch is not what run_loops accepts
void check(const loop_batch& batch);

/// A backend by name: `cpu`, `cuda` (the first device), `cuda:i`, `cuda:i,j,...` (one loop over
/// several devices of a host; NCCL sums the counts), or `auto`: cuda if this build has it and a
/// device answers, else cpu, which also takes the loops that devices do not run.
///
/// @param threads  of the CPU; 0: as many as the hardware runs. Changes no number.
/// @throws invalid_argument  for an unknown name
/// @throws device_error      if the device asked for is not there; says how to get CUDA if this
///                           build has none
[[nodiscard]] std::shared_ptr<const backend> make_backend(std::string_view name,
                                                          unsigned threads = 0);

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
