// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/router/router.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <moebius/tokens/token_source.hpp>
#include <optional>
#include <vector>

namespace moebius {

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

/// Closed loops of any router, side by side. Its noise is its own, and its beta should be that of
/// the rules, which nothing looks at.
struct router_batches {
    std::shared_ptr<const token_source> source;
    std::shared_ptr<const moebius::router> router;
    std::size_t tokens = 1024;  ///< T of each batch, 1 to 2^32 - 1
    std::size_t steps = 1;      ///< batches of each run
    std::vector<loop_run> runs = {};
};

/// What they come to.
struct load_history {
    /// (runs, steps, E), row-major: shares of a batch's assignments. The scores follow from it by
    /// `follow` (closed_loop.hpp).
    std::vector<double> loads;
    std::vector<std::uint64_t> unrouted;  ///< (runs): tokens of no expert in all batches
};

/// A device failed in a run after some of its batches: what() is the device's sentence.
class loops_cut final : public error {
public:
    loops_cut(const device_error& why, std::size_t steps_done, std::vector<std::uint32_t> counts)
        : error(why), steps(steps_done), history(std::move(counts)) {}

    std::size_t steps;                   ///< batches that were run, >= 1
    std::vector<std::uint32_t> history;  ///< (runs, steps, E), row-major, as run_loops
};

/// What loops came to until a watch stopped them, each as far as it was.
template <typename History>
struct stopped_at {
    History history;                 ///< as of run_loops; 0 where there is none
    std::vector<std::size_t> steps;  ///< (runs) batches that were run
};
using stopped_loops = stopped_at<std::vector<std::uint32_t>>;

/// Where closed loops run.
class loop_backend {
public:
    virtual ~loop_backend() = default;

    /// Why run_loops would not take a sound batch here; nothing if it takes it. A device says so
    /// before it starts: what fails afterwards is a failure.
    /// @throws invalid_argument  as check(batch)
    [[nodiscard]] virtual std::optional<refusal> refusal_of(const loop_batch& batch) const = 0;

    /// Runs closed loops.
    ///
    /// @return  (runs, steps, E), row-major: the tokens that each expert got in each batch. What is
    ///          missing to T was not routed. The scores follow from it by `follow`
    ///          (closed_loop.hpp).
    /// @throws invalid_argument  as closed_loop, as check(batch), and for what refusal_of refuses
    /// @throws device_error      if a device fails or has too little memory
    /// @throws loops_cut         instead, if it fails after some batches
    /// @throws cut_short<stopped_loops>  if the watch asks to stop
    [[nodiscard]] virtual std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                                               const watch& watched) const = 0;

    /// The same for loops of any router.
    [[nodiscard]] virtual std::optional<refusal> refusal_of(
        const router_batches& batches) const = 0;

    /// Loads of a device are the CPU's: of counts the same, of sums to rounding.
    /// @throws  as run_loops, without loops_cut; cut_short<stopped_at<load_history>>
    [[nodiscard]] virtual load_history run_loops(const router_batches& batches,
                                                 const watch& watched) const = 0;
};

/// The rule of one step of a run, its schedules applied.
[[nodiscard]] feedback_rule rule_at(const loop_run& run, std::size_t step);

/// @throws invalid_argument  if a batch is not what run_loops accepts
void check(const loop_batch& batch);
void check(const router_batches& batches);

/// The plain loops of the CPU, the oracle of all others, on all threads.
[[nodiscard]] const loop_backend& cpu_loops();

/// The same on so many threads; 0: as many as the hardware runs.
[[nodiscard]] std::shared_ptr<const loop_backend> make_cpu_loops(unsigned threads);

}  // namespace moebius
