// SPDX-License-Identifier: MIT
// Holds the CUDA ensembles against the CPU's; prints "N passed, N failed" last, exit status 1 if
// any failed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/model/registry.hpp>
#include <string>

#include "ensemble/ensemble.hpp"

using namespace moebius;

namespace {

int passed = 0, failed = 0;

void expect(bool good, const std::string& claim) {
    ++(good ? passed : failed);
    if (!good) std::printf("failed: %s\n", claim.c_str());
}

/// Feedback and bias drawn over the fold set, a start of its own for each.
ensemble_problem scattered(std::size_t count) {
    ensemble_problem work{make_problem("two-expert"), {{"feedback", {}}, {"bias", {}}}, {}, 60};
    std::uint64_t state = 20261122;
    const auto draw = [&](double from, double to) {  // Knuth's linear congruential generator
        state = state * 6364136223846793005U + 1442695040888963407U;
        return from + (to - from) * (static_cast<double>(state >> 11) * 0x1p-53);
    };
    for (std::size_t i = 0; i < count; ++i) {
        work.varied[0].values.push_back(draw(0.2, 8));
        work.varied[1].values.push_back(draw(-3, 3));
        work.starts.push_back(draw(-4, 4));
    }
    if (count == 0) work.starts = {0.1};
    return work;
}

void agrees(std::size_t count, ensemble_precision precision) {
    const bool fp32 = precision == ensemble_precision::fp32;
    const ensemble_options options{
        .precision = precision, .rtol = fp32 ? 1e-6 : 1e-10, .atol = fp32 ? 1e-9 : 1e-13};
    const auto work = scattered(count);
    const auto on_cpu = integrate_ensemble(work, options);
    const auto on_gpu = gpu::integrate_ensemble(work, options, 0);

    std::size_t far = 0, unfinished = 0, other_steps = 0;
    double square = 0, whole = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double apart = on_gpu.states[i] - on_cpu.states[i];
        square += apart * apart;
        whole += on_cpu.states[i] * on_cpu.states[i];
        // A start near the state that divides the basins, or a point near a fold, stretches an
        // error by much: such instances are counted, not compared.
        if (!(std::abs(apart) <= (fp32 ? 3e-5 : 3e-9) * (1 + std::abs(on_cpu.states[i])))) ++far;
        if (on_gpu.status[i] != ensemble_status::finished) ++unfinished;
        if (on_gpu.steps[i] != on_cpu.steps[i]) ++other_steps;
    }
    const auto name = std::string(to_string(precision)) + ", " + std::to_string(count);
    std::printf("%s instances: rms difference %.2e, far apart %zu, other steps %zu\n", name.c_str(),
                count > 0 ? std::sqrt(square / whole) : 0.0, far, other_steps);
    expect(on_gpu.states.size() == count && on_gpu.steps.size() == count, name + ": sizes");
    expect(unfinished == 0, name + ": all finished");
    expect(far <= count / 1000, name + ": the same ends");
}

void says_what_failed(ensemble_precision precision) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    ensemble_problem work{make_problem("two-expert"), {}, std::vector<double>(70, 0.1), 10};
    work.starts[1] = nan;
    work.starts[33] = -std::numeric_limits<double>::infinity();
    const auto ends = gpu::integrate_ensemble(work, {.precision = precision}, 0);
    const auto short_of =
        gpu::integrate_ensemble(work, {.precision = precision, .max_steps = 3}, 0);
    bool right = true, cut = true;
    for (std::size_t i = 0; i < 70; ++i) {
        const bool bad = i == 1 || i == 33;
        right = right &&
                ends.status[i] == (bad ? ensemble_status::not_finite : ensemble_status::finished);
        if (!bad) {
            right = right && std::abs(ends.states[i] - 0.1 * std::exp(-5.0)) < 1e-4;
            cut = cut && short_of.status[i] == ensemble_status::stalled && short_of.steps[i] == 3;
        }
    }
    expect(right, std::string(to_string(precision)) + ": NaN and infinity are said");
    expect(cut, std::string(to_string(precision)) + ": too few steps are said");
}

void maps_alike(ensemble_precision precision) {
    const auto at = make_problem("two-expert");
    basin_options options;
    options.ensemble.precision = precision;
    const grid_axis feedback{"feedback", 0.9, 7.9, 15}, bias{"bias", -3.01, 2.99, 25};
    const auto on_device = [](const ensemble_problem& work, const ensemble_options& asked,
                              const watch& watched) {
        return gpu::integrate_ensemble(work, asked, 0, watched);
    };
    const auto cpu = basin_map(at, feedback, bias, {}, options);
    const auto device = basin_map(at, feedback, bias, {}, options, {}, on_device);
    bool same = cpu.rows() == 15 * 25;
    for (const auto* column : {"stable_states", "unsettled", "basin_1", "basin_2"})
        same = same && cpu.at(column) == device.at(column);
    expect(same, std::string(to_string(precision)) + ": the same basin map");
}

}  // namespace

int main() {
    if (detail::count_devices() == 0) {
        std::printf("skipped: CUDA is %s\n", describe_devices().front().c_str());
        return 77;
    }
    try {
        for (const auto precision : {ensemble_precision::fp32, ensemble_precision::fp64}) {
            for (const std::size_t count : {0, 1, 31, 33, 1000000}) agrees(count, precision);
            says_what_failed(precision);
            maps_alike(precision);
        }
    } catch (const std::exception& problem) {
        std::printf("%s\n", problem.what());
        ++failed;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 ? 1 : 0;
}
