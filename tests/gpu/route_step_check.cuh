// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "../../src/cuda/route/route_step.hpp"
#include "device_check.cuh"

// What the parts of the check of route_step share.

namespace route_step_check {

using namespace device_check;
using namespace moebius::gpu;

struct test_case {
    token_type type = token_type::bf16;
    std::uint32_t T = 1, E = 1, d = 1;
    std::uint32_t k = 1;
    route_noise noise = route_noise::none;
    bool exact = false;
    route_path path = route_path::automatic;
    std::uint32_t capacity = 0;  // 0: no dispatch
    float beta = 1, spread = 1;  // of the tokens
    bool ties = false;           // every second expert equals the one before
};

/// Tokens, gate and scores as floats that the token type holds.
struct inputs {
    std::vector<float> tokens, gate, scores, bias;
};

struct outputs {
    std::vector<std::uint32_t> choices, counts, offsets, slots, order;
    std::vector<float> shares, scores;
    route_totals totals;
};

// over all cases
inline std::uint64_t near_total = 0, rechecked_total = 0, tokens_total = 0;
inline double worst_bf16 = 0, worst_fp32 = 0;

// route_step_check_cases.cu
std::vector<test_case> cases(bool small);
inputs draw(const test_case& c, std::mt19937& rng);

// route_step_check_reference.cu
std::vector<double> reference_values(const test_case& c, const inputs& in);
void check_dispatch(const test_case& c, const outputs& out, verdict& v);
void check_outputs(const test_case& c, const inputs& in, const std::vector<double>& value,
                   const route_rule& rule, const route_feedback& f, const outputs& out, verdict& v);

}  // namespace route_step_check
