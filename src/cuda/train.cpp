// SPDX-License-Identifier: MIT
#include "train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/simulate/moe_network.hpp>

#include "device.hpp"
#include "train_kernels.hpp"

namespace moebius::gpu {
namespace {

/// What runs of one launch share.
struct shape {
    std::size_t width, hidden, classes, experts;
    bool gumbel, gelu, squared;
    train_optimiser optimiser;
    auto operator<=>(const shape&) const = default;
};

const moe_options& options_of(const training_run& run) {
    return dynamic_cast<const moe_network&>(*run.model).options();
}

train_optimiser optimiser_of(const optimiser_options& options) {
    if (options.kind == optimiser_kind::adam) return train_optimiser::adam;
    if (options.kind == optimiser_kind::adamw) return train_optimiser::adamw;
    return options.momentum > 0 ? train_optimiser::momentum : train_optimiser::sgd;
}

shape shape_of(const training_run& run) {
    const auto& model = options_of(run);
    return {model.width,
            model.hidden[0],
            model.classes,
            model.experts,
            model.router.noise == noise_law::gumbel,
            model.between == activation::gelu,
            model.loss == training_loss::squared_error,
            optimiser_of(run.optimiser)};
}

std::string untrained(const training_run& run) {
    const auto* network = dynamic_cast<const moe_network*>(run.model.get());
    if (network == nullptr) return "a model that is no small MoE";
    const auto& model = network->options();
    if (model.layers != 1) return fmt::format("a model of {} layers", model.layers);
    if (model.hidden.size() != 1)
        return fmt::format("experts of {} hidden layers", model.hidden.size());
    if (model.router.name != "top-1") return fmt::format("the router {}", model.router.name);
    for (const auto* option : {"gate", "renormalise"})
        if (const auto value = setting_of("top-1", option, model.router.settings);
            value != setting_of("top-1", option, {}))
            return fmt::format("a router with {} = {}", option, value);
    if (model.router.noise != noise_law::none && model.router.noise != noise_law::gumbel)
        return fmt::format("{} noise", to_string(model.router.noise));
    if (model.experts > 16) return fmt::format("a model of {} experts", model.experts);
    if (model.classes > 32) return fmt::format("a model of {} classes", model.classes);
    if (model.balance.importance != 0 || model.balance.z_loss != 0)
        return "a balancing term other than switch_loss";
    if (!std::isfinite(static_cast<float>(run.optimiser.rate)))
        return fmt::format("a rate of {:g}", run.optimiser.rate);
    return {};
}

/// The data as kernels read them, and the rows of each list that runs train on, once each.
class device_data {
public:
    explicit device_data(const training_work& work)
        : stride_((work.data->width + 3) / 4 * 4),
          inputs_(padded(*work.data)),
          labels_(std::vector<std::uint8_t>(work.data->labels.begin(), work.data->labels.end())) {
        for (const auto& run : work.runs) rows_.try_emplace(run.rows.get(), *run.rows);
    }

    void fill(training& to) const {
        to.inputs = inputs_.data();
        to.labels = labels_.data();
        to.input_stride = static_cast<std::uint32_t>(stride_);
    }
    [[nodiscard]] const std::uint32_t* rows(const training_run& run) const {
        return rows_.at(run.rows.get()).data();
    }

private:
    [[nodiscard]] std::vector<float> padded(const labelled_data& data) const {
        std::vector<float> inputs(data.rows() * stride_);
        for (std::size_t i = 0; i < data.inputs.size(); ++i)
            inputs[i / data.width * stride_ + i % data.width] = static_cast<float>(data.inputs[i]);
        return inputs;
    }

