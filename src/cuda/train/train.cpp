// SPDX-License-Identifier: MIT
#include "train/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/train/moe_network.hpp>
#include <utility>

#include "train/train_arrays.hpp"

namespace moebius::gpu {
namespace {

std::string untrained(const training_run& run) {
    const auto* network = dynamic_cast<const moe_network*>(run.model.get());
    if (network == nullptr) return "a model that is no small MoE";
    const auto& model = network->options();
    if (model.clustering) return "adaptive clustering";
    if (model.hidden.size() != 1)
        return fmt::format("experts of {} hidden layers", model.hidden.size());
    if (model.router.name != "top-1" && model.router.name != "top-k")
        return fmt::format("the router {}", model.router.name);
    for (const auto* option : {"gate", "renormalise"})
        if (const auto value = setting_of(model.router.name, option, model.router.settings);
            value != setting_of(model.router.name, option, {}))
            return fmt::format("a router with {} = {}", option, value);
    if (model.router.noise != noise_law::none && model.router.noise != noise_law::gumbel)
        return fmt::format("{} noise", to_string(model.router.noise));
    if (model.experts > 16) return fmt::format("a model of {} experts", model.experts);
    if (model.classes > 32) return fmt::format("a model of {} classes", model.classes);
    if (model.balance.importance != 0 || model.balance.z_loss != 0)
        return "a balancing term other than switch_loss";
    if (run.optimiser.rate > static_cast<double>(std::numeric_limits<float>::max()))
        return fmt::format("a rate of {:g}", run.optimiser.rate);
    return {};
}

[[noreturn]] void reject(std::string_view got, std::string_view needed) {
    throw invalid_argument("train", got, needed);
}

/// Bytes of shared memory, at least: without inputs.
std::size_t bytes_of(const training_run& run, std::size_t batch) {
    const std::size_t parameters = run.model->parameters();
    if (parameters > std::numeric_limits<std::uint32_t>::max() / sizeof(float))
        return parameters * sizeof(float);
    const auto of = shape_of(run);
    const auto count = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
    training sizes{};
    sizes.width = count(of.width);
    sizes.hidden = count(of.hidden);
    sizes.classes = count(of.classes);
    sizes.experts = count(of.experts);
    sizes.k = count(of.k);
    sizes.layers = count(of.layers);
    sizes.gelu = of.gelu;
    sizes.input_stride = count((of.width + 3) / 4 * 4);
    sizes.batch = count(batch);
    sizes.parameter_count = count(parameters);
    return train_bytes(sizes, false);
}

/// @throws invalid_argument  as train
void check_work(const training_work& work, std::span<const training_state> states,
                std::uint64_t until) {
    if (states.size() != work.runs.size())
        reject(fmt::format("{} states came", states.size()),
               fmt::format("there are {} runs", work.runs.size()));
    if (until % work.record_every != 0)
        reject(fmt::format("batch {} is to be reached", until),
               fmt::format("it must be a multiple of record_every, {}", work.record_every));
}

std::optional<refusal> refusal_of(const training_run& run, std::size_t batch, std::size_t room) {
    if (const auto what = untrained(run); !what.empty())
        return refusal{fmt::format("{} came", what),
                       "a device trains one or two layers of top-1 or top-k with one hidden "
                       "layer; the CPU trains all"};
    if (const auto bytes = bytes_of(run, batch); bytes > room)
        return refusal{fmt::format("{} parameters and a batch of {} came, {} bytes in all",
                                   run.model->parameters(), batch, bytes),
                       fmt::format("a block of the device holds {}; the CPU trains all", room)};
    return std::nullopt;
}

std::size_t attribute_of(int device, cudaDeviceAttr what) {
    int value = 0;
    check(cudaDeviceGetAttribute(&value, what, device), "cudaDeviceGetAttribute");
    return static_cast<std::size_t>(value);
}

/// @pre  work is checked
std::optional<refusal> refusal_of(const training_work& work, int device) {
    if (work.probe.dither > 0 || work.probe.moments)
        return refusal{"a probe of the scores came",
                       "a device trains without dither and moments; the CPU trains with them"};
    const auto room = attribute_of(device, cudaDevAttrMaxSharedMemoryPerBlockOptin);
    const training_run* last = nullptr;  // runs of its model and rate are taken as it is
    for (const auto& run : work.runs) {
        if (last != nullptr && run.model == last->model &&
            run.optimiser.rate == last->optimiser.rate)
            continue;
        if (auto why = refusal_of(run, work.batch, room)) return why;
        last = &run;
    }
    return std::nullopt;
}

}  // namespace

std::optional<refusal> training_refusal(const training_work& work, int device) {
    moebius::check(work);
    return refusal_of(work, device);
}

namespace {

/// Parts that a device works on side by side, by default, and threads that bring them there and
/// back: as many again come and go meanwhile.
constexpr std::size_t streams = 8, couriers = 2 * streams;

/// The runs that are to be trained, by shape.
std::vector<std::unique_ptr<train_arrays>> ensembles_of(const training_work& work,
                                                        std::span<training_state> states,
                                                        std::uint64_t until,
                                                        const train_data& data) {
    std::map<train_shape, std::pair<std::vector<const training_run*>, std::vector<training_state*>>>
        sorted;
    for (std::size_t r = 0; r < states.size(); ++r) {
        if (states[r].diverged_at != training_state::sound || states[r].step >= until) continue;
        auto& [runs, at] = sorted[shape_of(work.runs[r])];
        runs.push_back(&work.runs[r]);
        at.push_back(&states[r]);
    }
    std::vector<std::unique_ptr<train_arrays>> ensembles;
    for (auto& [of, members] : sorted)
        ensembles.push_back(std::make_unique<train_arrays>(work, of, std::move(members.first),
                                                           std::move(members.second), data));
    return ensembles;
}

struct part {
    train_arrays* ensemble;
    train_slice runs;
};

/// Runs of a part: as few as fill the device, two to a multiprocessor, as it waits for the first
/// part and is waited for by the last; more where that makes more parts than the couriers need.
std::size_t runs_of_part(std::size_t all, std::size_t multiprocessors) {
    const std::size_t filling = std::min(all, 2 * multiprocessors);
    return std::clamp(all / (2 * couriers), (filling + streams - 1) / streams, multiprocessors);
}

std::vector<part> parts_of(const std::vector<std::unique_ptr<train_arrays>>& ensembles,
                           std::size_t multiprocessors) {
    std::vector<part> parts;
    for (const auto& ensemble : ensembles) {
        const std::size_t all = ensemble->runs();
        const std::size_t each = runs_of_part(all, multiprocessors);
        for (std::size_t first = 0; first < all; first += each)
            parts.push_back({ensemble.get(), {first, std::min(each, all - first)}});
    }
    return parts;
}

void train_part(const part& of, std::uint64_t until, train_window& window, progress& done) {
    auto& [ensemble, runs] = of;
    ensemble->upload(runs, window);
    const auto room = ensemble->room(runs.count);
    for (auto from = ensemble->first(runs); from < until;) {
        const auto to = std::min(until, from + room);
        ensemble->advance(runs, from, to, window);
        try {
            done.add(to - from);
        } catch (const interrupted&) {
            ensemble->commit(runs, window);
            throw;
        }
        from = to;
    }
    ensemble->commit(runs, window);
}

}  // namespace

void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
           int device, const watch& watched) {
    moebius::check(work, until);
    if (const auto why = refusal_of(work, device)) throw invalid_argument("train", *why);
    check_work(work, states, until);
    check(cudaSetDevice(device), "cudaSetDevice");
    const train_data data(work);
    const auto ensembles = ensembles_of(work, states, until, data);
    if (ensembles.empty()) return;
    if (watched.stopping()) throw interrupted("train");

    const auto parts = parts_of(ensembles, attribute_of(device, cudaDevAttrMultiProcessorCount));
    std::uint64_t batches = 0;
    for (const auto& one : parts) batches += until - one.ensemble->first(one.runs);
    progress done(watched, "train", batches);
    // while the runs of one part train, those of others come and go
    team going(static_cast<unsigned>(std::min(parts.size(), couriers)));
    std::vector<train_window> windows(going.size());
    going.run(parts.size(), [&](unsigned member, std::size_t i) {
        check(cudaSetDevice(device), "cudaSetDevice");
        train_part(parts[i], until, windows[member], done);
    });
}

}  // namespace moebius::gpu
