// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/model/in_units.hpp>
#include <utility>

#include "flow.hpp"
#include "frozen.hpp"

namespace moebius {
namespace {

using detail::frozen;
using detail::frozen_at;

void check(double low, double high, const slow_sweep_options& options) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("slow_sweep", got, needed);
    };
    if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
        reject(fmt::format("the range is {} to {}", low, high),
               "it must be finite and go upwards; the direction is an option");
    require("slow_sweep").positive_and_finite("rate", options.rate);
    if (options.samples < 2)
        reject(fmt::format("samples is {}", options.samples), "it must be >= 2");
}

/// Whether the flow at frozen parameters speeds up again before it comes to rest.
bool flies_on(const problem& at, const std::vector<double>& x, const flow_options& options) {
    const double rest = 1e-6 * frozen_at(at, x).speed;  // well below the slowest of the transit
    detail::flow flow(at, x, options);
    std::vector<double> middle;
    while (flow.step() == flow_status::converged) {
        flow.state_at((flow.t_before() + flow.t()) / 2, middle);
        for (const auto& there : {middle, flow.x()}) {
            const auto now = frozen_at(at, there);
            if (now.speed <= rest) return false;
            if (now.growth > 0) return true;
        }
    }
    return false;
}

/// One direction of a sweep: steps the flow, takes samples, and watches for jumps.
class leg {
public:
    leg(const problem& at, const detail::ramp& moving, std::span<const double> x0,
        const slow_sweep_options& options, const watch& stop)
        : at_(at),
          stop_(stop),
          unstable_(at, moving.parameter, {moving.from, moving.to}),
          moving_(moving),
          options_(options),
          duration_((moving.to - moving.from) / moving.rate),
          flow_(at, moving, x0, options.flow),
          x_(x0.begin(), x0.end()),
          entry_(moving.from),  // a state that is repelled from the start
          from_(x_) {}

    /// @param progress  called with the share that is done, in permille
    /// @throws interrupted  as the watch asks
    flow_status run(slow_sweep_result& result, const std::function<void(std::size_t)>& progress) {
        result.direction = way();
        sample_until(0, result);
        double before = look(0).growth;
        while (flow_.t() < duration_) {
            if (stop_.stopping()) throw interrupted("slow_sweep");
            const auto status = flow_.step();
            result.reached = moving_.value(flow_.t());
            if (status != flow_status::converged) return status;
            const double t = flow_.t_before(), end = std::min(flow_.t(), duration_);
            for (const double next : {(t + end) / 2, end}) {  // a step may hold a whole excursion
                const auto now = look(next);
                if (now.growth <= 0 && now.speed < calm_speed_) {
                    calm_speed_ = now.speed;
                    calm_ = {frozen_problem(next), x_};
                }
                look_for_jump(next, before, now.growth, result);
                before = now.growth;
                looked_until_ = next;
            }
            sample_until(end, result);
            progress(static_cast<std::size_t>(1000 * (end / duration_)));
        }
        return flow_status::converged;
    }

    [[nodiscard]] const std::vector<double>& state() const { return x_; }

private:
    [[nodiscard]] int way() const { return moving_.rate > 0 ? 1 : -1; }

    problem frozen_problem(double t) const { return {at_.model, flow_.parameters(t)}; }

    /// Moves x_ to a time within the last step.
    frozen look(double t) {
        if (t > 0) flow_.state_at(t, x_);
        return frozen_at(frozen_problem(t), x_);
    }

    void look_for_jump(double t, double before, double now, slow_sweep_result& result) {
        if (before <= 0 && now > 0) {
            const double entry = crossing(t, before, now);
            entry_ = moving_.value(entry);
            flow_.state_at(entry, from_);
        } else if (before > 0 && now <= 0) {
            add_flight(crossing(t, before, now), result);
            calm_speed_ = std::numeric_limits<double>::infinity();
        }
    }

    /// A peak of the speed: of a jump, or of an oscillation, which comes to rest nowhere.
    void add_flight(double peak, slow_sweep_result& result) {
        const auto speed = look(peak).speed;
        if (!has_moved(frozen_problem(peak))) return;  // it rests on a state that repels
        const double here = moving_.value(peak);
        const bool goes_on = swing_speed_ > 0 && calm_speed_ > 1e-3 * swing_speed_;
        swing_speed_ = std::max(swing_speed_, speed);
        if (goes_on) {
            result.oscillations.back().to = here;
            return;
        }
        auto end = settle(frozen_problem(peak), x_, {}, stop_);
        if (x_.size() > 1 && end.status == flow_status::stalled) {
            result.oscillations.push_back({way(), entry_, here});
            return;
        }
        swing_speed_ = 0;
        add_jump({way(), here, entry_, from_, x_, std::move(end.state)}, speed, result.jumps);
    }

