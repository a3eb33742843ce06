// SPDX-License-Identifier: MIT
// Routes many shapes on the device and compares with a float64 loop on the host. Prints each
// failure and last `N passed, N failed`. Arguments: [seed] [small], small for memory checkers.
#include "route_step_check.cuh"

#include <cuda_bf16.h>

#include <cstdlib>
#include <cstring>
#include <moebius/backend/backend.hpp>

using namespace route_step_check;

namespace {

std::string name_of(const test_case& c) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "%s T=%u E=%u d=%u k=%u noise=%d%s%s cap=%u beta=%g spread=%g%s",
                  c.type == token_type::bf16 ? "bf16" : "fp32", c.T, c.E, c.d, c.k,
                  static_cast<int>(c.noise), c.exact ? " exact" : "",
                  c.path == route_path::plain    ? " plain"
                  : c.path == route_path::tensor ? " tensor"
                                                 : "",
                  c.capacity, c.beta, c.spread, c.ties ? " ties" : "");
    return text;
}

void run(const test_case& c, std::mt19937& rng) {
    verdict v{name_of(c)};
    const inputs in = draw(c, rng);
    std::vector<__nv_bfloat16> tokens16, gate16;
    for (const float x : in.tokens) tokens16.push_back(__float2bfloat16(x));
    for (const float w : in.gate) gate16.push_back(__float2bfloat16(w));
    const bool bf16 = c.type == token_type::bf16;
    const device_array<__nv_bfloat16> tokens_b(bf16 ? tokens16 : std::vector<__nv_bfloat16>{}),
        gate_b(bf16 ? gate16 : std::vector<__nv_bfloat16>{});
    const device_array<float> tokens_f(bf16 ? std::vector<float>{} : in.tokens),
        gate_f(bf16 ? std::vector<float>{} : in.gate), bias(in.bias), scores(in.scores);
    const std::size_t entries = std::size_t{c.T} * c.k;
    device_array<std::uint32_t> choices(entries), counts(c.E), offsets(c.E + 1), slots(entries),
        order(entries);
    device_array<float> shares(entries);
    device_array<route_totals> totals(1);

    route_batch batch{c.type, c.T, c.E, c.d};
    batch.token_data = bf16 ? static_cast<const void*>(tokens_b.data) : tokens_f.data;
    batch.gate_data = bf16 ? static_cast<const void*>(gate_b.data) : gate_f.data;
    route_rule rule;
    rule.beta = c.beta;
    rule.choices = c.k;
    rule.noise = c.noise;
    rule.seed = rng();
    rule.step = rng();
    rule.first_token = 7;
    rule.exact = c.exact;
    rule.tie_margin = 0.05f;
    const route_feedback feedback{0.05, 1.5, 0.9, bias.data};
    const route_result result{scores.data, choices.data, shares.data, counts.data, totals.data};
    const route_dispatch places{c.capacity, offsets.data, slots.data, order.data};
    const bool dispatched = c.capacity != 0;

    const std::size_t bytes = route_workspace_bytes(batch);
    device_array<char> workspace(bytes);
    CHECK_CUDA(clear_route_workspace(workspace.data, bytes, nullptr));
    CHECK_CUDA(prepare_gate(batch, workspace.data, nullptr));
    outputs first, out;
    for (int repeat = 0; repeat < 2; ++repeat) {  // the second finds what the first left behind
        CHECK_CUDA(cudaMemcpy(scores.data, in.scores.data(), 4 * c.E, cudaMemcpyHostToDevice));
        choices.fill_with_poison(), counts.fill_with_poison(), shares.fill_with_poison();
        offsets.fill_with_poison(), slots.fill_with_poison(), order.fill_with_poison();
        CHECK_CUDA(route_step(batch, rule, feedback, result, dispatched ? &places : nullptr,
                              workspace.data, nullptr, c.path));
        const cudaError_t status = cudaDeviceSynchronize();
        if (status != cudaSuccess) {
            std::printf("%s: %s\n", v.name.c_str(), cudaGetErrorString(status));
            std::exit(4);
        }
        out = {choices.read(), counts.read(), offsets.read(), slots.read(),
               order.read(),   shares.read(), scores.read(),  totals.read()[0]};
        if (repeat == 0) first = out;
    }
    v.expect(first.choices == out.choices && first.shares == out.shares &&
                 first.scores == out.scores && first.slots == out.slots,
             "two runs differ");
    v.expect(choices.guarded() && counts.guarded() && shares.guarded() && slots.guarded() &&
                 order.guarded() && offsets.guarded() && workspace.guarded(),
             "written beyond an output");
    check_outputs(c, in, reference_values(c, in), rule, feedback, out, v);
    if (dispatched) check_dispatch(c, out, v);
}

}  // namespace

int main(int argc, char** argv) {
    if (moebius::detail::count_devices() == 0) {
        std::printf("skipped: CUDA is %s\n", moebius::describe_devices().front().c_str());
        return 77;
    }
    const unsigned seed = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
    const bool small = argc > 2 && std::strcmp(argv[2], "small") == 0;
    std::mt19937 rng{seed};
    for (const auto& c : cases(small)) run(c, rng);
    std::printf(
        "seed %u: %llu tokens, %llu chosen otherwise than in float64 (all near ties), %llu "
        "rechecked; worst probability error bf16 %.1e, fp32 %.1e\n",
        seed, static_cast<unsigned long long>(tokens_total),
        static_cast<unsigned long long>(near_total),
        static_cast<unsigned long long>(rechecked_total), worst_bf16, worst_fp32);
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
