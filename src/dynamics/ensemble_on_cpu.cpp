// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/parallel.hpp>
#include <moebius/dynamics/detail/ensemble_models.hpp>
#include <moebius/dynamics/detail/ensemble_stepper.hpp>
#include <moebius/dynamics/ensemble.hpp>

#include "ensemble_pack.hpp"

namespace moebius {
namespace {

using detail::pack;

/// A run of instances, [first, last), on one thread.
struct part {
    const ensemble_problem& work;
    const ensemble_options& options;
    std::size_t first, last;
    ensemble_result& result;
};

/// Parameters and states of `V::width` instances from `first` on, the last one repeated.
template <typename M, typename V>
struct loaded {
    vec<V, M::dimension> x;
    vec<V, parameter_count<M>> p;

    [[gnu::always_inline]] loaded(const part& todo, std::size_t first) {
        using R = typename V::value_type;
        constexpr std::size_t n = M::dimension;
        const auto& work = todo.work;
        const bool shared_start = work.starts.size() == n;
        const auto instance = [&](std::size_t k) { return std::min(first + k, todo.last - 1); };
        for (std::size_t i = 0; i < parameter_count<M>; ++i)
            p[i] = V(static_cast<R>(work.at.parameters[i]));
        for (const auto& varied : work.varied) {
            const std::size_t i = work.at.index_of(varied.name);
            for (std::size_t k = 0; k < V::width; ++k)
                p[i].set(k, static_cast<R>(varied.values[instance(k)]));
        }
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = 0; k < V::width; ++k)
                x[i].set(k, static_cast<R>(work.starts[(shared_start ? 0 : instance(k) * n) + i]));
    }
};

/// Several instances a turn: for each: for (s = start; s.running();) s.advance();
/// They go on together until the slowest is done; the last turn repeats the last instance.
template <typename M, typename V>
[[gnu::always_inline]] inline void integrate(const part& todo) {
    using R = typename V::value_type;
    constexpr std::size_t n = M::dimension, width = V::width;
    const auto& options = todo.options;
    const detail::ensemble_limits<R> limits{
        static_cast<R>(todo.work.t_end), static_cast<R>(options.rtol), static_cast<R>(options.atol),
        static_cast<R>(options.first_step), options.max_steps};

    for (std::size_t first = todo.first; first < todo.last; first += width) {
        const loaded<M, V> from(todo, first);
        detail::ensemble_stepper<M, V> stepper(limits, from.x, from.p);
        V steps = V(R(0));
        for (int step = 0; step < options.max_steps; ++step) {
            const auto running = stepper.running();
            if (!any(running)) break;
            steps = select(running, steps + V(R(1)), steps);
            stepper.advance();
        }

        const auto finished = select(stepper.finished(), V(R(1)), V(R(0)));
        for (std::size_t k = 0; k < std::min<std::size_t>(width, todo.last - first); ++k) {
            bool finite = true;
            for (std::size_t i = 0; i < n; ++i) {
                const R end = stepper.state()[i].get(k);
                finite = finite && std::isfinite(end) && std::isfinite(stepper.slope()[i].get(k));
                todo.result.states[(first + k) * n + i] = static_cast<double>(end);
            }
            todo.result.steps[first + k] = static_cast<std::uint32_t>(steps.get(k));
            todo.result.status[first + k] = finished.get(k) > R(0) ? ensemble_status::finished
                                            : finite               ? ensemble_status::stalled
                                                                   : ensemble_status::not_finite;
        }
    }
}

// One body, compiled for three instruction sets; which is asked of the processor at run time. All
// that it calls must become a part of it (flatten), or would be compiled for the baseline.
template <typename M, typename R>
[[gnu::flatten]] void integrate_baseline(const part& todo) {
    integrate<M, pack<R, 16>>(todo);
}
#ifdef __x86_64__
template <typename M, typename R>
[[gnu::flatten, gnu::target("avx2,fma")]] void integrate_avx2(const part& todo) {
    integrate<M, pack<R, 32>>(todo);
}
template <typename M, typename R>
[[gnu::flatten, gnu::target("avx512f,avx512dq,avx512vl,fma")]] void integrate_avx512(
    const part& todo) {
    integrate<M, pack<R, 64>>(todo);
}
#endif

using kernel = void (*)(const part&);

template <typename M, typename R>
kernel fastest() {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return integrate_avx512<M, R>;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return integrate_avx2<M, R>;
#endif
    return integrate_baseline<M, R>;
}

kernel kernel_for(std::string_view model, ensemble_precision precision) {
    kernel found = nullptr;
    detail::ensemble_models::with(model, [&]<typename M>(M) {
        found = precision == ensemble_precision::fp32 ? fastest<M, float>() : fastest<M, double>();
    });
    return found;
}

}  // namespace

ensemble_result integrate_ensemble(const ensemble_problem& work, const ensemble_options& options,
                                   const watch& watched) {
    check(work, options);
    const std::size_t count = work.instances();
    ensemble_result result;
    result.states.resize(count * work.at.model->dimension());
    result.steps.resize(count);
    result.status.resize(count);

    constexpr std::size_t each = 2048;  // instances; a multiple of every width
    const kernel run = kernel_for(work.at.model->name(), options.precision);
    const auto body = [&](std::size_t k) {
        run({work, options, k * each, std::min((k + 1) * each, count), result});
    };
    parallel_for((count + each - 1) / each, options.threads, body, watched, "integrate_ensemble");
    return result;
}

}  // namespace moebius
