// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>

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
    any_backend(std::shared_ptr<const backend> device, std::shared_ptr<const backend> cpu,
                refusal_report told)
        : device_(std::move(device)), cpu_(std::move(cpu)), told_(std::move(told)) {}

    std::string name() const override { return device_->name(); }

    std::optional<refusal> refusal_of(const loop_batch& batch) const override {
        return cpu_->refusal_of(batch);
    }

    std::vector<std::uint32_t> run_loops(const loop_batch& batch,
                                         const watch& watched) const override {
        return taker_of(batch).run_loops(batch, watched);
    }

    std::optional<refusal> refusal_of(const router_batches& batches) const override {
        return cpu_->refusal_of(batches);
    }

    load_history run_loops(const router_batches& batches, const watch& watched) const override {
        return taker_of(batches).run_loops(batches, watched);
    }

    routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options) const override {
        return device_->route(batch, scores, options);
    }

    ensemble_result integrate(const ensemble_problem& work, const ensemble_options& options,
                              const watch& watched) const override {
        return device_->integrate(work, options, watched);
    }

    std::optional<refusal> refusal_of(const training_work& work) const override {
        return cpu_->refusal_of(work);
    }

    void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
               const watch& watched) const override {
        taker_of(work).train(work, states, until, watched);
    }

    double copy_rate() const override { return device_->copy_rate(); }

private:
    template <typename Work>
    [[nodiscard]] const backend& taker_of(const Work& work) const {
        const auto why = device_->refusal_of(work);
        if (why && told_) told_(*why);
        return why ? *cpu_ : *device_;
    }

    std::shared_ptr<const backend> device_, cpu_;
    refusal_report told_;
};

std::shared_ptr<const backend> make_cuda(std::string_view name) {
    auto devices = device_numbers(name);
    if (devices.size() == 1) return detail::make_cuda_backend(devices[0]);
    return detail::make_many_devices(std::move(devices));
}

}  // namespace

const backend& cpu_backend() {
    static const auto cpu = detail::make_cpu_backend(0);
    return *cpu;
}

std::shared_ptr<const backend> make_backend(std::string_view name, unsigned threads,
                                            const refusal_report& told) {
    if (name == "cpu") return detail::make_cpu_backend(threads);
    if (name == "cuda") return detail::make_cuda_backend(0);
    if (name.starts_with("cuda:")) return make_cuda(name);
    if (name != "auto") unknown(name);
    auto cpu = detail::make_cpu_backend(threads);
    if (detail::count_devices() == 0) return cpu;
    return with_fallback(detail::make_cuda_backend(0), std::move(cpu), told);
}

std::shared_ptr<const backend> with_fallback(std::shared_ptr<const backend> device,
                                             std::shared_ptr<const backend> cpu,
                                             const refusal_report& told) {
    return std::make_shared<any_backend>(std::move(device), std::move(cpu), told);
}

}  // namespace moebius