    /// Of the same flight as the last one, unless the state came to rest in between.
    void add_jump(sweep_jump jump, double speed, std::vector<sweep_jump>& jumps) {
        if (peak_speed_ > 0 && flies_on(calm_.first, calm_.second, options_.flow)) {
            auto& last = jumps.back();
            jump.entry = last.entry;
            jump.from = last.from;
            const auto end = jump.to;
            if (speed > peak_speed_) last = jump;
            last.to = end;
        } else {
            jumps.push_back(std::move(jump));
            peak_speed_ = 0;
        }
        peak_speed_ = std::max(peak_speed_, speed);
    }

    /// Whether x_ is away from where it began to be repelled.
    bool has_moved(const problem& now) const {
        const double unit = now.model->state_scale(now.parameters);
        for (std::size_t i = 0; i < x_.size(); ++i)
            if (std::abs(x_[i] - from_[i]) > 1e-6 * unit) return true;
        return false;
    }

    /// The time at which the growth passes zero between `looked_until_` and t.
    double crossing(double t, double before, double now) {
        if (now == 0) return t;
        if (before == 0) return looked_until_;
        std::uintmax_t evaluations = 100;
        const auto [a, b] = boost::math::tools::toms748_solve(
            [this](double s) { return look(s).growth; }, looked_until_, t, before, now,
            boost::math::tools::eps_tolerance<double>(48), evaluations);
        return (a + b) / 2;
    }

    void sample_until(double t, slow_sweep_result& result) {
        const double last = static_cast<double>(options_.samples - 1);
        for (; row_ < options_.samples; ++row_) {
            const double share = static_cast<double>(row_) / last;
            const double when = duration_ * share;
            if (when > t) return;
            if (t > 0) flow_.state_at(when, x_);
            const double value = moving_.from + (moving_.to - moving_.from) * share;
            add_row(value, result.samples);
            note_stay(value, result.unstable);
        }
    }

    void note_stay(double value, std::vector<sweep_stretch>& stays) {
        const bool before = std::exchange(stays_, unstable_.holds(x_, value));
        if (stays_ && before) stays.back().to = value;
        if (stays_ && !before) stays.push_back({way(), value, value});
    }

    void add_row(double parameter, table& to) {
        auto p = at_.parameters;
        p[moving_.parameter] = parameter;
        std::vector<double> row{moving_.rate > 0 ? 1.0 : -1.0, parameter},
            loads(at_.model->experts());
        row.insert(row.end(), x_.begin(), x_.end());
        at_.model->loads(x_, p, loads);
        row.insert(row.end(), loads.begin(), loads.end());
        for (std::size_t c = 0; c < row.size(); ++c) to.columns[c].push_back(row[c]);
    }

    const problem& at_;
    const watch& stop_;
    detail::unstable_place unstable_;
    bool stays_ = false;  ///< where it is unstable, at the last sample
    detail::ramp moving_;
    const slow_sweep_options& options_;
    double duration_;
    detail::flow flow_;
    std::vector<double> x_;     ///< the state last looked at
    std::size_t row_ = 0;       ///< the next sample
    double looked_until_ = 0;   ///< time up to which jumps were looked for
    double entry_;              ///< the parameter at which the last growth began
    std::vector<double> from_;  ///< and the state there
    double peak_speed_ = 0;     ///< of the last jump
    double swing_speed_ = 0;    ///< of the oscillation that goes on; else 0
    double calm_speed_ = std::numeric_limits<double>::infinity();
    std::pair<problem, std::vector<double>> calm_;  ///< where the state was slowest since then
};

/// What is left of a stay before an oscillation, at whose samples a state may look like staying.
sweep_stretch before(sweep_stretch stay, const std::vector<sweep_stretch>& oscillations) {
    for (const auto& [direction, from, to] : oscillations) {
        if (direction != stay.direction || direction * stay.to < direction * from ||
            direction * stay.from > direction * to)
            continue;
        stay.to = direction > 0 ? std::max(stay.from, from) : std::min(stay.from, from);
    }
    return stay;
}

