// SPDX-License-Identifier: MIT
#include "rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <optional>

#include "whole_jacobian.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr std::string_view rows_kind = "rows";

std::optional<double> value_of(const branch& curve, std::size_t row, std::string_view column) {
    const auto& names = curve.columns.names;
    const auto at = std::find(names.begin(), names.end(), column);
    if (at == names.end()) return std::nullopt;
    return curve.columns.columns[static_cast<std::size_t>(at - names.begin())][row];
}

/// What decides on stability: eigenvalues, or for a map the logarithm's like of its multipliers,
/// so that above 0 is unstable.
std::vector<double> growths(const std::vector<complex>& eigenvalues,
                            const std::optional<double>& step) {
    std::vector<double> out;
    for (const auto& z : eigenvalues)
        out.push_back(step ? (std::abs(1.0 + *step * z) - 1) / *step : z.real());
    return out;
}

std::string fault_of_stability(const claim& of, const branch& curve, std::size_t row,
                               const whole_jacobian& at, double zero) {
    const auto all = growths(at.eigenvalues, of.step);
    const auto above = [&](double bound) {
        return static_cast<double>(
            std::count_if(all.begin(), all.end(), [&](double g) { return g > bound; }));
    };
    const auto count = value_of(curve, row, "n_unstable");
    if (count && (*count < above(zero) || *count > above(-zero)))
        return fmt::format("n_unstable is {}, and {} eigenvalues are", *count, above(zero));
    const auto stable = value_of(curve, row, "stable");
    if (stable && ((*stable == 1 && above(zero) > 0) || (*stable == 0 && above(-zero) == 0)))
        return *stable == 1 ? "it is called stable, and is not" : "it is stable, and not called so";
    if (!all.empty())
        if (const auto leading = value_of(curve, row, of.step ? "multiplier" : "eigenvalue")) {
            const double most = *std::max_element(all.begin(), all.end());
            const double own = of.step ? (*leading - 1) / *of.step : *leading;
            if (!(std::abs(most - own) <= 10 * zero))
                return fmt::format("the leading eigenvalue is {:.10g}, and {:.10g} of the whole",
                                   own, most);
        }
    return {};
}

/// What a curve over two parameters is made of.
std::string fault_of_definition(const claim& of, const branch& curve, std::size_t row,
                                const whole_jacobian& at, double zero) {
    complex z = 0;
    if (of.step && curve.kind == "doubling") z = -2 / *of.step;
    if (of.step && curve.kind == "torus")
        z = (std::polar(1.0, value_of(curve, row, "theta").value_or(0)) - 1.0) / *of.step;
    if (curve.kind == "hopf") z = complex(0, value_of(curve, row, "omega").value_or(0));
    // next to a BT, R1 or R2 a double one is known to half the digits
    const bool meets = std::abs(z) < 1e-2 * at.size || std::abs(z.imag()) < 1e-2 * at.size;
    const double within = meets ? std::sqrt(zero * at.size) : zero;
    if (count_near(at.eigenvalues, z, within) > 0) return {};
    return fmt::format("no eigenvalue is {:.6g} {:+.6g} i", z.real(), z.imag());
}

std::string fault_of_loads(const whole_space& in, const branch& curve, std::size_t row,
                           const whole_point& here) {
    const std::size_t experts = here.at.model->experts();
    std::vector<double> loads(experts);
    here.at.model->loads(view(here.x), here.at.parameters, loads);
    const bool grouped = in.cells() > 0 && curve.groups.size() > 0;
    const auto owner = grouped ? group_of_members(curve.groups) : std::vector<std::size_t>();
    std::map<std::string_view, std::size_t> place;  // of a column
    for (std::size_t c = 0; c < curve.columns.names.size(); ++c)
        place.emplace(curve.columns.names[c], c);
    for (std::size_t e = 0; e < experts; ++e) {
        const auto name = fmt::format("load_{}", (grouped ? owner[e] : e) + 1);
        const auto found = place.find(name);
        if (found == place.end()) continue;
        const double stated = curve.columns.columns[found->second][row];
        if (!(std::abs(stated - loads[e]) <= 1e-8))
            return fmt::format("{} is {:.10g}, and {:.10g} of the model", name, stated, loads[e]);
    }
    return {};
}

std::string fault_of_row(const claim& of, const whole_space& in, const branch& curve,
                         std::size_t row, const audit_options& options) {
    const auto here = in.row(curve, row);
    const whole_jacobian at(here);
    if (!at.fx.allFinite() || !at.f.allFinite()) return "the model is not finite there";
    const double residual = at.residual(here.x, in.unit());
    if (!(residual <= options.residual))
        return fmt::format("it is no equilibrium: the residual of f is {:.3g}", residual);
    if (const double off = at.off_differences(here, in.unit()); off > options.eigenvalue)
        return fmt::format("first derivatives of the model are {:.3g} from differences", off);
    if (auto fault = fault_of_loads(in, curve, row, here); !fault.empty()) return fault;
    const double zero = options.eigenvalue * at.size;
    return of.ranges.size() == 1 ? fault_of_stability(of, curve, row, at, zero)
                                 : fault_of_definition(of, curve, row, at, zero);
}