    std::size_t stride_;
    device_array<float> inputs_;
    device_array<std::uint8_t> labels_;
    std::map<const void*, device_array<std::uint32_t>> rows_;
};

/// Runs of one shape on the device, and their states here.
class ensemble_in_training {
public:
    ensemble_in_training(const training_work& work, const shape& of,
                         std::vector<const training_run*> runs, std::vector<training_state*> states,
                         const device_data& data)
        : runs_(std::move(runs)), states_(std::move(states)) {
        const std::size_t n = runs_.size(), size = states_[0]->parameters.size();
        std::vector<train_run> each;
        std::vector<double> biases(n * of.experts);
        std::vector<std::uint64_t> steps;
        for (std::size_t r = 0; r < n; ++r) {
            each.push_back(values_of(*runs_[r], data));
            std::copy(runs_[r]->rule.bias.begin(), runs_[r]->rule.bias.end(),
                      biases.begin() + static_cast<std::ptrdiff_t>(r * of.experts));
            steps.push_back(states_[r]->step);
        }
        each_ = device_array<train_run>(each);
        biases_ = device_array<double>(biases);
        steps_ = device_array<std::uint64_t>(steps);
        diverged_ = device_array<std::uint32_t>(std::vector<std::uint32_t>(n));
        parameters_ = device_array<float>(gathered<float>(&training_state::parameters));
        moments_ = device_array<float>(gathered<float>(&training_state::moments));
        scores_ = device_array<double>(gathered<double>(&training_state::scores));
        moves_ = std::any_of(runs_.begin(), runs_.end(), [](const training_run* run) {
            return !std::isnan(run->feedback_end);
        });

        const auto count = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
        data.fill(work_);
        work_.runs = count(n);
        work_.width = count(of.width);
        work_.hidden = count(of.hidden);
        work_.classes = count(of.classes);
        work_.experts = count(of.experts);
        work_.batch = count(work.batch);
        work_.parameter_count = count(size);
        work_.moment_count = count(states_[0]->moments.size() / size);
        work_.gumbel = of.gumbel;
        work_.gelu = of.gelu;
        work_.squared = of.squared;
        work_.optimiser = of.optimiser;
        work_.each = each_.data();
        work_.biases = biases_.data();
        work_.steps = steps_.data();
        work_.diverged = diverged_.data();
        work_.parameters = parameters_.data();
        work_.moments = moments_.data();
        work_.scores = scores_.data();
        work_.record_every = count(work.record_every);
    }

    /// Batches of a launch: about a second's work, and records and schedules of up to 256 MiB.
    [[nodiscard]] std::uint64_t room() const {
        const double each = static_cast<double>(runs_.size()) * work_.record_every;
        const double sums = 3.0 * work_.batch * work_.parameter_count / work_.experts;
        const double bytes =
            8.0 * (2 + 2 * work_.experts + work_.record_every) * static_cast<double>(runs_.size());
        const double windows = std::min(2e12 / (each * sums), 0x1p28 / bytes);
        return work_.record_every * static_cast<std::uint64_t>(std::max(1.0, windows));
    }

    /// The first batch that is missing to any run, from the start of its row of records.
    [[nodiscard]] std::uint64_t first() const {
        std::uint64_t step = training_state::sound;
        for (const auto* state : states_) step = std::min(step, state->step);
        return step - step % work_.record_every;
    }

    void advance(std::uint64_t from, std::uint64_t until) {
        const std::size_t rows = (until - from) / work_.record_every;
        const device_array<double> feedback(moves_ ? schedule(from, until) : std::vector<double>{});
        const device_array<double> records(runs_.size() * rows * width());
        work_.from = from;
        work_.until = until;
        work_.feedback = feedback.data();
        work_.records = records.data();
        check(launch_train(work_, train_kernel::automatic, nullptr), "launch of train");
        check(cudaDeviceSynchronize(), "train");
        read(from, rows, records);
    }

private:
    static train_run values_of(const training_run& run, const device_data& data) {
        const auto& by = run.optimiser;
        const auto& model = options_of(run);
        return {run.rule.feedback,
                run.rule.decay,
                model.router.beta,
                run.rule.step,
                run.seed,
                data.rows(run),
                static_cast<std::uint32_t>(run.rows->size()),
                static_cast<float>(model.balance.switch_loss),
                static_cast<float>(by.rate),
                static_cast<float>(by.weight_decay),
                static_cast<float>(by.momentum),
                static_cast<float>(by.eps),
                by.beta1,
                by.beta2};
    }

    template <typename T>
    [[nodiscard]] std::vector<T> gathered(std::vector<double> training_state::*member) const {
        std::vector<T> all;
        all.reserve(states_.size() * (states_[0]->*member).size());
        for (const auto* state : states_)
            for (const double value : state->*member) all.push_back(static_cast<T>(value));
        return all;
    }

    template <typename T>
    void scatter(const device_array<T>& from, std::vector<double> training_state::*member) const {
        std::vector<T> all(from.size());
        from.read(all.data(), all.size());
        auto at = all.begin();
        for (auto* state : states_) {
            const auto end = at + static_cast<std::ptrdiff_t>((state->*member).size());
            std::copy(at, end, (state->*member).begin());
            at = end;
        }
    }

