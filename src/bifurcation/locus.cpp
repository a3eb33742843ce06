// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/branch_point_curve.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

#include "locus_follower.hpp"

namespace moebius {
namespace {

using Eigen::Index;

constexpr int lines_across = 1;       // of the window each way, where closed curves are looked for
constexpr double search_step = 0.25;  // of the equilibria along edges and lines

class builder {
public:
    builder(const problem& base, const parameter_range& first, const parameter_range& second,
            const continuation_options& options, const watch& progress, bool folds_only)
        : ranges_{first, second},
          folds_(base, ranges_),
          hopfs_(base, ranges_),
          crossings_(base, ranges_),
          along_folds_(folds_, options, progress, result_),
          along_hopfs_(hopfs_, options, progress, result_),
          along_crossings_(crossings_, options, progress, result_),
          watch_(progress),
          folds_only_(folds_only) {}

    diagram everything() {
        for (std::size_t fixed = 0; fixed < 2; ++fixed) {
            const auto& across = ranges_[fixed];
            for (int line = 0; line < lines_across + 2; ++line) {
                const double value =
                    across.from + (across.to - across.from) * line / (lines_across + 1);
                follow_along(fixed, value);
            }
        }
        return std::move(result_);
    }

    diagram through(const special_point& start) {
        if (!follow(start, start.label))
            throw invalid_argument("locus", fmt::format("{} came as a start", start.label),
                                   folds_only_ ? "there is no fold near it in this window"
                                               : "no curve of special points passes near it in "
                                                 "this window");
        return std::move(result_);
    }

private:
    /// Starts from what stands on the equilibria along one line of the window.
    void follow_along(std::size_t fixed, double value) {
        problem line = folds_.base();
        line.parameters[folds_.units().free()[fixed]] = value;
        continuation_options search;
        search.max_step = search_step;
        search.searches = 2;
        search.split_groups = false;
        const auto along = equilibrium_diagram(line, ranges_[1 - fixed], search, {}, watch_);
        for (const auto& point : along.special_points)
            if (point.type != point_type::EP) follow(point, "");
    }

    /// Follows the curves that pass through a point of this type.
    /// @return false if there is none near it
    bool follow(const special_point& start, const std::string& from) {
        bool zero = false, pair = false;  // which eigenvalues are critical
        switch (start.type) {
            case point_type::LP:
            case point_type::CP:
            case point_type::BP:
                zero = true;
                break;
            case point_type::HB:
            case point_type::GH:
                pair = true;
                break;
            case point_type::BT:
            case point_type::ZH:
                zero = pair = true;
                break;
            default:
                return false;
        }
        bool found = false;
        if (zero) {
            const bool crosses = !folds_only_ && start.type != point_type::LP &&
                                 start.type != point_type::CP && crossings_.persists(start);
            found = (crosses ? along_crossings_ : along_folds_).follow(start, from);
        }
        if (pair && !folds_only_) found = along_hopfs_.follow(start, from) || found;
        return found;
    }

    std::vector<parameter_range> ranges_;
    fold_curve folds_;
    hopf_curve hopfs_;
    branch_point_curve crossings_;
    diagram result_;
    locus_follower along_folds_, along_hopfs_, along_crossings_;
    const watch& watch_;
    bool folds_only_;
};

/// How near the imaginary axis the nearest eigenvalue is.
double off_axis(const Eigen::MatrixXd& a) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& value : eigenvalues(a)) nearest = std::min(nearest, std::abs(value.real()));
    return nearest;
}

/// The group of cells whose members part company at a point: eigenvalues within it are nearer to
/// the imaginary axis than those of the groups among themselves.
std::optional<std::size_t> critical_group(const problem& at, const special_point& point) {
    const cell_field& cells = *at.model->cells();
    const auto n = static_cast<Index>(point.state.size());
    const auto k = static_cast<Index>(cells.cell_states());
    Eigen::VectorXd f(n);
    Eigen::MatrixXd fx(n, n), fp(n, static_cast<Index>(at.parameters.size())), within(k, k);
    cells.linear(point.state.data(), at.parameters.data(), f.data(), fx.data(), fp.data());
    double nearest = off_axis(fx);
    std::optional<std::size_t> found;
    for (std::size_t g = 0; g < cells.groups().size(); ++g) {
        if (cells.groups().groups[g].size() < 2) continue;
        cells.within(point.state.data(), at.parameters.data(), g, within.data());
        if (const double off = off_axis(within); off < nearest) {
            nearest = off;
            found = g;
        }
    }
    return found;
}

/// The problem in which the start is simple, on the start's own groups of cells; `start` is put on
/// them too. Of equal cells whose eigenvalues are critical, the first one is let go its own way.
problem suited(const problem& base, special_point& start) {
    problem at = base;
    const cell_field* cells = at.model->cells();
    if (cells && start.groups.size() > 0 && start.groups != cells->groups())
        at = regrouped(at, start.groups);
    if (start.state.size() != at.model->dimension() ||
        start.parameters.size() != at.parameters.size())
        throw invalid_argument("locus",
                               fmt::format("{} has {} states", start.label, start.state.size()),
                               fmt::format("{} has {}", at.model->name(), at.model->dimension()));
    at.parameters = start.parameters;
    const auto g = at.model->cells() ? critical_group(at, start) : std::nullopt;
    if (!g) return at;
    cells = at.model->cells();
    problem apart = regrouped(at, split(cells->groups(), *g, 1));
    start.state = regrouped_state(*cells, *apart.model->cells(), start.state);
    start.parameters = apart.parameters;
    return apart;
}

diagram followed(const problem& base, const parameter_range& first, const parameter_range& second,
                 const continuation_options& options, std::optional<special_point> start,
                 const watch& progress, bool folds_only) {
    check_options(options);
    if (first.name == second.name)
        throw invalid_argument("locus", fmt::format("{} came twice", first.name),
                               "two different parameters must vary");
    const problem from = start ? suited(base, *start) : base;
    builder build(from, first, second, options, progress, folds_only);
    return start ? build.through(*start) : build.everything();
}

}  // namespace

diagram locus(const problem& base, const parameter_range& first, const parameter_range& second,
              const continuation_options& options, const std::optional<special_point>& start,
              const watch& progress) {
    return followed(base, first, second, options, start, progress, false);
}

diagram fold_locus(const problem& base, const parameter_range& first, const parameter_range& second,
                   const continuation_options& options, const std::optional<special_point>& start,
                   const watch& progress) {
    return followed(base, first, second, options, start, progress, true);
}

}  // namespace moebius
