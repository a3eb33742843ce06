// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/dynamics/slow_sweep.hpp>

#include "flow.hpp"

namespace moebius {
namespace {

constexpr std::array<std::string_view, 3> direction_names{"up", "down", "both"};

void check(double low, double high, const slow_sweep_options& options) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("slow_sweep", got, needed);
    };
    if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
        reject(fmt::format("the range is {} to {}", low, high),
               "it must be finite and go upwards; the direction is an option");
    if (!(options.rate > 0 && std::isfinite(options.rate)))
        reject(fmt::format("rate is {}", options.rate), "it must be > 0 and finite");
    if (options.samples < 2)
        reject(fmt::format("samples is {}", options.samples), "it must be >= 2");
}

/// One direction of a sweep: steps the flow, takes samples, and watches for jumps.
class leg {
public:
    leg(const problem& at, const detail::ramp& moving, std::span<const double> x0,
        const slow_sweep_options& options)
        : at_(at),
          moving_(moving),
          options_(options),
          duration_((moving.to - moving.from) / moving.rate),
          flow_(at, moving, x0, options.flow),
          x_(x0.begin(), x0.end()) {}

    /// @param progress  called with the share that is done, in permille
    flow_status run(slow_sweep_result& result, const std::function<void(std::size_t)>& progress) {
        sample_until(0, result.samples);
        double growth_before = growth(0);
        while (flow_.t() < duration_) {
            if (const auto status = flow_.step(); status != flow_status::converged) return status;
            const double t = flow_.t_before(), end = std::min(flow_.t(), duration_);
            for (const double next : {(t + end) / 2, end}) {  // a step may hold a whole excursion
                const double growth_now = growth(next);
                look_for_jump(next, growth_before, growth_now, result.jumps);
                growth_before = growth_now;
                looked_until_ = next;
            }
            sample_until(end, result.samples);
            progress(static_cast<std::size_t>(1000 * (end / duration_)));
        }
        return flow_status::converged;
    }

    [[nodiscard]] const std::vector<double>& state() const { return x_; }

private:
    /// f . f_x f / f . f at frozen parameters: the rate at which the frozen speed grows.
    double growth(double t) {
        const std::size_t n = at_.model->dimension();
        if (t > 0) flow_.state_at(t, x_);
        const auto p = flow_.parameters(t);
        std::vector<double> f(n), fx(n * n), fp(n * p.size());
        at_.model->linear(x_.data(), p.data(), f.data(), fx.data(), fp.data());
        if (n == 1) return fx[0];
        double up = 0, square = 0;
        for (std::size_t j = 0; j < n; ++j) {
            square += f[j] * f[j];
            for (std::size_t i = 0; i < n; ++i) up += f[i] * fx[j * n + i] * f[j];
        }
        return square > 0 ? up / square : -1;
    }

    void look_for_jump(double t, double before, double now, std::vector<sweep_jump>& jumps) {
        if (before <= 0 && now > 0) {
            const double entry = crossing(t, before, now);
            entry_ = moving_.value(entry);
            flow_.state_at(entry, from_);
        } else if (before > 0 && now <= 0) {
            const double peak = crossing(t, before, now);
            sweep_jump jump{moving_.rate > 0 ? 1 : -1, moving_.value(peak), entry_, from_, {}, {}};
            flow_.state_at(peak, jump.at);
            if (jump.from.empty()) {  // repelled from the very start
                jump.entry = moving_.from;
                jump.from = start_;
            }
            auto held = at_;
            held.parameters[moving_.parameter] = jump.parameter;
            jump.to = settle(held, jump.at).state;
            jumps.push_back(std::move(jump));
        }
    }

    /// The time at which the growth passes zero between `looked_until_` and t.
    double crossing(double t, double before, double now) {
        if (now == 0) return t;
        if (before == 0) return looked_until_;
        std::uintmax_t evaluations = 100;
        const auto [a, b] = boost::math::tools::toms748_solve(
            [this](double s) { return growth(s); }, looked_until_, t, before, now,
            boost::math::tools::eps_tolerance<double>(48), evaluations);
        return (a + b) / 2;
    }

