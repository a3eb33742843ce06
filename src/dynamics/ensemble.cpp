// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/dynamics/detail/ensemble_models.hpp>
#include <moebius/dynamics/ensemble.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>
#include <optional>

namespace moebius {
namespace {

constexpr std::array<std::string_view, 2> precision_names{"float", "double"};
constexpr std::array<std::string_view, 3> status_names{"finished", "stalled", "not_finite"};

[[noreturn]] void reject(std::string_view got, std::string_view needed) {
    throw invalid_argument("integrate_ensemble", got, needed);
}

void check_options(const ensemble_options& options) {
    const double least = options.precision == ensemble_precision::fp32 ? 5e-7 : 1e-14;
    if (!(options.rtol >= least && options.rtol < 1))
        reject(
            fmt::format("rtol is {:g}", options.rtol),
            fmt::format("in {} it must be >= {:g} and < 1", to_string(options.precision), least));
    if (!(options.atol >= 1e-30 && std::isfinite(options.atol)))
        reject(fmt::format("atol is {:g}", options.atol), "it must be >= 1e-30 and finite");
    require("integrate_ensemble").not_negative("first_step", options.first_step);
    constexpr int most = 10'000'000;  // a float counts them
    if (options.max_steps < 1 || options.max_steps > most)
        reject(fmt::format("max_steps is {}", options.max_steps),
               fmt::format("it must be from 1 to {}", most));
}

/// Every value of a parameter must be one that the model allows.
void check_values(const problem& at, const varied_parameter& varied) {
    const auto& info = at.model->parameters()[at.index_of(varied.name)];
    const auto bad = std::find_if(varied.values.begin(), varied.values.end(),
                                  [&](double v) { return !(std::isfinite(v) && v > info.above); });
    if (bad == varied.values.end()) return;
    auto probe = at;
    probe.set(varied.name, *bad);  // throws, and says what is allowed
}

struct rest {
    std::vector<double> state;
    bool stable = false;
};

/// The equilibrium that Newton's method finds from a state within `closeness`; none if it does not.
std::optional<rest> rest_near(const problem& at, const double* from, double closeness) {
    const auto n = static_cast<Eigen::Index>(at.model->dimension());
    Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(from, n), f(n);
    const Eigen::VectorXd start = x;
    Eigen::MatrixXd fx(n, n), fp(n, static_cast<Eigen::Index>(at.parameters.size()));
    constexpr int enough = 12;  // quadratic, unless a fold is near
    for (int k = 0; k < enough; ++k) {
        at.model->linear(view(x), at.parameters, view(f), view(fx), view(fp));
        const Eigen::VectorXd step = partial_lu<double>(fx).solve(f);
        x -= step;
        // Also for a step that is NaN:
        if (!((x - start).lpNorm<Eigen::Infinity>() <= closeness)) return std::nullopt;
        if (step.lpNorm<Eigen::Infinity>() <= 1e-12 * (1 + x.lpNorm<Eigen::Infinity>())) {
            at.model->linear(view(x), at.parameters, view(f), view(fx), view(fp));
            return rest{{x.begin(), x.end()}, eigenvalues(fx).front().real() < 0};
        }
    }
    return std::nullopt;
}

std::vector<double> starts_of(const problem& at, const std::vector<double>& starts) {
    const std::size_t n = at.model->dimension();
    if (!starts.empty()) {
        if (starts.size() % n != 0)
            throw invalid_argument("basin_map", fmt::format("{} numbers came", starts.size()),
                                   fmt::format("each start has {}", n));
        return starts;
    }
    const auto [low, high] = at.model->state_bounds(at.parameters);
    if (!std::isfinite(low) || !std::isfinite(high))
        throw invalid_argument("basin_map", "no starts came",
                               fmt::format("{} has no bounds to start from", at.model->name()));
    std::vector<double> both(n, low);
    both.resize(2 * n, high);
    return both;
}

/// The states reached at one grid point: how many, and which each start reached.
class basins {
public:
    basins(std::size_t starts, std::size_t n) : ends_(starts), n_(n) {}

    void reached(std::size_t start, rest end) { ends_[start] = std::move(end.state); }

