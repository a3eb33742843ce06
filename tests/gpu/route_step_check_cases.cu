// SPDX-License-Identifier: MIT
// The shapes that route_step_check routes, and their tokens.
#include <cuda_bf16.h>

#include <algorithm>
#include <cmath>

#include "route_step_check.cuh"

namespace route_step_check {

inputs draw(const test_case& c, std::mt19937& rng) {
    std::normal_distribution<float> normal;
    const auto held = [&](float x) {
        return c.type == token_type::bf16 ? __bfloat162float(__float2bfloat16(x)) : x;
    };
    inputs in;
    in.tokens.resize(std::size_t{c.T} * c.d);
    in.gate.resize(std::size_t{c.E} * c.d);
    for (float& x : in.tokens) x = held(c.spread * normal(rng));
    for (float& w : in.gate) w = held(normal(rng) / std::sqrt(static_cast<float>(c.d)));
    for (std::uint32_t e = 0; e < c.E; ++e) {
        in.scores.push_back(0.1f * normal(rng));
        in.bias.push_back(0.1f * normal(rng));
    }
    if (c.ties)
        for (std::uint32_t e = 1; e < c.E; e += 2) {
            in.scores[e] = in.scores[e - 1];
            std::copy_n(&in.gate[std::size_t{e - 1} * c.d], c.d, &in.gate[std::size_t{e} * c.d]);
        }
    if (c.T > 4) {  // tokens that go nowhere
        in.tokens[std::size_t{2} * c.d + c.d / 2] = NAN;
        in.tokens[std::size_t{c.T - 1} * c.d] = NAN;
        in.tokens[std::size_t{c.T / 2} * c.d + c.d - 1] = INFINITY;
    }
    return in;
}

std::vector<test_case> cases(bool small) {
    constexpr auto b = token_type::bf16, f = token_type::fp32;
    std::vector<test_case> all;
    const std::vector<std::uint32_t> tokens =
        small ? std::vector<std::uint32_t>{0, 1, 129}
              : std::vector<std::uint32_t>{0, 1, 7, 127, 128, 129, 257, 1000};
    for (const auto type : {b, f})
        for (const auto T : tokens)
            for (const auto E : {1U, 2U, 8U, 9U, 31U, 64U, 65U, 128U, 200U, 256U}) {
                if (small && E != 8 && E != 200) continue;
                all.push_back(
                    {type, T, E, 64 + 8 * (T % 5) + E % 3 * 8, 1, route_noise::none, type == f});
            }
    const std::uint32_t many = small ? 300 : 40000;
    for (const auto E : {8U, 64U, 200U})  // more tiles than blocks
        for (const auto type : {b, f})
            all.push_back({type, many, E, 72, 1, route_noise::none, type == f});
    for (const auto d :
         {1U, 3U, 7U, 8U, 12U, 63U, 64U, 65U, 72U, 127U, 128U, 136U, 1000U, 1024U, 4096U})
        for (const auto type : {b, f}) {
            if (small && d > 72) continue;
            all.push_back({type, 300, 8, d, 1, route_noise::none, type == f});
            all.push_back({type, 300, 250, d, 1, route_noise::none, type == f});
        }
    for (const auto type : {b, f}) {
        const bool exact = type == f;
        for (const auto E : {2U, 5U, 64U, 256U}) {
            if (small && E > 5) continue;
            for (const auto noise : {route_noise::gumbel, route_noise::gaussian}) {
                all.push_back({type, 500, E, 64, 1, noise, exact});
                all.push_back({type, 500, E, 64, 2, noise, exact});
                all.push_back({type, 200, E, 64, 1, noise, exact, route_path::plain});
            }
        }
        for (const auto k : {2U, 3U, 8U}) {
            all.push_back({type, 700, 8, 128, k, route_noise::none, exact});
            if (!small) all.push_back({type, 700, 100, 128, k, route_noise::none, exact});
            if (!small)
                all.push_back(
                    {type, 700, 256, 256, k, route_noise::none, exact, route_path::automatic, 40});
        }
        for (const auto E : {1U, 8U, 256U}) {
            all.push_back({type, small ? 300U : 5000U, E, 64, 1, route_noise::none, exact,
                           route_path::automatic, 17});
            all.push_back({type, small ? 300U : 30000U, E, 64, 1, route_noise::none, exact,
                           route_path::automatic, 1000000});
        }
        all.push_back({type, 2000, 256, 64, 1, route_noise::none, exact, route_path::automatic, 0,
                       1, 1, true});
        all.push_back(
            {type, 2000, 6, 64, 1, route_noise::none, exact, route_path::automatic, 0, 1, 1, true});
        all.push_back({type, 500, 16, 64, 1, route_noise::none, exact, route_path::plain, 30});
        all.push_back({type, 500, 16, 64, 2, route_noise::none, exact, route_path::plain, 30});
        if (!small)
            all.push_back(
                {type, 500, 1000, 64, 2, route_noise::none, exact, route_path::automatic, 2});
        if (!small)
            all.push_back(
                {type, 100, 5000, 16, 1, route_noise::none, exact, route_path::automatic, 2});
        all.push_back(
            {type, 600, 64, 64, 1, route_noise::none, exact, route_path::automatic, 0, 8, 3});
        all.push_back(
            {type, 600, 64, 64, 1, route_noise::none, exact, route_path::automatic, 0, 0.1f, 1});
    }
    // beyond half precision: tokens that overflow it, or vanish in it
    all.push_back(
        {f, 200, 32, 64, 1, route_noise::none, true, route_path::automatic, 0, 1e-6f, 1e6f});
    all.push_back({f, 200, 32, 64, 1, route_noise::none, true, route_path::automatic, 0, 1, 1e-9f});
    all.push_back({f, 500, 32, 64, 1, route_noise::none, false});
    return all;
}

}  // namespace route_step_check
