// SPDX-License-Identifier: MIT
// Soft MoE on the device against router/soft_moe.cpp and router/soft_moe_router.cpp.
#include <moebius/router/soft_moe.hpp>
#include <moebius/router/soft_moe_router.hpp>

#include "../../src/cuda/router/router_soft_moe.hpp"
#include "router_check.cuh"

namespace router_check {
namespace {

using namespace moebius::gpu;

struct mixture_case {
    std::uint32_t T, n, p, d;
    rows kind = rows::normal;
};

worst_error weight_error, input_error, output_error;

std::string name_of(const mixture_case& c) {
    char text[120];
    std::snprintf(text, sizeof text, "soft MoE T=%u n=%u p=%u d=%u %s", c.T, c.n, c.p, c.d,
                  router_check::name_of(c.kind));
    return text;
}

/// D of a layer with closed entries, which the CPU's layer leaves out: the plain loop.
std::vector<double> columns_of(const std::vector<double>& combine, const std::vector<double>& l,
                               std::size_t S) {
    const std::size_t T = l.size() / S;
    std::vector<double> out(l.size());
    for (std::size_t j = 0; j < S; ++j) {
        double top = -INFINITY, sum = 0;
        const auto kept = [&](std::size_t t) {
            return std::any_of(&combine[t * S], &combine[t * S] + S, [](auto c) { return c > 0; });
        };
        for (std::size_t t = 0; t < T; ++t)
            if (kept(t)) top = std::max(top, l[t * S + j]);
        if (top == -INFINITY) continue;
        for (std::size_t t = 0; t < T; ++t)
            if (kept(t)) sum += out[t * S + j] = std::exp(l[t * S + j] - top);
        for (std::size_t t = 0; t < T; ++t) out[t * S + j] /= sum;
    }
    return out;
}

void run(const mixture_case& c, std::mt19937& rng) {
    verdict v{name_of(c)};
    const std::size_t S = std::size_t{c.n} * c.p;
    const auto logits = draw_rows(c.kind, c.T, S, rng);
    const std::vector<double> wide(logits.begin(), logits.end());
    auto tokens = draw_rows(rows::normal, c.T, c.d, rng);
    const auto outputs = draw_rows(rows::normal, S, c.d, rng);

    const device_array<float> d_logits(logits), d_outputs(outputs);
    device_array<float> combine(logits.size()), dispatch(logits.size()), inputs(S * c.d),
        output(tokens.size());
    device_array<std::uint8_t> kept(c.T);
    device_array<double> loads(c.n);
    const mixture_logits l{c.T, c.n, c.p, d_logits.data};
    const mixture_weights w{combine.data, dispatch.data, kept.data, loads.data};
    device_array<char> workspace(mixture_workspace_bytes(static_cast<std::uint32_t>(S))),
        parts(slot_inputs_workspace_bytes(l, c.d));
    CHECK_CUDA(launch_mixture_weights(l, w, workspace.data, nullptr));
    const auto k = kept.read();
    for (std::size_t t = 0; t < c.T; ++t)  // a token left out must not be read
        if (!k[t]) tokens[t * c.d + t % c.d] = NAN;
    const device_array<float> d_tokens(tokens);
    CHECK_CUDA(launch_slot_inputs(l, w, d_tokens.data, c.d, inputs.data, parts.data, nullptr));
    CHECK_CUDA(launch_mixture_output(l, w, d_outputs.data, c.d, output.data, nullptr));
    CHECK_CUDA(cudaDeviceSynchronize());
    v.expect(combine.guarded() && dispatch.guarded() && inputs.guarded() && output.guarded() &&
                 kept.guarded() && loads.guarded() && workspace.guarded() && parts.guarded(),
             "written beyond an output");

    // The CPU's layer with slot vectors 1: its logits are its tokens.
    moebius::soft_moe_layer layer{S, c.n, c.p, std::vector<double>(S * S), 1};
    layer.unit = moebius::unit_law::none;
    for (std::size_t j = 0; j < S; ++j) layer.slot_vectors[j * S + j] = 1;
    std::vector<double> C, D;
    const auto routed =
        moebius::soft_moe_router()->route({S, wide, std::vector<double>(S, 0.0), {}});
    if (c.kind == rows::closed) {
        C = routed.weights;
        D = columns_of(C, wide, S);
    } else {
        const auto pass = moebius::soft_moe(
            layer, wide, [](std::size_t, std::span<const double> in, std::span<double> out) {
                std::copy(in.begin(), in.end(), out.begin());
            });
        C = pass.combine;
        D = pass.dispatch;
    }
    const double relative = 1e-5;  // of expf and a sum of S or T roundings of 6e-8
    const auto c_got = combine.read(), d_got = dispatch.read(), x_got = inputs.read(),
               y_got = output.read();
    const auto load = loads.read();
    for (std::size_t i = 0; i < C.size(); ++i) {
        weight_error(v, "C", c_got[i], C[i], relative, 1e-35);
        weight_error(v, "D", d_got[i], D[i], relative, 1e-35);
    }
    for (std::size_t e = 0; e < c.n; ++e) {
        double want = 0;
        for (std::size_t j = e * c.p; j < (e + 1) * c.p; ++j) want += routed.load[j];
        v.expect(std::abs(load[e] - want) <= 1e-6, "load", load[e], want);
    }
    // Products of what the device itself had: to 1e-5 of the sum of magnitudes.
    std::vector<double> x_want(S * c.d), x_size(S * c.d);
    for (std::size_t t = 0; t < c.T; ++t) {
        v.expect((k[t] != 0) == std::any_of(&C[t * S], &C[t * S] + S, [](auto x) { return x > 0; }),
                 "kept", double(t));
        for (std::size_t q = 0; q < c.d; ++q) {
            double want = 0, size = 0;
            for (std::size_t j = 0; j < S; ++j) {
                want += static_cast<double>(c_got[t * S + j]) * outputs[j * c.d + q];
                size += std::abs(static_cast<double>(c_got[t * S + j]) * outputs[j * c.d + q]);
                if (!k[t]) continue;
                const double term = static_cast<double>(d_got[t * S + j]) * tokens[t * c.d + q];
                x_want[j * c.d + q] += term;
                x_size[j * c.d + q] += std::abs(term);
            }
            output_error(v, "output", y_got[t * c.d + q], want, relative, relative * size + 1e-35);
        }
    }
    for (std::size_t i = 0; i < x_want.size(); ++i)
        input_error(v, "slot input", x_got[i], x_want[i], relative, relative * x_size[i] + 1e-35);
}

}  // namespace

void check_soft_moe(bool small, std::mt19937& rng) {
    std::vector<mixture_case> cases;
    for (const std::uint32_t T : {0U, 1U, 7U, 8U, 9U, 63U, 64U, 65U, 257U, 700U})
        cases.push_back({T, 16, 2, 24});
    for (const auto kind : {rows::normal, rows::peaked, rows::large, rows::closed, rows::bad})
        for (const std::uint32_t n : {1U, 2U, 7U, 64U, 65U, 128U, 200U})
            cases.push_back({small ? 70U : 300U, n, n == 7 ? 3U : 1U, n == 64 ? 130U : 20U, kind});
    for (const std::uint32_t d : {1U, 63U, 64U, 65U, 128U, 129U, 200U})
        cases.push_back({150, 8, 2, d});
    if (!small) {
        cases.push_back({200, 64, 8, 64, rows::bad});
        cases.push_back({9000, 64, 1, 64});
    }
    for (const auto& c : cases) run(c, rng);
    std::printf("soft MoE: worst errors: weight %.1e, slot input %.1e, output %.1e\n",
                weight_error.value, input_error.value, output_error.value);
}

}  // namespace router_check