    /// Numbers the states that differ by more than `same` in ascending order.
    void number(double same) {
        known_.clear();
        for (const auto& end : ends_)
            if (!end.empty() && find(end, same) == known_.size()) known_.push_back(end);
        std::sort(known_.begin(), known_.end());
    }
    [[nodiscard]] std::size_t count() const { return known_.size(); }
    [[nodiscard]] std::size_t unsettled() const {
        return static_cast<std::size_t>(
            std::count_if(ends_.begin(), ends_.end(), [](const auto& end) { return end.empty(); }));
    }
    [[nodiscard]] double basin(std::size_t start, double same) const {
        return ends_[start].empty() ? blank : static_cast<double>(find(ends_[start], same));
    }
    [[nodiscard]] double state(std::size_t start, std::size_t i) const {
        return ends_[start].empty() ? blank : ends_[start][i];
    }

private:
    static constexpr double blank = std::numeric_limits<double>::quiet_NaN();

    [[nodiscard]] std::size_t find(const std::vector<double>& end, double same) const {
        const auto found = std::find_if(known_.begin(), known_.end(), [&](const auto& other) {
            double apart = 0;
            for (std::size_t i = 0; i < n_; ++i)
                apart = std::max(apart, std::abs(end[i] - other[i]));
            return apart <= same;
        });
        return static_cast<std::size_t>(found - known_.begin());
    }

    std::vector<std::vector<double>> ends_;  // empty: not settled
    std::vector<std::vector<double>> known_;
    std::size_t n_;
};

std::vector<std::string> columns_of(const problem& at, const grid_axis& a, const grid_axis& b,
                                    std::size_t starts) {
    std::vector<std::string> names{a.parameter, b.parameter, "stable_states", "unsettled"};
    for (std::size_t k = 1; k <= starts; ++k) {
        names.push_back(fmt::format("basin_{}", k));
        for (const auto name : at.model->state_names())
            names.push_back(fmt::format("{}_{}", name, k));
    }
    return names;
}

/// The points of a grid, and which stable state each start reaches at each of them.
class basin_grid {
public:
    basin_grid(const problem& at, const grid_axis& a, const grid_axis& b,
               const std::vector<double>& starts, const basin_options& options)
        : at_(at),
          starts_(starts),
          options_(options),
          work_{at, grid_of(a, b), {}, options.t_end},
          ia_(at.index_of(a.parameter)),
          ib_(at.index_of(b.parameter)) {
        auto corner = at;  // where the bounds are asked for
        corner.set(a.parameter, a.from);
        corner.set(b.parameter, b.from);
        count_ = starts_of(corner, starts).size() / states();
        found_.assign(work_.instances(), basins(count_, states()));
    }

    [[nodiscard]] std::size_t starts() const { return count_; }

    /// Integrates all points from start k.
    void run(std::size_t k, const ensemble_integrator& integrate, const watch& watched) {
        const std::size_t n = states(), points = work_.instances();
        work_.starts.resize(points * n);
        for (std::size_t point = 0; point < points; ++point) {
            const auto all = starts_of(here(point), starts_);
            std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(k * n), n,
                        work_.starts.begin() + static_cast<std::ptrdiff_t>(point * n));
        }
        const auto ends = integrate(work_, options_.ensemble, watched);
        for (std::size_t point = 0; point < points; ++point) {
            if (ends.status[point] != ensemble_status::finished) continue;
            const auto p = here(point);
            const double scale = p.model->state_scale(p.parameters);
            auto end = rest_near(p, &ends.states[point * n], options_.closeness * scale);
            if (end && end->stable) found_[point].reached(k, std::move(*end));
        }
    }

    [[nodiscard]] table to_table(const grid_axis& a, const grid_axis& b) {
        table result{columns_of(at_, a, b, count_), {}};
        result.columns.assign(result.names.size(), std::vector<double>(found_.size()));
        for (std::size_t point = 0; point < found_.size(); ++point) {
            const auto row = row_of(point);
            for (std::size_t c = 0; c < row.size(); ++c) result.columns[c][point] = row[c];
        }
        return result;
    }

private:
    [[nodiscard]] std::size_t states() const { return at_.model->dimension(); }

    [[nodiscard]] problem here(std::size_t point) const {
        auto p = at_;
        p.parameters[ia_] = work_.varied[0].values[point];
        p.parameters[ib_] = work_.varied[1].values[point];
        return p;
    }