/// Drops stays of a few samples: a flight may pass a saddle at one.
void tidy(slow_sweep_result& result, double spacing) {
    for (auto& stay : result.unstable) stay = before(stay, result.oscillations);
    std::erase_if(result.unstable, [&](const sweep_stretch& stay) {
        return std::abs(stay.to - stay.from) < 3 * spacing;
    });
}

slow_sweep_result unswept(const field& model, std::string_view parameter, std::size_t samples) {
    slow_sweep_result result;
    result.samples.names = {"direction", std::string(parameter)};
    for (const auto name : model.state_names()) result.samples.names.emplace_back(name);
    for (std::size_t e = 1; e <= model.experts(); ++e)
        result.samples.names.push_back(fmt::format("load_{}", e));
    result.samples.columns.resize(result.samples.names.size());
    check_result_size("slow_sweep", "samples of two ways", samples,
                      2 * result.samples.names.size());
    return result;
}

/// The problem at one end of a sweep; both must be allowed.
problem at_start(problem at, std::string_view parameter, double from, double to) {
    at.set(parameter, to);
    at.set(parameter, from);
    return at;
}

slow_sweep_result swept(const problem& at, std::string_view parameter, double low, double high,
                        std::span<const double> x0, const slow_sweep_options& options,
                        const watch& watch) {
    const std::size_t moved = at.index_of(parameter);
    const bool downwards = options.direction == sweep_direction::down;
    const auto held = at_start(at, parameter, downwards ? high : low, downwards ? low : high);
    auto result = unswept(*at.model, parameter, options.samples);
    auto start = settle(held, x0, {}, watch);
    result.reached = held.parameters[moved];
    result.direction = downwards ? -1 : 1;
    result.status = start.status == flow_status::stalled ? flow_status::converged : start.status;
    const std::size_t total = options.direction == sweep_direction::both ? 2000 : 1000;
    std::size_t done = 0, shown = 0;
    const auto go = [&](double from, double to) {
        if (result.status != flow_status::converged) return;
        leg one(held, {moved, from, to, from < to ? options.rate : -options.rate}, start.state,
                options, watch);
        result.status = one.run(result, [&](std::size_t permille) {
            if (watch.report && done + permille > shown)
                watch.report(shown = done + permille, total);
        });
        start.state = one.state();
        done += 1000;
    };
    try {
        if (!downwards) go(low, high);
        if (options.direction != sweep_direction::up) go(high, low);
    } catch (const interrupted&) {
        if (result.samples.rows() == 0) throw;
        tidy(result, (high - low) / static_cast<double>(options.samples - 1));
        throw cut_short<slow_sweep_result>("slow_sweep", std::move(result));
    }
    tidy(result, (high - low) / static_cast<double>(options.samples - 1));
    return result;
}

/// What was swept in these units, in the model's own.
void leave_units(slow_sweep_result& of, const std::vector<double>& units) {
    const auto scale = [&](std::vector<double>& x) {
        for (std::size_t i = 0; i < units.size(); ++i) x[i] *= units[i];
    };
    for (std::size_t i = 0; i < units.size(); ++i)
        for (double& x : of.samples.columns[i + 2]) x *= units[i];
    for (auto& jump : of.jumps) {
        scale(jump.from);
        scale(jump.at);
        scale(jump.to);
    }
}

}  // namespace

slow_sweep_result slow_sweep(const problem& at, std::string_view parameter, double low, double high,
                             std::span<const double> x0, const slow_sweep_options& options,
                             const watch& watch) {
    static_cast<void>(at.index_of(parameter));
    check(low, high, options);
    detail::check_flow("slow_sweep", at_start(at, parameter, low, high), x0, options.flow);
    const auto units = state_units(at, {{std::string(parameter), low, high}});
    if (units.empty()) return swept(at, parameter, low, high, x0, options, watch);
    std::vector<double> start(x0.begin(), x0.end());
    for (std::size_t i = 0; i < units.size(); ++i) start[i] /= units[i];
    try {
        auto result = swept(in_units(at, units), parameter, low, high, start, options, watch);
        leave_units(result, units);
        return result;
    } catch (cut_short<slow_sweep_result>& cut) {
        leave_units(cut.so_far, units);
        throw;
    }
}

}  // namespace moebius
