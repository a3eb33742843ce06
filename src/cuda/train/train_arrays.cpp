// SPDX-License-Identifier: MIT
#include "train/train_arrays.hpp"

#include <algorithm>
#include <cmath>

namespace moebius::gpu {
namespace {

std::uint32_t count(std::size_t value) { return static_cast<std::uint32_t>(value); }

const moe_options& options_of(const training_run& run) {
    return dynamic_cast<const moe_network&>(*run.model).options();
}

train_optimiser optimiser_of(const optimiser_options& options) {
    if (options.kind == optimiser_kind::adam) return train_optimiser::adam;
    if (options.kind == optimiser_kind::adamw) return train_optimiser::adamw;
    return options.momentum > 0 ? train_optimiser::momentum : train_optimiser::sgd;
}

std::vector<float> padded(const labelled_data& data, std::size_t stride) {
    std::vector<float> inputs(data.rows() * stride);
    for (std::size_t i = 0; i < data.inputs.size(); ++i)
        inputs[i / data.width * stride + i % data.width] = static_cast<float>(data.inputs[i]);
    return inputs;
}

train_run values_of(const training_run& run, const train_data& data) {
    const auto& by = run.optimiser;
    const auto& model = options_of(run);
    return {run.rule.feedback,
            run.rule.decay,
            model.router.beta,
            run.rule.step,
            run.seed,
            data.rows(run),
            count(run.rows->size()),
            static_cast<float>(model.balance.switch_loss),
            static_cast<float>(by.rate),
            static_cast<float>(by.weight_decay),
            static_cast<float>(by.momentum),
            static_cast<float>(by.eps),
            by.beta1,
            by.beta2,
            device_controller(run.rule.controller)};
}

}  // namespace

train_shape shape_of(const training_run& run) {
    const auto& model = options_of(run);
    return {model.width,
            model.hidden[0],
            model.classes,
            model.experts,
            model.router.noise == noise_law::gumbel,
            model.between == activation::gelu,
            model.loss == training_loss::squared_error,
            run.rule.controller.law != control_law::none,
            optimiser_of(run.optimiser)};
}

train_data::train_data(const training_work& work)
    : stride_((work.data->width + 3) / 4 * 4),
      inputs_(padded(*work.data, stride_)),
      labels_(std::vector<std::uint8_t>(work.data->labels.begin(), work.data->labels.end())) {
    for (const auto& run : work.runs) rows_.try_emplace(run.rows.get(), *run.rows);
}

void train_data::fill(training& to) const {
    to.inputs = inputs_.data();
    to.labels = labels_.data();
    to.input_stride = count(stride_);
}

const std::uint32_t* train_data::rows(const training_run& run) const {
    return rows_.at(run.rows.get()).data();
}

train_arrays::train_arrays(const training_work& work, const train_shape& of,
                           std::vector<const training_run*> runs,
                           std::vector<training_state*> states, const train_data& data)
    : runs_(std::move(runs)), states_(std::move(states)), records_(runs_.size()) {
    const std::size_t n = runs_.size();
    std::vector<train_run> each;
    std::vector<double> biases(n * of.experts);
    for (std::size_t r = 0; r < n; ++r) {
        each.push_back(values_of(*runs_[r], data));
        std::copy(runs_[r]->rule.bias.begin(), runs_[r]->rule.bias.end(),
                  biases.begin() + static_cast<std::ptrdiff_t>(r * of.experts));
        reached_.push_back(states_[r]->step);
    }
    each_ = device_array<train_run>(each);
    biases_ = device_array<double>(biases);
    steps_ = device_array<std::uint64_t>(reached_);
    diverged_ = device_array<std::uint32_t>(std::vector<std::uint32_t>(n));
    parameters_ = gathered<float>(&training_state::parameters);
    moments_ = gathered<float>(&training_state::moments);
    scores_ = gathered<double>(&training_state::scores);
    if (of.controlled) controls_ = gathered<double>(&training_state::control);
    moves_ = std::any_of(runs_.begin(), runs_.end(),
                         [](const training_run* run) { return !std::isnan(run->feedback_end); });

    data.fill(work_);
    fill(work, of);
}

/// The kernels' view of the arrays.
void train_arrays::fill(const training_work& work, const train_shape& of) {
    const std::size_t size = states_[0]->parameters.size();
    work_.runs = count(runs_.size());
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
    work_.controls = of.controlled ? controls_.data() : nullptr;
    work_.record_every = count(work.record_every);
}

std::uint64_t train_arrays::room() const {
    const auto runs = static_cast<double>(runs_.size());
    const double sums = 3.0 * work_.batch * work_.parameter_count / work_.experts;  // of a step
    const double bytes = 8.0 * (static_cast<double>(width()) + work_.record_every) * runs;
    const double windows = std::min(2e12 / (runs * work_.record_every * sums), 0x1p28 / bytes);
    return work_.record_every * static_cast<std::uint64_t>(std::max(1.0, windows));
}

std::uint64_t train_arrays::first() const {
    const std::uint64_t step = *std::min_element(reached_.begin(), reached_.end());
    return step - step % work_.record_every;
}

std::vector<double> train_arrays::schedule(std::uint64_t from, std::uint64_t until) const {
    std::vector<double> feedback;
    feedback.reserve(runs_.size() * (until - from));
    for (const auto* run : runs_)
        for (auto t = from; t < until; ++t) feedback.push_back(feedback_at(*run, t));
    return feedback;
}

void train_arrays::advance(std::uint64_t from, std::uint64_t until) {
    const std::size_t rows = (until - from) / work_.record_every;
    // kept from launch to launch: to free memory is to wait for all that the device does
    const auto feedback = moves_ ? schedule(from, until) : std::vector<double>{};
    const std::size_t numbers = runs_.size() * rows * width();
    if (feedback_.size() < feedback.size()) feedback_ = device_array<double>(feedback.size());
    if (window_.size() < numbers) window_ = device_array<double>(numbers);
    feedback_.write(feedback);
    work_.from = from;
    work_.until = until;
    work_.feedback = moves_ ? feedback_.data() : nullptr;
    work_.records = window_.data();
    check(launch_train(work_, train_kernel::automatic, cudaStreamPerThread), "launch of train");
    std::vector<std::uint64_t> steps(runs_.size());
    std::vector<double> all(numbers);
    steps_.read(steps.data(), steps.size());
    window_.read(all.data(), all.size());
    for (std::size_t r = 0; r < runs_.size(); ++r) {
        const auto row = [&](std::uint64_t step) {
            const std::uint64_t done = (std::max(step, from) - from) / work_.record_every;
            const std::uint64_t at = r * rows + std::min<std::uint64_t>(done, rows);
            return all.begin() + static_cast<std::ptrdiff_t>(at * width());
        };
        records_[r].insert(records_[r].end(), row(reached_[r]), row(steps[r]));
    }
    reached_ = std::move(steps);
}

void train_arrays::commit() {
    std::vector<std::uint32_t> diverged(runs_.size());
    diverged_.read(diverged.data(), diverged.size());
    scatter(parameters_, &training_state::parameters);
    scatter(moments_, &training_state::moments);
    scatter(scores_, &training_state::scores);
    if (work_.controls != nullptr) scatter(controls_, &training_state::control);
    for (std::size_t r = 0; r < runs_.size(); ++r) {
        auto& state = *states_[r];
        state.records.insert(state.records.end(), records_[r].begin(), records_[r].end());
        records_[r].clear();
        state.step = reached_[r];
        if (diverged[r] != 0) state.diverged_at = state.step;
    }
}

/// Calls copy(run, runs, staging) for some runs at a time, so that the staging stays in memory that
/// is there: the first touch of a page takes as long as its copy.
template <typename T, typename Copy>
void train_arrays::each_part(std::size_t each, Copy copy) const {
    constexpr std::size_t numbers = std::size_t{1} << 20;
    const std::size_t runs = states_.size();
    const std::size_t at_once =
        std::clamp<std::size_t>(numbers / std::max<std::size_t>(each, 1), 1, runs);
    const auto staging = std::make_unique_for_overwrite<T[]>(at_once * each);
    for (std::size_t first = 0; first < runs; first += at_once)
        copy(first, std::min(at_once, runs - first), staging.get());
}

template <typename T>
device_array<T> train_arrays::gathered(std::vector<double> training_state::*member) const {
    const std::size_t each = (states_[0]->*member).size();
    device_array<T> to(states_.size() * each);
    each_part<T>(each, [&](std::size_t first, std::size_t runs, T* staging) {
        for (std::size_t r = 0; r < runs; ++r) {
            const auto& from = states_[first + r]->*member;
            std::transform(from.begin(), from.end(), staging + r * each,
                           [](double value) { return static_cast<T>(value); });
        }
        to.write(staging, runs * each, first * each);
    });
    return to;
}

template <typename T>
void train_arrays::scatter(const device_array<T>& from,
                           std::vector<double> training_state::*member) const {
    const std::size_t each = from.size() / states_.size();
    each_part<T>(each, [&](std::size_t first, std::size_t runs, T* staging) {
        from.read(staging, runs * each, first * each);
        for (std::size_t r = 0; r < runs; ++r)
            std::copy_n(staging + r * each, each, (states_[first + r]->*member).begin());
    });
}

}  // namespace moebius::gpu