/// Of the rows between those that are judged whole f = 0 alone, each a right-hand side, against the
/// size of f_x at the judged rows beside it.
void judge_residuals(const whole_space& in, const branch& curve,
                     const std::vector<std::size_t>& judged, const audit_options& options,
                     tally& to) {
    const auto size_at = [&](std::size_t row) { return whole_slopes(in.row(curve, row)).size; };
    double before = judged.empty() ? size_at(curve.columns.rows() / 2) : size_at(judged.front());
    double behind = before;
    VectorXd f(static_cast<Index>(in.states()));
    for (std::size_t row = 0, next = 0; row < curve.columns.rows(); ++row) {
        if (next < judged.size() && judged[next] == row) {
            before = behind;
            if (++next < judged.size()) behind = size_at(judged[next]);
            continue;
        }
        const auto here = in.row(curve, row);
        here.at.model->rhs(view(here.x), here.at.parameters, view(f));
        const double size = std::max(before, behind) * (in.unit() + here.x.cwiseAbs().maxCoeff());
        const double residual = f.cwiseAbs().maxCoeff() / size;
        std::string fault;
        if (!(residual <= options.residual))
            fault =
                fmt::format("branch {}, row {}: it is no equilibrium: the residual of f is {:.3g}",
                            curve.id, row, residual);
        to.judge("residuals", std::move(fault));
    }
}

}  // namespace

std::vector<std::size_t> judged_rows(const claim& of, const branch& curve,
                                     const audit_options& options) {
    constexpr std::size_t share = 10;  // of a curve over two parameters: one in so many
    std::vector<std::size_t> rows;
    const auto& points = of.data.special_points;
    for (std::size_t k = 0; k < points.size(); ++k)
        if (points[k].branch == curve.id && is_asked(k, points.size(), options.points))
            rows.push_back(points[k].row);
    const std::size_t count = curve.columns.rows();
    std::size_t others = std::min(options.rows, count);
    if (of.ranges.size() == 2 && others > 0) others = std::max(others, count / share);
    for (std::size_t k = 0; k < others; ++k) rows.push_back((2 * k + 1) * count / (2 * others));
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

void judge_rows(const claim& of, const whole_space& in, const branch& curve,
                const audit_options& options, tally& to, progress& done) {
    const auto rows = judged_rows(of, curve, options);
    if (is_of_cycles(curve.kind))
        return to.not_judged(rows_kind,
                             "they are cycles, of which the file keeps those of special points",
                             rows.size());
    for (const std::size_t row : rows) {
        done.add();
        auto fault = fault_of_row(of, in, curve, row, options);
        if (!fault.empty()) fault = fmt::format("branch {}, row {}: {}", curve.id, row, fault);
        to.judge(rows_kind, std::move(fault));
    }
    judge_residuals(in, curve, rows, options, to);
    if (of.ranges.size() == 2 && rows.size() < curve.columns.rows())
        to.not_judged(rows_kind,
                      "they lie between rows that were judged, and f = 0 is all that was",
                      curve.columns.rows() - rows.size());
}

namespace {

/// By how much n_unstable may change at a point at most, and at least.
std::size_t change_at(const special_point& point) {
    const auto times = static_cast<std::size_t>(point.multiplicity);
    switch (point.type) {
        case point_type::HB:
        case point_type::NS:
        case point_type::BT:
            return 2 * times;
        case point_type::HH:
            return 4 * times;
        case point_type::LP:
        case point_type::BP:
        case point_type::PD:
            return times;
        default:
            return 0;
    }
}

}  // namespace

void judge_changes(const claim& of, const branch& curve, tally& to) {
    const auto& names = curve.columns.names;
    if (of.ranges.size() != 1 || curve.kind == "cycle" ||
        std::find(names.begin(), names.end(), "n_unstable") == names.end())
        return;
    const auto& counts = curve.columns.at("n_unstable");
    std::vector<std::size_t> allowed(counts.size());
    std::vector<bool> special(counts.size());
    for (const auto& point : of.data.special_points)
        if (point.branch == curve.id && point.row < counts.size()) {
            allowed[point.row] += change_at(point);
            special[point.row] = true;
        }
    if (curve.first == stop_reason::branch_point) special.front() = true;
    if (curve.last == stop_reason::branch_point) special.back() = true;
    std::optional<std::size_t> last;  // a row on which nothing happens
    std::size_t explained = 0;
    for (std::size_t row = 0; row < counts.size(); ++row) {
        explained += allowed[row];
        if (special[row]) continue;
        if (last) {
            const double change = std::abs(counts[row] - counts[*last]);
            if (change > static_cast<double>(explained))
                to.wrong("stability",
                         fmt::format("branch {}, rows {} to {}: n_unstable goes from {} "
                                     "to {}, and the points between explain {}",
                                     curve.id, *last, row, counts[*last], counts[row], explained));
            else if (change > 0)
                to.right("stability");
        }
        last = row;
        explained = 0;
    }
}

}  // namespace moebius
