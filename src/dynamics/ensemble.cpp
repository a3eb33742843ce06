// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/checked_size.hpp>
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
/// The grid, if the table of its basins is not too large.
std::vector<varied_parameter> checked_grid(const problem& at, const grid_axis& a,
                                           const grid_axis& b, std::size_t numbers) {
    const std::size_t starts = numbers == 0 ? 2 : numbers / at.model->dimension();
    if (std::max(a.points, b.points) <= most_grid_points)
        check_result_size("basin_map", "grid points", a.points * b.points,
                          columns_of(at, a, b, starts).size());
    return grid_of(a, b);
}

/// Settles a grid, block after block of its points.
class basin_grid {
public:
    basin_grid(const problem& at, const grid_axis& a, const grid_axis& b,
               const std::vector<double>& starts, const basin_options& options)
        : at_(at),
          starts_(starts),
          options_(options),
          axes_(checked_grid(at, a, b, starts.size())),
          ia_(at.index_of(a.parameter)),
          ib_(at.index_of(b.parameter)) {
        count_ = starts_of(here(0), starts).size() / states();
        made_.names = columns_of(at_, a, b, count_);
        made_.columns.resize(made_.names.size());
    }

    [[nodiscard]] std::size_t points() const { return axes_[0].values.size(); }
    [[nodiscard]] std::size_t settled() const { return made_.rows(); }

    /// Settles the next points from all starts.
    void settle(const ensemble_integrator& integrate, const watch& watched) {
        const std::size_t first = settled(), size = std::min(options_.block, points() - first);
        std::vector<basins> found(size, basins(count_, states()));
        for (std::size_t k = 0; k < count_; ++k) {
            const auto part = part_of(watched, first * count_ + k * size, size, points() * count_);
            run(k, first, found, integrate, part);
        }
        for (std::size_t i = 0; i < size; ++i) add_row(first + i, found[i]);
    }

    [[nodiscard]] table take() { return std::move(made_); }

private:
    [[nodiscard]] std::size_t states() const { return at_.model->dimension(); }

    [[nodiscard]] problem here(std::size_t point) const {
        auto p = at_;
        p.parameters[ia_] = axes_[0].values[point];
        p.parameters[ib_] = axes_[1].values[point];
        return p;
    }

    /// Integrates a block of points from start k.
    void run(std::size_t k, std::size_t first, std::vector<basins>& found,
             const ensemble_integrator& integrate, const watch& watched) const {
        const std::size_t n = states();
        ensemble_problem work{at_, axes_, {}, options_.t_end};
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const auto from = axes_[axis].values.begin() + static_cast<std::ptrdiff_t>(first);
            work.varied[axis].values.assign(from, from + static_cast<std::ptrdiff_t>(found.size()));
        }
        for (std::size_t i = 0; i < found.size(); ++i) {
            const auto all = starts_of(here(first + i), starts_);
            const auto own = all.begin() + static_cast<std::ptrdiff_t>(k * n);
            work.starts.insert(work.starts.end(), own, own + static_cast<std::ptrdiff_t>(n));
        }
        const auto ends = integrate(work, options_.ensemble, watched);
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (ends.status[i] != ensemble_status::finished) continue;
            const auto p = here(first + i);
            const double scale = p.model->state_scale(p.parameters);
            auto end = rest_near(p, &ends.states[i * n], options_.closeness * scale);
            if (end && end->stable) found[i].reached(k, std::move(*end));
        }
    }

    void add_row(std::size_t point, basins& found) {
        const auto p = here(point);
        const double same = options_.same * p.model->state_scale(p.parameters);
        found.number(same);
        std::vector<double> row{axes_[0].values[point], axes_[1].values[point],
                                static_cast<double>(found.count()),
                                static_cast<double>(found.unsettled())};
        for (std::size_t k = 0; k < count_; ++k) {
            row.push_back(found.basin(k, same));
            for (std::size_t i = 0; i < states(); ++i) row.push_back(found.state(k, i));
        }
        for (std::size_t c = 0; c < row.size(); ++c) made_.columns[c].push_back(row[c]);
    }

    const problem& at_;
    const std::vector<double>& starts_;
    const basin_options& options_;
    std::vector<varied_parameter> axes_;
    std::size_t ia_, ib_, count_ = 0;
    table made_;
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
    check_result_size("grid_of", "grid points", a.points * b.points, 2);
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
    if (options.block < 1) throw invalid_argument("basin_map", "block is 0", "it must be >= 1");
    basin_grid grid(at, a, b, starts, options);
    while (grid.settled() < grid.points()) {
        try {
            grid.settle(integrate, watched);
        } catch (const interrupted&) {
            if (grid.settled() == 0) throw;
            throw cut_short<table>("basin_map", grid.take());
        }
    }
    return grid.take();
}

}  // namespace moebius
