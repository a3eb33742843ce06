// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/simulate/backend.hpp>
#include <moebius/train/training.hpp>

namespace moebius {
namespace {

[[noreturn]] void unknown(std::string_view name) {
    throw invalid_argument("device", fmt::format("'{}' came", name),
                           "it must be auto, cpu, cuda, cuda:NUMBER or cuda:NUMBER,NUMBER,...");
}

/// The numbers behind `cuda:`, each once.
std::vector<int> device_numbers(std::string_view name) {
    std::vector<int> numbers;
    const char *from = name.data() + std::string_view("cuda:").size(), *const end = name.data() +
                                                                                    name.size();
    for (;; ++from) {
        int number = -1;
        const auto [to, error] = std::from_chars(from, end, number);
        const bool twice = std::find(numbers.begin(), numbers.end(), number) != numbers.end();
        if (error != std::errc{} || number < 0 || twice) unknown(name);
        numbers.push_back(number);
        if (to == end) break;
        if (*to != ',') unknown(name);
        from = to;
    }
    return numbers;
}

/// A device, and the CPU for what devices do not run.
class any_backend final : public backend {
public:
    any_backend(std::shared_ptr<const backend> device, std::shared_ptr<const backend> cpu)
        : device_(std::move(device)), cpu_(std::move(cpu)) {}

    std::string name() const override { return device_->name(); }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        check(batch);
        try {
            return device_->run_loops(batch, watched);
        } catch (const invalid_argument&) {  // of a sound batch: the device's own limits
            return cpu_->run_loops(batch, watched);
        }
    }

    routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options) const override {
        return device_->route(batch, scores, options);
    }

    ensemble_result integrate(const ensemble_problem& work, const ensemble_options& options,
                              const watch& watched) const override {
        return device_->integrate(work, options, watched);
    }

    void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
               const watch& watched) const override {
        check(work);
        try {
            device_->train(work, states, until, watched);
        } catch (const invalid_argument&) {  // of sound work, before any of it: as above
            cpu_->train(work, states, until, watched);
        }
    }

    double copy_rate() const override { return device_->copy_rate(); }

private:
    std::shared_ptr<const backend> device_, cpu_;
};

std::shared_ptr<const backend> make_cuda(std::string_view name) {
    auto devices = device_numbers(name);
    if (devices.size() == 1) return detail::make_cuda_backend(devices[0]);
    return detail::make_many_devices(std::move(devices));
}

}  // namespace

feedback_rule rule_at(const loop_run& run, std::size_t step) {
    auto rule = run.rule;
    if (!run.feedback.empty()) rule.feedback = run.feedback[step];
    if (!run.bias.empty()) rule.bias = bias_of_two(run.bias[step]);
    return rule;
}

const backend& cpu_backend() {
    static const auto cpu = detail::make_cpu_backend(0);
    return *cpu;
}

std::shared_ptr<const backend> make_backend(std::string_view name, unsigned threads) {
    if (name == "cpu") return detail::make_cpu_backend(threads);
    if (name == "cuda") return detail::make_cuda_backend(0);
    if (name.starts_with("cuda:")) return make_cuda(name);
    if (name != "auto") unknown(name);
    auto cpu = detail::make_cpu_backend(threads);
    if (detail::count_devices() == 0) return cpu;
    return std::make_shared<any_backend>(detail::make_cuda_backend(0), std::move(cpu));
}

void check(const loop_batch& batch) {
    if (batch.source == nullptr)
        throw invalid_argument("run_loops", "no token source came", "one is needed");
    constexpr std::size_t most = std::size_t{1} << 36;  // numbers of a history: 256 GiB
    const std::size_t row = batch.source->experts() * std::max<std::size_t>(1, batch.runs.size());
    if (batch.steps > most / row)
        throw invalid_argument(
            "run_loops", fmt::format("{} runs of {} batches came", batch.runs.size(), batch.steps),
            fmt::format("the counts of {} experts must be at most {} numbers",
                        batch.source->experts(), most));
    const bool scheduled = std::any_of(batch.runs.begin(), batch.runs.end(),
                                       [](const loop_run& run) { return !run.bias.empty(); });
    if (scheduled && batch.source->experts() != 2)
        throw invalid_argument("run_loops",
                               fmt::format("a schedule of the bias of two came for {} experts",
                                           batch.source->experts()),
                               "two experts are needed");
    for (const auto& run : batch.runs) {
        check(run.rule, batch.source->experts());
        for (const auto* schedule : {&run.feedback, &run.bias})
            if (!std::all_of(schedule->begin(), schedule->end(),
                             [](double value) { return std::isfinite(value); }))
                throw invalid_argument("run_loops", "a schedule has a value that is not finite",
                                       "all must be");
        for (const auto* schedule : {&run.feedback, &run.bias})
            if (!schedule->empty() && schedule->size() != batch.steps)
                throw invalid_argument(
                    "run_loops", fmt::format("a schedule has {} values", schedule->size()),
                    fmt::format("the {} steps need one each, or none", batch.steps));
        if (scheduled && run.bias.empty() && !run.rule.bias.empty() &&
            run.rule.bias[0] != -run.rule.bias[1])
            throw invalid_argument(
                "run_loops", "biases that are not opposite came beside a schedule of the bias",
                "all runs need a schedule, or biases h/2 and -h/2");
        const closed_loop checked(batch.source, {batch.tokens, batch.noise, run.seed}, run.scores);
    }
}

}  // namespace moebius
