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

}  // namespace

routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                   const route_step_options& options, int device) {
    moebius::check(batch, scores, options);
    check(cudaSetDevice(device), "cudaSetDevice");
    const vectors on(batch);
    const route_batch work = on.of(batch);
    const std::size_t tokens = work.tokens, chosen = tokens * options.choices;
    const device_array<float> scores_on(std::vector<float>(scores.begin(), scores.end()));
    const device_array<std::uint32_t> choices(chosen),
        counts(std::vector<std::uint32_t>(batch.experts));
    const device_array<float> probabilities(chosen);
    const device_array<route_totals> totals(std::vector<route_totals>(1));
    const device_array<std::uint32_t> offsets(batch.experts + 1), slots(chosen), order(chosen);
    const route_dispatch places{static_cast<std::uint32_t>(options.capacity), offsets.data(),
                                slots.data(), order.data()};
    const bool placed = options.capacity > 0 && chosen > 0;

    routed_batch routed;
    routed.scores = scores;
    routed.counts.resize(batch.experts);
    if (tokens == 0) return routed;
    const std::size_t bytes = route_workspace_bytes(work);
    const device_array<std::byte> workspace(bytes);
    check(clear_route_workspace(workspace.data(), bytes, nullptr), "clear_route_workspace");
    check(prepare_gate(work, workspace.data(), nullptr), "prepare_gate");
    std::vector<double> seconds;
    for (std::size_t i = 0; i < options.repeats; ++i) {
        const device_timer time;
        check(route_step(work, rule_of(options, batch.bf16), {},
                         {scores_on.data(), choices.data(), probabilities.data(), counts.data(),
                          totals.data()},
                         placed ? &places : nullptr, workspace.data(), nullptr),
              "route_step");
        seconds.push_back(time.seconds());
    }
    std::sort(seconds.begin(), seconds.end());
    routed.seconds = seconds[seconds.size() / 2];

    routed.choices = read(choices, chosen);
    routed.probabilities = read(probabilities, chosen);
    routed.counts = read(counts, batch.experts);
    const auto sums = read(totals, 1).front();
    routed.unrouted = sums.unrouted;
    routed.near_ties = sums.near_ties;
    if (placed) {
        routed.slots = read(slots, chosen);
        routed.order = read(order, read(offsets, batch.experts + 1).back());
    }
    follow<std::uint32_t>(options.rule, routed.counts, tokens, std::span(routed.scores));
    return routed;
}

}  // namespace moebius::gpu
