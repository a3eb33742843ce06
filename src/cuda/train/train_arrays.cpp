// SPDX-License-Identifier: MIT
#include "train/train_arrays.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/random.hpp>

namespace moebius::gpu {
namespace {

std::uint32_t count(std::size_t value) { return static_cast<std::uint32_t>(value); }

const moe_options& options_of(const training_run& run) {
    return dynamic_cast<const moe_network&>(*run.model).options();
}

/// Experts of an example.
std::size_t chosen_of(const network& model) { return model.routing()->rule()->k_max; }

train_optimiser optimiser_of(const optimiser_options& options) {
    if (options.kind == optimiser_kind::adam) return train_optimiser::adam;
    if (options.kind == optimiser_kind::adamw) return train_optimiser::adamw;
    return options.momentum > 0 ? train_optimiser::momentum : train_optimiser::sgd;
}

std::vector<float> padded(const labelled_data& data, std::size_t stride) {
    std::vector<float> inputs(data.rows() * stride);
    for (std::size_t i = 0; i < data.rows(); ++i)
        std::transform(data.inputs.data() + i * data.width,
                       data.inputs.data() + (i + 1) * data.width, inputs.data() + i * stride,
                       [](double value) { return static_cast<float>(value); });
    return inputs;
}

/// @param layer  whose noise
train_run values_of(const training_run& run, const train_data& data, std::size_t layer) {
    const auto& by = run.optimiser;
    const auto& model = options_of(run);
    const auto rule = rule_at(run, 0);
    return {rule.feedback,
            rule.decay,
            model.router.beta,
            rule.step,
            layer == 0 ? run.seed : derived_seed(run.seed, layer),
            data.rows(run),
            count(run.rows->size()),
            static_cast<float>(model.balance.switch_loss),
            static_cast<float>(by.rate),
            static_cast<float>(by.weight_decay),
            static_cast<float>(by.momentum),
            static_cast<float>(by.eps),
            by.beta1,
            by.beta2,
            device_controller(rule.controller)};
}

/// Calls copy(first, runs) for as many runs of `each` numbers at a time as pass the staging.
template <typename T, typename Copy>
void in_pieces(const train_slice& of, std::size_t each, Copy copy) {
    if (each == 0) return;
    const std::size_t at_once = std::max<std::size_t>(staging::bytes / sizeof(T) / each, 1);
    for (std::size_t done = 0; done < of.count; done += at_once)
        copy(of.first + done, std::min(at_once, of.count - done));
}

}  // namespace

train_shape shape_of(const training_run& run) {
    const auto& model = options_of(run);
    return {model.width,
            model.hidden[0],
            model.classes,
            model.experts,
            chosen_of(*run.model),
            model.layers,
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
        for (std::size_t l = 0; l < of.layers; ++l) each.push_back(values_of(*runs_[r], data, l));
        const auto bias = rule_at(*runs_[r], 0).bias;
        std::copy(bias.begin(), bias.end(),
                  biases.begin() + static_cast<std::ptrdiff_t>(r * of.experts));
        reached_.push_back(states_[r]->step);
    }
    each_ = device_array<train_run>(each);
    biases_ = device_array<double>(biases);
    steps_ = device_array<std::uint64_t>(reached_);
    diverged_ = device_array<std::uint32_t>(std::vector<std::uint32_t>(n));
    parameters_ = device_array<float>(n * states_[0]->parameters.size());
    moments_ = device_array<float>(n * states_[0]->moments.size());
    scores_ = device_array<double>(n * of.layers * of.experts);
    if (of.controlled) controls_ = device_array<double>(n * of.layers * of.experts);
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
    work_.k = count(of.k);
    work_.layers = count(of.layers);
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

training train_arrays::part(const train_slice& of) const {
    training part = work_;
    const auto first = of.first;
    part.runs = count(of.count);
    part.each += first * part.layers;
    part.biases += first * part.experts;
    part.steps += first;
    part.diverged += first;
    part.parameters += first * part.parameter_count;
    part.moments += first * part.moment_count * part.parameter_count;
    part.scores += first * part.layers * part.experts;
    if (part.controls != nullptr) part.controls += first * part.layers * part.experts;
    return part;
}

std::uint64_t train_arrays::room(std::size_t of) const {
    const auto runs = static_cast<double>(of);
    const double sums = 3.0 * work_.batch * work_.parameter_count / work_.experts;  // of a step
    const double bytes = 8.0 * (static_cast<double>(width()) + work_.record_every) * runs;
    const double windows = std::min(2e12 / (runs * work_.record_every * sums), 0x1p28 / bytes);
    return work_.record_every * static_cast<std::uint64_t>(std::max(1.0, windows));
}

std::uint64_t train_arrays::first(const train_slice& of) const {
    const auto from = reached_.begin() + static_cast<std::ptrdiff_t>(of.first);
    const std::uint64_t step =
        *std::min_element(from, from + static_cast<std::ptrdiff_t>(of.count));
    return step - step % work_.record_every;
}

std::vector<double> train_arrays::schedule(const train_slice& of, std::uint64_t from,
                                           std::uint64_t until) const {
    std::vector<double> feedback;
    feedback.reserve(of.count * (until - from));
    for (std::size_t r = 0; r < of.count; ++r)
        for (auto t = from; t < until; ++t)
            feedback.push_back(feedback_at(*runs_[of.first + r], t));
    return feedback;
}

/// Whether no run has taken a step: the kernels clear its moments then.
bool train_arrays::fresh(const train_slice& of) const {
    const auto from = states_.begin() + static_cast<std::ptrdiff_t>(of.first);
    return std::all_of(from, from + static_cast<std::ptrdiff_t>(of.count),
                       [](const training_state* state) { return state->step == 0; });
}

void train_arrays::upload(const train_slice& of, const train_window& window) const {
    gather(parameters_, &training_state::parameters, of, window.here);
    if (!fresh(of)) gather(moments_, &training_state::moments, of, window.here);
    gather(scores_, &training_state::scores, of, window.here);
    if (work_.controls != nullptr) gather(controls_, &training_state::control, of, window.here);
}

void train_arrays::advance(const train_slice& of, std::uint64_t from, std::uint64_t until,
                           train_window& window) {
    const std::size_t rows = (until - from) / work_.record_every;
    const auto feedback = moves_ ? schedule(of, from, until) : std::vector<double>{};
    const std::size_t numbers = of.count * rows * width();
    if (window.feedback.size() < feedback.size())
        window.feedback = device_array<double>(feedback.size());
    if (window.records.size() < numbers) window.records = device_array<double>(numbers);
    window.feedback.write(feedback);
    auto work = part(of);
    work.from = from;
    work.until = until;
    work.feedback = moves_ ? window.feedback.data() : nullptr;
    work.records = window.records.data();
    check(launch_train(work, train_kernel::automatic, cudaStreamPerThread), "launch of train");
    std::vector<std::uint64_t> steps(of.count);
    std::vector<double> all(numbers);
    steps_.read(steps.data(), of.count, of.first);
    window.records.read(all.data(), numbers);
    for (std::size_t r = 0; r < of.count; ++r) {
        const auto row = [&](std::uint64_t step) {
            const std::uint64_t done = (std::max(step, from) - from) / work_.record_every;
            const std::uint64_t at = r * rows + std::min<std::uint64_t>(done, rows);
            return all.begin() + static_cast<std::ptrdiff_t>(at * width());
        };
        auto& records = records_[of.first + r];
        records.insert(records.end(), row(reached_[of.first + r]), row(steps[r]));
        reached_[of.first + r] = steps[r];
    }
}

void train_arrays::commit(const train_slice& of, const train_window& window) {
    std::vector<std::uint32_t> diverged(of.count);
    diverged_.read(diverged.data(), of.count, of.first);
    scatter(parameters_, &training_state::parameters, of, window.here);
    scatter(moments_, &training_state::moments, of, window.here);
    scatter(scores_, &training_state::scores, of, window.here);
    if (work_.controls != nullptr) scatter(controls_, &training_state::control, of, window.here);
    for (std::size_t r = 0; r < of.count; ++r) {
        auto& state = *states_[of.first + r];
        auto& records = records_[of.first + r];
        state.records.insert(state.records.end(), records.begin(), records.end());
        records.clear();
        state.step = reached_[of.first + r];
        if (diverged[r] != 0) state.diverged_at = state.step;
    }
}

template <typename T>
void train_arrays::gather(const device_array<T>& to, std::vector<double> training_state::*member,
                          const train_slice& of, const staging& by) const {
    const std::size_t each = (states_[0]->*member).size();
    in_pieces<T>(of, each, [&](std::size_t first, std::size_t runs) {
        T* const here = by.as<T>();
        for (std::size_t r = 0; r < runs; ++r) {
            const auto& from = states_[first + r]->*member;
            std::transform(from.begin(), from.end(), here + r * each,
                           [](double value) { return static_cast<T>(value); });
        }
        to.write(here, runs * each, first * each);
    });
}

template <typename T>
void train_arrays::scatter(const device_array<T>& from, std::vector<double> training_state::*member,
                           const train_slice& of, const staging& by) const {
    const std::size_t each = (states_[0]->*member).size();
    in_pieces<T>(of, each, [&](std::size_t first, std::size_t runs) {
        T* const here = by.as<T>();
        from.read(here, runs * each, first * each);
        for (std::size_t r = 0; r < runs; ++r)
            std::copy_n(here + r * each, each, (states_[first + r]->*member).begin());
    });
}

}  // namespace moebius::gpu