    [[nodiscard]] std::vector<double> schedule(std::uint64_t from, std::uint64_t until) const {
        std::vector<double> feedback;
        feedback.reserve(runs_.size() * (until - from));
        for (const auto* run : runs_)
            for (auto t = from; t < until; ++t) feedback.push_back(feedback_at(*run, t));
        return feedback;
    }

    [[nodiscard]] std::size_t width() const { return 2 + 2 * std::size_t{work_.experts}; }

    void read(std::uint64_t from, std::size_t rows, const device_array<double>& records) {
        std::vector<std::uint64_t> steps(runs_.size());
        std::vector<std::uint32_t> diverged(runs_.size());
        std::vector<double> all(records.size());
        steps_.read(steps.data(), steps.size());
        diverged_.read(diverged.data(), diverged.size());
        records.read(all.data(), all.size());
        scatter(parameters_, &training_state::parameters);
        scatter(moments_, &training_state::moments);
        scatter(scores_, &training_state::scores);
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            auto& state = *states_[r];
            const auto row = [&](std::uint64_t step) {
                const std::uint64_t done = (std::max(step, from) - from) / work_.record_every;
                return all.begin() +
                       static_cast<std::ptrdiff_t>(
                           (r * rows + std::min<std::uint64_t>(done, rows)) * width());
            };
            state.records.insert(state.records.end(), row(state.step), row(steps[r]));
            state.step = steps[r];
            if (diverged[r] != 0) state.diverged_at = state.step;
        }
    }

    std::vector<const training_run*> runs_;
    std::vector<training_state*> states_;
    device_array<train_run> each_;
    device_array<double> biases_, scores_;
    device_array<std::uint64_t> steps_;
    device_array<std::uint32_t> diverged_;
    device_array<float> parameters_, moments_;
    bool moves_ = false;  ///< feedback of a run
    training work_{};
};

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
    sizes.hidden = count(of.hidden);
    sizes.classes = count(of.classes);
    sizes.experts = count(of.experts);
    sizes.batch = count(batch);
    sizes.parameter_count = count(parameters);
    return train_bytes(sizes, false);
}

/// @throws invalid_argument  as train
void check_work(const training_work& work, std::span<const training_state> states,
                std::uint64_t until, int device) {
    moebius::check(work);
    if (states.size() != work.runs.size())
        reject(fmt::format("{} states came", states.size()),
               fmt::format("there are {} runs", work.runs.size()));
    if (until % work.record_every != 0)
        reject(fmt::format("batch {} is to be reached", until),
               fmt::format("it must be a multiple of record_every, {}", work.record_every));
    if (const auto what = untrained_on_device(work); !what.empty())
        reject(fmt::format("{} came", what),
               "a device trains one layer of top-1 with one hidden layer; the CPU trains all");
    int room = 0;
    check(cudaDeviceGetAttribute(&room, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
          "cudaDeviceGetAttribute");
    for (const auto& run : work.runs)
        if (const auto bytes = bytes_of(run, work.batch); bytes > static_cast<std::size_t>(room))
            reject(fmt::format("{} parameters and a batch of {} came, {} bytes in all",
                               run.model->parameters(), work.batch, bytes),
                   fmt::format("a block of the device holds {}; the CPU trains all", room));
}

}  // namespace

std::string untrained_on_device(const training_work& work) {
    for (const auto& run : work.runs)
        if (auto what = untrained(run); !what.empty()) return what;
    return {};
}

void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
           int device, const watch& watched) {
    check_work(work, states, until, device);
    check(cudaSetDevice(device), "cudaSetDevice");
    std::map<shape, std::pair<std::vector<const training_run*>, std::vector<training_state*>>>
        sorted;
    for (std::size_t r = 0; r < states.size(); ++r) {
        if (states[r].diverged_at != training_state::sound || states[r].step >= until) continue;
        auto& [runs, at] = sorted[shape_of(work.runs[r])];
        runs.push_back(&work.runs[r]);
        at.push_back(&states[r]);
    }
    if (sorted.empty()) return;
    if (watched.stopping()) throw interrupted("train");

    const device_data data(work);
    std::vector<ensemble_in_training> ensembles;
    std::uint64_t batches = 0;
    for (auto& [of, members] : sorted) {
        ensembles.emplace_back(work, of, std::move(members.first), std::move(members.second), data);
        batches += until - ensembles.back().first();
    }
    progress done(watched, "train", batches);
    for (auto& ensemble : ensembles)
        for (auto from = ensemble.first(); from < until;) {
            const auto to = std::min(until, from + ensemble.room());
            ensemble.advance(from, to);
            done.add(to - from);
            from = to;
        }
}

}  // namespace moebius::gpu