    void sample_until(double t, table& to) {
        const double last = static_cast<double>(options_.samples - 1);
        for (; row_ < options_.samples; ++row_) {
            const double share = static_cast<double>(row_) / last;
            const double when = duration_ * share;
            if (when > t) return;
            if (t > 0) flow_.state_at(when, x_);
            add_row(moving_.from + (moving_.to - moving_.from) * share, to);
        }
    }

    void add_row(double parameter, table& to) {
        auto p = at_.parameters;
        p[moving_.parameter] = parameter;
        std::vector<double> row{moving_.rate > 0 ? 1.0 : -1.0, parameter},
            loads(at_.model->experts());
        row.insert(row.end(), x_.begin(), x_.end());
        at_.model->loads(x_.data(), p.data(), loads.data());
        row.insert(row.end(), loads.begin(), loads.end());
        for (std::size_t c = 0; c < row.size(); ++c) to.columns[c].push_back(row[c]);
    }

    const problem& at_;
    detail::ramp moving_;
    const slow_sweep_options& options_;
    double duration_;
    detail::flow flow_;
    std::vector<double> x_;           ///< the state last looked at
    std::vector<double> start_ = x_;  ///< where the leg began
    std::size_t row_ = 0;             ///< the next sample
    double looked_until_ = 0;         ///< time up to which jumps were looked for
    double entry_ = 0;                ///< the parameter at which the last growth began
    std::vector<double> from_;        ///< and the state there
};

}  // namespace

std::string_view to_string(sweep_direction direction) noexcept {
    return direction_names[static_cast<std::size_t>(direction)];
}

sweep_direction sweep_direction_from_name(std::string_view name) {
    const auto found = std::find(direction_names.begin(), direction_names.end(), name);
    if (found == direction_names.end())
        throw invalid_argument(
            "direction", fmt::format("'{}' is unknown", name),
            fmt::format("one of these is needed{}", did_you_mean(name, direction_names)));
    return static_cast<sweep_direction>(found - direction_names.begin());
}

slow_sweep_result slow_sweep(const problem& at, std::string_view parameter, double low, double high,
                             std::span<const double> x0, const slow_sweep_options& options,
                             const watch& watch) {
    const std::size_t moved = at.index_of(parameter);
    check(low, high, options);
    auto held = at;
    const bool downwards = options.direction == sweep_direction::down;
    held.set(parameter, low);  // both ends must be allowed
    held.set(parameter, high);
    held.set(parameter, downwards ? high : low);
    detail::check_flow("slow_sweep", held, x0, options.flow);

    slow_sweep_result result{
        flow_status::converged, {{"direction", std::string(parameter)}, {}}, {}};
    for (const auto name : at.model->state_names()) result.samples.names.emplace_back(name);
    for (std::size_t e = 1; e <= at.model->experts(); ++e)
        result.samples.names.push_back(fmt::format("load_{}", e));
    result.samples.columns.resize(result.samples.names.size());

    auto start = settle(held, x0);
    result.status = start.status == flow_status::stalled ? flow_status::converged : start.status;
    const std::size_t total = options.direction == sweep_direction::both ? 2000 : 1000;
    std::size_t done = 0, shown = 0;
    const auto go = [&](double from, double to) {
        if (result.status != flow_status::converged) return;
        leg one(held, {moved, from, to, from < to ? options.rate : -options.rate}, start.state,
                options);
        result.status = one.run(result, [&](std::size_t permille) {
            if (watch.stopping()) throw interrupted("slow_sweep");
            if (watch.report && done + permille > shown)
                watch.report(shown = done + permille, total);
        });
        start.state = one.state();
        done += 1000;
    };
    if (!downwards) go(low, high);
    if (options.direction != sweep_direction::up) go(high, low);
    return result;
}

double swept_fold_delay(double alpha, double a, double rate) {
    constexpr double airy_zero = 2.338107410459767;  // Ai(-2.338...) = 0
    if (!(alpha * a * rate > 0))
        throw invalid_argument("swept_fold_delay",
                               fmt::format("alpha, a, rate are {}, {}, {}", alpha, a, rate),
                               "their product must be > 0: the sweep must leave the equilibria");
    return std::copysign(airy_zero * std::cbrt(rate * rate / std::abs(alpha * a)), rate);
}

}  // namespace moebius
