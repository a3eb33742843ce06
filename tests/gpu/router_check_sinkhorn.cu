// SPDX-License-Identifier: MIT
// Sinkhorn's scaling on the device against router/sinkhorn.cpp.
#include <moebius/router/sinkhorn.hpp>

#include "../../src/cuda/router/router_sinkhorn.hpp"
#include "router_check.cuh"

namespace router_check {
namespace {

using namespace moebius::gpu;

struct scaling_case {
    std::uint32_t T, E;
    rows kind = rows::normal;
    double xi = 1, tolerance = 1e-4;
    std::uint32_t max_iterations = 100, gates = 1;
};

worst_error plan_error, share_error;
std::uint64_t rows_checked = 0, rows_differ = 0, other_counts = 0;

std::string name_of(const scaling_case& c) {
    char text[120];
    std::snprintf(text, sizeof text, "scaling T=%u E=%u %s xi=%g tol=%g k=%u", c.T, c.E,
                  router_check::name_of(c.kind), c.xi, c.tolerance, c.gates);
    return text;
}

struct outputs {
    scaling_totals totals;
    std::vector<double> log_v;
    std::vector<float> log_u, plan, shares;
    std::vector<std::uint32_t> choices;
};

outputs on_device(const scaling_case& c, const std::vector<float>& cost, verdict& v) {
    const device_array<float> d_cost(cost);
    device_array<scaling_totals> totals(1);
    device_array<double> log_v(c.E);
    device_array<float> log_u(c.T), plan(cost.size()), shares(std::size_t{c.T} * c.gates);
    device_array<std::uint32_t> choices(std::size_t{c.T} * c.gates);
    device_array<char> workspace(scaling_workspace_bytes(c.E));
    CHECK_CUDA(launch_scaling(
        {c.T, c.E, d_cost.data, c.xi, c.tolerance, c.max_iterations},
        {totals.data, log_v.data, log_u.data, plan.data, c.gates, choices.data, shares.data},
        workspace.data, nullptr));
    CHECK_CUDA(cudaDeviceSynchronize());
    v.expect(log_v.guarded() && log_u.guarded() && plan.guarded() && choices.guarded() &&
                 shares.guarded() && workspace.guarded(),
             "written beyond an output");
    return {totals.read()[0], log_v.read(),  log_u.read(),
            plan.read(),      shares.read(), choices.read()};
}

void run(const scaling_case& c, std::mt19937& rng) {
    verdict v{name_of(c)};
    const auto cost = draw_rows(c.kind, c.T, c.E, rng);
    const std::vector<double> wide(cost.begin(), cost.end());
    const auto out = on_device(c, cost, v), again = on_device(c, cost, v);
    v.expect(out.plan == again.plan && out.log_v == again.log_v, "two runs differ");

    // Stopped where the device did, so that iterates are compared, not how they stop.
    const moebius::sinkhorn_options options{c.xi, c.tolerance, static_cast<int>(c.max_iterations)};
    auto want = moebius::sinkhorn(wide, c.E, options);
    const int n = static_cast<int>(out.totals.iterations);
    if (n != want.iterations) {
        ++other_counts;  // a residual next to the tolerance
        // below what float can tell (the bound of the residual further down) it stops by chance
        const bool blurred = c.tolerance < 3e-7 * double(c.T) / std::sqrt(c.E);
        v.expect(std::abs(n - want.iterations) <= 1 + want.iterations / (blurred ? 5 : 20),
                 "iterations", n, want.iterations);
        if (n > 0) want = moebius::sinkhorn(wide, c.E, {c.xi, 1e-300, n});
    } else {
        v.expect(static_cast<int>(out.totals.status) == static_cast<int>(want.status), "status",
                 static_cast<int>(out.totals.status), static_cast<int>(want.status));
    }
    std::uint64_t routed = 0;
    for (const double u : want.log_u) routed += u > -INFINITY;
    const bool solved = want.status != moebius::sinkhorn_status::no_solution;
    if (solved)
        v.expect(out.totals.routed == routed, "routed", double(out.totals.routed), double(routed));
    // 1e-7 of m/n in each column, from roundings of exponentials that average out
    v.expect(std::abs(out.totals.residual - want.residual) <=
                 1e-3 * want.residual + 3e-7 * double(routed) / std::sqrt(c.E) + 1e-9,
             "residual", out.totals.residual, want.residual);

    // as the header says; the widest cost of a row counts
    double widest = 0;
    for (const float x : cost)
        if (std::isfinite(x)) widest = std::max(widest, static_cast<double>(std::abs(x)));
    double v_size = 0;
    for (const double x : want.log_v) v_size = std::max(v_size, std::abs(x));
    const double relative = 1e-5 + 4e-7 * (widest / c.xi + v_size);
    for (std::size_t t = 0; t < c.T; ++t) {
        const double* row = &want.plan[t * c.E];
        const bool left_out = want.log_u[t] == -INFINITY;
        v.expect((out.log_u[t] == -INFINITY) == left_out, "left out", double(t));
        double sum = 0;
        for (std::size_t j = 0; j < c.E; ++j) {
            const double p = out.plan[t * c.E + j];
            sum += p;
            plan_error(v, "plan", p, row[j], relative, relative * 1e-9);
            if (!left_out && row[j] > 1e-30)
                v.expect(std::abs(out.log_u[t] + out.log_v[j] + wide[t * c.E + j] / c.xi -
                                  std::log(row[j])) <= 2 * relative,
                         "log u + log v", out.log_u[t], out.log_v[j]);
        }
        v.expect(left_out ? sum == 0 : std::abs(sum - 1) < 1e-5, "sum of a row", sum);
    }
    if (c.gates == 0) return;
    const auto gates = moebius::gates_of(want, wide, c.E, c.gates);
    for (std::size_t t = 0; t < c.T; ++t) {
        std::vector<std::uint8_t> chosen(c.E);
        std::size_t count = 0, wanted = 0;
        for (std::uint32_t q = 0; q < c.gates; ++q) {
            const auto e = out.choices[t * c.gates + q];
            const double share = out.shares[t * c.gates + q];
            if (e == no_gate) {
                v.expect(share == 0, "share of no gate", share);
                continue;
            }
            v.expect(e < c.E && !chosen[e], "gate", e);
            if (e >= c.E) return;
            chosen[e] = 1;
            ++count;
        }
        bool differs = false;
        double least = 1, most = 0;
        for (std::size_t e = 0; e < c.E; ++e) {
            wanted += gates.chosen[t * c.E + e];
            if (chosen[e] == gates.chosen[t * c.E + e]) continue;
            differs = true;
            const double p = want.plan[t * c.E + e];
            (chosen[e] ? least : most) = chosen[e] ? std::min(least, p) : std::max(most, p);
        }
        v.expect(count == wanted, "number of gates", double(count), double(wanted));
        if (differs)  // only between entries that are equal to rounding
            v.expect(least >= most * (1 - 2 * relative), "a smaller entry was chosen", least, most);
        ++rows_checked;
        rows_differ += differs;
        for (std::uint32_t q = 0; q < c.gates && !differs; ++q)
            if (out.choices[t * c.gates + q] != no_gate)
                share_error(v, "share", out.shares[t * c.gates + q],
                            gates.weights[t * c.E + out.choices[t * c.gates + q]], 2 * relative,
                            1e-30);
    }
}

}  // namespace

void check_scalings(bool small, std::mt19937& rng) {
    std::vector<scaling_case> cases;
    for (const std::uint32_t T : {0U, 1U, 2U, 63U, 64U, 65U, 1000U})
        cases.push_back({T, 64, rows::normal, 1, 1e-4, 100, 2});
    for (const auto kind : {rows::normal, rows::peaked, rows::closed, rows::bad})
        for (const std::uint32_t E : {1U, 2U, 7U, 64U, 65U, 128U, 130U, 256U, 512U}) {
            const std::uint32_t T = small ? 150 : 1500;
            cases.push_back(
                {T, E, kind, kind == rows::peaked ? 8.0 : 1.0, 1e-3, 100, E < 8 ? 1U : 8U});
        }
    cases.push_back({500, 8, rows::peaked, 1, 1e-3, 30, 2});    // runs out of iterations
    cases.push_back({200, 16, rows::large, 100, 1e-3, 20, 2});  // costs to 400 xi
    if (!small) {
        cases.push_back({65536, 64, rows::normal, 1, 1e-4, 100, 8});
        cases.push_back({65536, 8, rows::bad, 0.5, 1e-4, 100, 2});
        cases.push_back({20000, 512, rows::normal, 1, 1e-3, 100, 2});  // rows that do not fit
        cases.push_back({150001, 65, rows::normal, 1, 1e-3, 100, 2});  // and unaligned
    }
    for (const auto& c : cases) run(c, rng);

    // an expert closed to all: no plan
    verdict v{"scaling with a closed expert"};
    std::vector<float> cost(100 * 8, 1.0F);
    for (std::size_t t = 0; t < 100; ++t) cost[t * 8 + 3] = -INFINITY;
    const auto out = on_device({100, 8, rows::closed, 1, 1e-4, 100, 2}, cost, v);
    v.expect(out.totals.status == scaling_status::no_solution, "status");
    v.expect(std::all_of(out.plan.begin(), out.plan.end(), [](float p) { return p == 0; }), "plan");
    std::printf(
        "scalings: worst errors: plan %.1e, share %.1e (of a row whose gates agree); gates of %llu "
        "of %llu rows differ, all between equals; %llu stopped an iteration apart\n",
        plan_error.value, share_error.value, static_cast<unsigned long long>(rows_differ),
        static_cast<unsigned long long>(rows_checked),
        static_cast<unsigned long long>(other_counts));
}

}  // namespace router_check
