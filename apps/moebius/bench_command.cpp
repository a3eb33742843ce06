// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <moebius/backend/backend.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/model/registry.hpp>
#include <numeric>

#include "commands.hpp"
#include "device.hpp"

namespace moebius::cli {
namespace {

/// How large the rows are: a device needs more to be busy.
struct sizes {
    std::size_t loop_steps, route_tokens, instances;
};

std::string row(std::string_view work, double time, std::string_view unit, double floor) {
    const std::string ratio =
        floor > 0 ? fmt::format("{:>10.3g}  {:>6.2f}", floor, time / floor) : "         -       -";
    return fmt::format("{:<52}{:>10.3g} {:<14}{}\n", work, time, unit, ratio);
}

double seconds_of(const backend& on, loop_batch batch, std::size_t steps, const watch& stop) {
    batch.steps = steps;
    const auto from = std::chrono::steady_clock::now();
    const auto history = on.run_loops(batch, stop);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    const auto last = history.end() - static_cast<std::ptrdiff_t>(batch.source->experts());
    if (std::accumulate(last, history.end(), std::size_t{0}) != batch.tokens)
        throw device_error("bench", "a loop lost tokens");
    return took.count();
}

/// Microseconds a step, from the difference of two lengths: set-up and copies do not count.
std::string loop_row(const backend& on, std::string_view work, loop_batch batch, const sizes& s,
                     const watch& stop) {
    batch.runs.push_back({{.feedback = 1.5}});
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 3; ++i)
        best = std::min(best, seconds_of(on, batch, s.loop_steps, stop) -
                                  seconds_of(on, batch, s.loop_steps / 4, stop));
    const auto steps = static_cast<double>(s.loop_steps - s.loop_steps / 4);
    return row(fmt::format("closed loop, {}, T {}", work, batch.tokens), 1e6 * best / steps,
               "us a step", 0);
}

gated_batch random_batch(std::size_t tokens, std::size_t width, std::size_t experts) {
    gated_batch batch{experts, width, std::vector<float>(tokens * width), {}, true};
    for (std::size_t i = 0; i < batch.tokens.size(); i += 4) {
        const auto words = random_words(1, random_stream::gate, 0, static_cast<std::uint32_t>(i));
        for (std::size_t k = 0; k < 4; ++k)
            batch.tokens[i + k] = static_cast<float>(2 * uniform(words[k]) - 1);
    }
    batch.gate = random_gate(experts, width, 1);
    return batch;
}

/// Beside its floor: each token is read once, its choice and probability are written.
std::string route_row(const backend& on, std::size_t tokens, std::size_t width, std::size_t experts,
                      double copy_rate) {
    const auto batch = random_batch(tokens, width, experts);
    route_step_options options;
    options.repeats = 25;
    const auto routed = on.route(batch, std::vector<double>(experts), options);
    const auto bytes = static_cast<double>(2 * tokens * width + 8 * tokens);
    return row(fmt::format("routing step, bf16, T {}, d {}, E {}", tokens, width, experts),
               1e6 * routed.seconds, "us", 1e6 * bytes / copy_rate);
}

std::string ensemble_row(const backend& on, std::size_t instances, ensemble_precision precision,
                         const watch& stop) {
    const std::size_t side = std::bit_floor(static_cast<std::size_t>(std::sqrt(instances)));
    ensemble_problem work;
    work.at = make_problem("two-expert");
    work.at.set("beta", 2);
    work.varied = grid_of({"feedback", 0.2, 3, side}, {"bias", -1, 1, side});
    work.starts = {0.1};
    ensemble_options options;
    options.precision = precision;
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 3; ++i) best = std::min(best, on.integrate(work, options, stop).seconds);
    return row(fmt::format("two-expert ODEs to t 200, {}, {}", to_string(precision), instances),
               1e9 * best / static_cast<double>(work.instances()), "ns an ODE", 0);
}

/// The rows, told one by one to the watch; each heeds its stop.
std::string report(const backend& on, const watch& watched) {
    const bool cpu = on.name() == "cpu";
    const sizes s = cpu ? sizes{800, 8192, 1U << 16} : sizes{20000, 65536, 1U << 20};
    progress rows(watched, "bench", 8);
    const watch stop{{}, watched.stop};
    const double rate = on.copy_rate();
    std::string out =
        fmt::format("{}, a copy moves {:.3g} GB/s\n{:<52}{:>10} {:<14}{:>10}  {:>6}\n", on.name(),
                    1e-9 * rate, "work", "ours", "", "floor", "ratio");
    const auto add = [&](const std::string& row) {
        out += row;
        rows.add();
    };
    rows.add();
    add(loop_row(on, "2 experts, noise", {no_tokens(2), noise_law::gaussian, 65536, 1, {}}, s,
                 stop));
    add(loop_row(on, "8 experts, fresh tokens d 64",
                 {normal_tokens(random_gate(8, 64, 1), 8), noise_law::none, s.route_tokens, 1, {}},
                 {s.loop_steps / 8, s.route_tokens, s.instances}, stop));
    for (const auto& [width, experts] : {std::pair{1024U, 8U}, {1024U, 64U}, {64U, 8U}})
        add(route_row(on, s.route_tokens, width, experts, rate));
    for (const auto precision : {ensemble_precision::fp32, ensemble_precision::fp64})
        add(ensemble_row(on, s.instances, precision, stop));
    return out;
}

}  // namespace

command bench_command() {
    command out{"bench",
                "Time loops, routing steps and ensembles here, beside what their bytes need",
                "moebius bench --device cpu"};
    auto device = std::make_shared<device_option>();
    add_to(out.options, *device);
    out.run = [device](const session& session) {
        print(report(*device->open(), session.watch("bench")));
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