    [[nodiscard]] std::vector<double> row_of(std::size_t point) {
        const auto p = here(point);
        const double same = options_.same * p.model->state_scale(p.parameters);
        auto& states_here = found_[point];
        states_here.number(same);
        std::vector<double> row{work_.varied[0].values[point], work_.varied[1].values[point],
                                static_cast<double>(states_here.count()),
                                static_cast<double>(states_here.unsettled())};
        for (std::size_t k = 0; k < count_; ++k) {
            row.push_back(states_here.basin(k, same));
            for (std::size_t i = 0; i < states(); ++i) row.push_back(states_here.state(k, i));
        }
        return row;
    }

    const problem& at_;
    const std::vector<double>& starts_;
    const basin_options& options_;
    ensemble_problem work_;
    std::size_t ia_, ib_, count_ = 0;
    std::vector<basins> found_;
};

}  // namespace

std::string_view to_string(ensemble_precision precision) noexcept {
    return precision_names[static_cast<std::size_t>(precision)];
}

std::string_view to_string(ensemble_status status) noexcept {
    return status_names[static_cast<std::size_t>(status)];
}

std::span<const std::string_view> ensemble_names() noexcept {
    return detail::ensemble_models::names;
}

std::size_t ensemble_problem::instances() const noexcept {
    if (!varied.empty()) return varied.front().values.size();
    const std::size_t n = at.model ? at.model->dimension() : 1;
    return starts.size() / n;
}

void check(const ensemble_problem& work, const ensemble_options& options) {
    if (!work.at.model) reject("no model came", "one is needed");
    const auto names = ensemble_names();
    if (std::find(names.begin(), names.end(), work.at.model->name()) == names.end())
        reject(fmt::format("the model is {}", work.at.model->name()),
               fmt::format("ensembles know {}", fmt::join(names, ", ")));
    check_parameters(*work.at.model, work.at.parameters);

    const std::size_t n = work.at.model->dimension(), count = work.instances();
    for (const auto& varied : work.varied) {
        if (varied.values.size() != count)
            reject(fmt::format("{} has {} values", varied.name, varied.values.size()),
                   fmt::format("{} has {}", work.varied.front().name, count));
        check_values(work.at, varied);
    }
    if (work.starts.size() != n && work.starts.size() != count * n)
        reject(fmt::format("{} starts came for {} instances", work.starts.size(), count),
               fmt::format("{} or {} are needed", n, count * n));
    require("integrate_ensemble").positive_and_finite("the end time", work.t_end);
    check_options(options);
}

std::vector<varied_parameter> grid_of(const grid_axis& a, const grid_axis& b) {
    if (a.parameter == b.parameter)
        throw invalid_argument("grid_of", fmt::format("both axes are {}", a.parameter),
                               "two parameters are needed");
    for (const auto& axis : {a, b}) {
        if (axis.points > most_grid_points)
            throw invalid_argument("grid_of",
                                   fmt::format("{} has {} points", axis.parameter, axis.points),
                                   fmt::format("it takes up to {}", most_grid_points));
        if (axis.points < 2)
            throw invalid_argument("grid_of",
                                   fmt::format("{} has {} points", axis.parameter, axis.points),
                                   "it needs >= 2");
        if (!std::isfinite(axis.from) || !std::isfinite(axis.to) || axis.from == axis.to)
            throw invalid_argument(
                "grid_of", fmt::format("{} goes from {} to {}", axis.parameter, axis.from, axis.to),
                "the ends must be finite and differ");
    }
    std::vector<varied_parameter> both{{a.parameter, {}}, {b.parameter, {}}};
    for (auto& column : both) column.values.resize(a.points * b.points);
    for (std::size_t i = 0; i < a.points * b.points; ++i) {
        both[0].values[i] = a.value(i / b.points);
        both[1].values[i] = b.value(i % b.points);
    }
    return both;
}

table basin_map(const problem& at, const grid_axis& a, const grid_axis& b,
                const std::vector<double>& starts, const basin_options& options,
                const watch& watched, const ensemble_integrator& integrate) {
    if (!at.model) throw invalid_argument("basin_map", "no model came", "one is needed");
    for (const double value : {options.closeness, options.same})
        if (!(value > 0))
            throw invalid_argument("basin_map", fmt::format("an option is {}", value),
                                   "closeness and same must be > 0");
    basin_grid grid(at, a, b, starts, options);
    for (std::size_t k = 0; k < grid.starts(); ++k) grid.run(k, integrate, watched);
    return grid.to_table(a, b);
}

}  // namespace moebius
