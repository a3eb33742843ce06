// SPDX-License-Identifier: MIT
// Routes many shapes on the device and compares with a float64 loop on the host. Prints each
// failure and last `N passed, N failed`. Arguments: [seed] [small], small for memory checkers.
#include <cuda_bf16.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "../../src/cuda/route/route_step.hpp"
#include "../cuda_check.cuh"

using namespace moebius::gpu;

namespace {

constexpr unsigned char poison = 0xa5;
constexpr std::size_t guard = 256;  // bytes after each output that must stay poisoned

/// A device array, poisoned, with a guard behind it.
template <typename T>
struct device_array {
    T* data = nullptr;
    std::size_t size = 0;

    explicit device_array(std::size_t n) : size(n) {
        CHECK_CUDA(cudaMalloc(&data, n * sizeof(T) + guard));
        fill_with_poison();
    }
    explicit device_array(const std::vector<T>& from) : device_array(from.size()) {
        if (size != 0)
            CHECK_CUDA(cudaMemcpy(data, from.data(), size * sizeof(T), cudaMemcpyHostToDevice));
    }
    device_array(const device_array&) = delete;
    ~device_array() { cudaFree(data); }
    void fill_with_poison() { CHECK_CUDA(cudaMemset(data, poison, size * sizeof(T) + guard)); }
    [[nodiscard]] std::vector<T> read() const {
        std::vector<T> out(size);
        if (size != 0)
            CHECK_CUDA(cudaMemcpy(out.data(), data, size * sizeof(T), cudaMemcpyDeviceToHost));
        return out;
    }
    [[nodiscard]] bool guarded() const {
        std::vector<unsigned char> tail(guard);
        CHECK_CUDA(cudaMemcpy(tail.data(), data + size, guard, cudaMemcpyDeviceToHost));
        return std::all_of(tail.begin(), tail.end(), [](auto b) { return b == poison; });
    }
};

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

/// The noise of router/top1.cpp, in float64.
double noise_of(const test_case& c, const route_rule& rule, std::uint32_t t, std::uint32_t e) {
    if (c.noise == route_noise::none) return 0;
    const std::uint32_t stream = e < 2 ? 0 : 1 + ((e - 2) / 4 << 8), pair = e & ~1U;
    const auto words = moebius::random_words(rule.seed, static_cast<moebius::random_stream>(stream),
                                             rule.step, rule.first_token + t);
    const std::uint32_t at = pair < 2 ? 0 : (pair - 2) % 4;
    const double u = moebius::uniform(words[at]), v = moebius::uniform(words[at + 1]);
    if (c.noise == route_noise::gumbel) return -std::log(-std::log(e & 1 ? v : u));
    const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * 3.14159265358979323846 * v;
    return radius * (e & 1 ? std::sin(angle) : std::cos(angle));
}

int passed = 0, failed = 0;
std::uint64_t near_total = 0, rechecked_total = 0, tokens_total = 0;
double worst_bf16 = 0, worst_fp32 = 0;

struct verdict {
    const std::string name;
    bool good = true;
    void expect(bool holds, const char* what, double a = 0, double b = 0) {
        if (holds) return;
        if (good) std::printf("FAILED %s: %s (%.9g, %.9g)\n", name.c_str(), what, a, b);
        good = false;
    }
    ~verdict() { ++(good ? passed : failed); }
};

/// Tokens, gate and scores as floats that the token type holds.
struct inputs {
    std::vector<float> tokens, gate, scores, bias;
};

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

/// (T, E) values beta (l + s), in float64.
std::vector<double> reference_values(const test_case& c, const inputs& in) {
    std::vector<double> value(std::size_t{c.T} * c.E);
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> pool;
    for (unsigned part = 0; part < threads; ++part)
        pool.emplace_back([&, part] {
            for (std::uint32_t t = part; t < c.T; t += threads)
                for (std::uint32_t e = 0; e < c.E; ++e) {
                    double sum = 0;
                    for (std::uint32_t i = 0; i < c.d; ++i)
                        sum += static_cast<double>(in.tokens[std::size_t{t} * c.d + i]) *
                               in.gate[std::size_t{e} * c.d + i];
                    value[std::size_t{t} * c.E + e] = c.beta * (sum + in.scores[e]);
                }
        });
    for (auto& thread : pool) thread.join();
    return value;
}

struct outputs {
    std::vector<std::uint32_t> choices, counts, offsets, slots, order;
    std::vector<float> shares, scores;
    route_totals totals;
};

/// seen_e = 0; for each choice: slot = offset_e + seen_e++, or none beyond the capacity.
void check_dispatch(const test_case& c, const outputs& out, verdict& v) {
    std::vector<std::uint32_t> offset(c.E + 1), seen(c.E);
    for (std::uint32_t e = 0; e < c.E; ++e)
        offset[e + 1] = offset[e] + std::min(out.counts[e], c.capacity);
    v.expect(offset == out.offsets, "offsets");
    for (std::size_t i = 0; i < out.choices.size(); ++i) {
        const std::uint32_t e = out.choices[i];
        const std::uint32_t rank = e == no_choice ? c.capacity : seen[e]++;
        const std::uint32_t want = rank < c.capacity ? offset[e] + rank : no_slot;
        v.expect(out.slots[i] == want, "slot", out.slots[i], want);
        if (want != no_slot) v.expect(out.order[want] == i, "order", out.order[want], double(i));
    }
}

/// Every output against the reference values.
void check_outputs(const test_case& c, const inputs& in, const std::vector<double>& value,
                   const route_rule& rule, const route_feedback& f, const outputs& out,
                   verdict& v) {
    // What an arithmetic may confuse: float sums of exact products, 11-bit products, float64.
    const double scale = c.beta * (1 + c.spread);
    const double tolerance = (c.exact                      ? 1e-12
                              : c.type == token_type::bf16 ? 2e-5
                                                           : 4e-3) *
                                 scale +
                             (c.noise != route_noise::none && !c.exact ? 4e-5 : 0);
    const double share_tolerance =
        c.type == token_type::bf16 ? 1e-3 * std::max(1.0, scale / 4) : 5e-3 * scale;
    std::vector<std::uint32_t> counts(c.E), by(c.E);
    std::vector<double> z(c.E);
    std::uint64_t unrouted = 0, near_low = 0, near_high = 0, near = 0;
    for (std::uint32_t t = 0; t < c.T; ++t) {
        const double* row = &value[std::size_t{t} * c.E];
        double top = -INFINITY, sum = 0;
        bool bad = false;
        for (std::uint32_t e = 0; e < c.E; ++e) {
            bad = bad || !(row[e] < INFINITY);
            top = std::max(top, row[e]);
        }
        bad = bad || top == -INFINITY;
        const std::uint32_t* choice = &out.choices[std::size_t{t} * c.k];
        const float* share = &out.shares[std::size_t{t} * c.k];
        if (bad) {
            ++unrouted;
            for (std::uint32_t j = 0; j < c.k; ++j)
                v.expect(choice[j] == no_choice && share[j] == 0, "a NaN token is routed", t);
            continue;
        }
        for (std::uint32_t e = 0; e < c.E; ++e) {
            sum += std::exp(row[e] - top);
            z[e] = row[e] + noise_of(c, rule, t, e);
        }
        std::iota(by.begin(), by.end(), 0U);
        const std::uint32_t upto = std::min(c.k + 1, c.E);
        std::partial_sort(by.begin(), by.begin() + upto, by.end(),
                          [&](auto a, auto b) { return z[a] > z[b] || (z[a] == z[b] && a < b); });
        bool close_low = false, close_high = false;
        for (std::uint32_t j = 0; j + 1 < upto; ++j) {
            const double gap = z[by[j]] - z[by[j + 1]];
            close_low = close_low || gap <= rule.tie_margin - 2 * std::max(tolerance, 4e-3 * scale);
            close_high =
                close_high || gap <= rule.tie_margin + 2 * std::max(tolerance, 4e-3 * scale);
        }
        near_low += close_low;
        near_high += close_high;
        bool differs = false;
        for (std::uint32_t j = 0; j < c.k; ++j) {
            v.expect(choice[j] < c.E, "choice out of range", choice[j], t);
            if (!(choice[j] < c.E)) return;
            ++counts[choice[j]];
            differs = differs || choice[j] != by[j];
            const double gap = std::abs(z[choice[j]] - z[by[j]]);
            v.expect(gap <= 2 * tolerance, "wrong choice; its value is lower by", gap, t);
            for (std::uint32_t i = 0; i < j; ++i)
                v.expect(choice[i] != choice[j], "chosen twice", t);
            if (c.ties && c.noise == route_noise::none && c.k == 1)
                v.expect(choice[j] % 2 == 0, "the higher of equals wins", choice[j], t);
            const double want = std::exp(row[choice[j]] - top) / sum;
            if (want < 1e-30) continue;
            const double error = std::abs(share[j] / want - 1);
            double& worst = c.type == token_type::bf16 ? worst_bf16 : worst_fp32;
            worst = std::max(worst, error);
            v.expect(error <= share_tolerance, "probability", share[j], want);
        }
        near += differs;
    }
    near_total += near;
    rechecked_total += out.totals.rechecked;
    tokens_total += c.T;
    if (c.exact && !c.ties) v.expect(near == 0, "choices differ from float64", double(near));
    v.expect(counts == out.counts, "counts");
    v.expect(out.totals.unrouted == unrouted, "unrouted", double(out.totals.unrouted),
             double(unrouted));
    v.expect(out.totals.near_ties >= near_low && out.totals.near_ties <= near_high, "near ties",
             double(out.totals.near_ties), double(near_high));
    for (std::uint32_t e = 0; e < c.E; ++e) {
        const double s = in.scores[e], load = c.T == 0 ? 0 : static_cast<double>(counts[e]) / c.T;
        const auto want = static_cast<float>(
            c.T == 0 ? s : s + f.step * (f.feedback * load - f.decay * s + in.bias[e]));
        v.expect(std::abs(out.scores[e] - want) <= 1e-7 * std::abs(want) + 1e-12, "score",
                 out.scores[e], want);
    }
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
