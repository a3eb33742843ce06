// SPDX-License-Identifier: MIT
#include "route/route.hpp"

#include <algorithm>
#include <span>

#include "device.hpp"
#include "route/route_step.hpp"

namespace moebius::gpu {
namespace {

static_assert(no_choice == no_expert && no_slot == no_expert);

route_noise noise_of(noise_law law) {
    if (law == noise_law::gumbel) return route_noise::gumbel;
    return law == noise_law::gaussian ? route_noise::gaussian : route_noise::none;
}

std::vector<std::uint16_t> halves(const std::vector<float>& values) {
    std::vector<std::uint16_t> out(values.size());
    std::transform(values.begin(), values.end(), out.begin(), to_bf16);
    return out;
}

template <typename T>
std::vector<T> read(const device_array<T>& from, std::size_t count) {
    std::vector<T> out(count);
    from.read(out.data(), count);
    return out;
}

/// Token and gate vectors on the device, in one type or the other.
struct vectors {
    device_array<std::uint16_t> bf16_tokens, bf16_gate;
    device_array<float> fp32_tokens, fp32_gate;

    explicit vectors(const gated_batch& batch) {
        if (batch.bf16) {
            bf16_tokens = device_array(halves(batch.tokens));
            bf16_gate = device_array(halves(batch.gate));
        } else {
            fp32_tokens = device_array(batch.tokens);
            fp32_gate = device_array(batch.gate);
        }
    }

    [[nodiscard]] route_batch of(const gated_batch& batch) const {
        route_batch out;
        out.type = batch.bf16 ? token_type::bf16 : token_type::fp32;
        out.tokens = static_cast<std::uint32_t>(batch.tokens.size() / batch.width);
        out.experts = static_cast<std::uint32_t>(batch.experts);
        out.width = static_cast<std::uint32_t>(batch.width);
        out.token_data = batch.bf16 ? static_cast<const void*>(bf16_tokens.data())
                                    : static_cast<const void*>(fp32_tokens.data());
        out.gate_data = batch.bf16 ? static_cast<const void*>(bf16_gate.data())
                                   : static_cast<const void*>(fp32_gate.data());
        return out;
    }
};

route_rule rule_of(const route_step_options& options, bool bf16) {
    route_rule rule;
    rule.beta = static_cast<float>(options.rule.beta);
    rule.choices = static_cast<std::uint32_t>(options.choices);
    rule.noise = noise_of(options.noise);
    rule.seed = options.key.seed;
    rule.step = options.key.step;
    rule.exact = !bf16;
    rule.tie_margin = static_cast<float>(options.tie_margin);
    return rule;
}

/// Where a step writes, on the device.
struct outputs {
    device_array<float> scores;
    device_array<std::uint32_t> choices, counts;
    device_array<float> probabilities;
    device_array<route_totals> totals;
    device_array<std::uint32_t> offsets, slots, order;

    outputs(const std::vector<double>& from, std::size_t experts, std::size_t chosen)
        : scores(std::vector<float>(from.begin(), from.end())),
          choices(chosen),
          counts(std::vector<std::uint32_t>(experts)),
          probabilities(chosen),
          totals(std::vector<route_totals>(1)),
          offsets(experts + 1),
          slots(chosen),
          order(chosen) {}

    /// What the step left, for the host.
    void read_into(routed_batch& routed, std::size_t experts, std::size_t chosen,
                   bool placed) const {
        routed.choices = read(choices, chosen);
        routed.probabilities = read(probabilities, chosen);
        routed.counts = read(counts, experts);
        const auto sums = read(totals, 1).front();
        routed.unrouted = sums.unrouted;
        routed.near_ties = sums.near_ties;
        if (!placed) return;
        routed.slots = read(slots, chosen);
        routed.order = read(order, read(offsets, experts + 1).back());
    }
};

/// The median time of a step.
template <typename Step>
double median_seconds(std::size_t repeats, Step step) {
    std::vector<double> seconds;
    for (std::size_t i = 0; i < repeats; ++i) {
        const device_timer time;
        check(step(), "route_step");
        seconds.push_back(time.seconds());
    }
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
}

}  // namespace

routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                   const route_step_options& options, int device) {
    moebius::check(batch, scores, options);
    check(cudaSetDevice(device), "cudaSetDevice");
    const vectors on(batch);
    const route_batch work = on.of(batch);
    const std::size_t tokens = work.tokens, chosen = tokens * options.choices;
    const outputs to(scores, batch.experts, chosen);
    const route_dispatch places{static_cast<std::uint32_t>(options.capacity), to.offsets.data(),
                                to.slots.data(), to.order.data()};
    const bool placed = options.capacity > 0 && chosen > 0;

    routed_batch routed;
    routed.scores = scores;
    routed.counts.resize(batch.experts);
    if (tokens == 0) return routed;
    const std::size_t bytes = route_workspace_bytes(work);
    const device_array<std::byte> workspace(bytes);
    check(clear_route_workspace(workspace.data(), bytes, nullptr), "clear_route_workspace");
    check(prepare_gate(work, workspace.data(), nullptr), "prepare_gate");
    routed.seconds = median_seconds(options.repeats, [&] {
        return route_step(work, rule_of(options, batch.bf16), {},
                          {to.scores.data(), to.choices.data(), to.probabilities.data(),
                           to.counts.data(), to.totals.data()},
                          placed ? &places : nullptr, workspace.data(), nullptr);
    });
    to.read_into(routed, batch.experts, chosen, placed);
    follow<std::uint32_t>(options.rule, routed.counts, tokens, std::span(routed.scores));
    return routed;
}

}  // namespace moebius::gpu
