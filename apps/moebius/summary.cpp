// SPDX-License-Identifier: MIT
#include "summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <moebius/base/error.hpp>
#include <moebius/continuation/locus_regions.hpp>

#include "incomplete.hpp"
#include "session.hpp"
#include "words.hpp"

namespace moebius::cli {

namespace {

/// For a reader: a number that is zero up to rounding is shown as zero.
double shown(double value) { return std::abs(value) < 1e-13 ? 0 : value; }

constexpr std::size_t most_states = 6;  // of a point that are shown
constexpr double solved = 1e-3;         // residuals beyond it are shown

/// The parameters that vary: the first columns.
std::vector<std::string> varied_names(const diagram_document& result) {
    if (result.data.branches.empty()) return {};
    const auto& names = result.data.branches.front().columns.names;
    return {names.begin(), names.begin() + (result.heading.schema == locus_schema ? 2 : 1)};
}

std::string parameter_of(const special_point& point, const std::string& name) {
    for (std::size_t i = 0; i < point.parameters.size(); ++i)
        if (point.parameter_names[i] == name)
            return fmt::format("{:.10g}", shown(point.parameters[i]));
    return "-";
}

/// "1 + 7" for a group of one and one of seven, "3x2 + 2" for three of two in turn and two more.
std::string sizes_of(const grouping& groups, const rotation& turn) {
    std::string text;
    std::vector<std::size_t> in_turn(groups.size(), 1);
    for (const auto& cycle : cycles_of(turn)) {
        for (const std::size_t g : cycle) in_turn[g] = 0;
        in_turn[cycle.front()] = cycle.size();
    }
    for (std::size_t g = 0; g < groups.size(); ++g) {
        if (in_turn[g] == 0) continue;
        text += fmt::format("{}{}{}", text.empty() ? "" : " + ",
                            in_turn[g] > 1 ? fmt::format("{}x", in_turn[g]) : "",
                            groups.groups[g].size());
    }
    return text;
}

/// What a branch of a kind that ended for this reason needs; empty where it ended as it should.
std::string_view meaning_of(stop_reason reason, std::string_view kind) {
    switch (reason) {
        case stop_reason::max_points:
            return "raise --max-points or --max-step";
        case stop_reason::step_too_small:
            return "no point was found even with the smallest step";
        case stop_reason::singular:
            if (kind == "homoclinic") return "beyond it the saddle meets another equilibrium";
            if (kind.starts_with("branch point")) return "beyond it the crossing unfolds";
            return "more than one way goes on, and no branch point explains it";
        case stop_reason::left_box:
            return "the state grows beyond all bounds";
        case stop_reason::not_finite:
            return "the model gave NaN or infinity";
        case stop_reason::unresolved:
            return "multipliers are not resolved; --multiplier-error inf goes on without them";
        case stop_reason::stopped:
            return "interrupted";
        default:
            return {};
    }
}

std::string meaning_of(const certificate& proof) {
    if (!proof.refusal.empty()) return fmt::format("not certified: {}", proof.refusal);
    return fmt::format("radius {:.1e}", proof.radius);
}

/// "certified 7 of 8 points, largest radius 3.1e-15", or empty if none was to be.
std::string proofs_of(const std::vector<special_point>& points) {
    std::size_t asked = 0, certified = 0;
    double largest = 0;
    for (const auto& point : points) {
        if (!point.proof) continue;
        ++asked;
        if (!point.proof->refusal.empty()) continue;
        ++certified;
        largest = std::max(largest, point.proof->radius);
    }
    if (asked == 0) return {};
    return fmt::format("certified {} of {} points{}\n", certified, asked,
                       certified > 0 ? fmt::format(", largest radius {:.1e}", largest) : "");
}

/// "row 4, feedback = 3: max_points (...)", or empty.
std::string early_end(const branch& curve, std::size_t row, stop_reason reason) {
    const auto meaning = meaning_of(reason, curve.kind);
    if (meaning.empty()) return {};
    const table& rows = curve.columns;
    return fmt::format("row {}, {} = {:.6g}: {} ({})", row, rows.names.at(0),
                       rows.columns.at(0).at(row), to_string(reason), meaning);
}

/// Where a branch ended early, both ends in one sentence; empty if it did not.
std::string early_ends(const branch& curve) {
    const std::size_t last_row = curve.columns.rows() - 1;
    const auto first = early_end(curve, 0, curve.first);
    auto last = early_end(curve, last_row, curve.last);
    if (first.empty() || (last_row == 0 && first == last)) return last;
    return last.empty() ? first : fmt::format("{}, and at {}", first, last);
}

/// What the end of a branch of cycles says that is none by chance; empty for other ends.
std::string_view news_of(stop_reason reason) {
    if (reason == stop_reason::period_doubling)
        return "its cycles come from those of half their period, which double there";
    if (reason == stop_reason::homoclinic_to_cycle)
        return "between the same two folds each turn adds the same time: it comes to an orbit "
               "homoclinic to a cycle";
    return {};
}

std::string ends_of(const branch& curve) {
    std::string text;
    const auto add = [&](std::size_t row, stop_reason reason) {
        if (const auto news = news_of(reason); !news.empty())
            text += fmt::format("branch {} ends at {} = {:.6g}: {} ({})\n", curve.id,
                                curve.columns.names.at(0), curve.columns.columns.at(0).at(row),
                                to_string(reason), news);
    };
    add(0, curve.first);
    add(curve.columns.rows() - 1, curve.last);
    return text;
}

/// Of cycles that were followed on where their multipliers say nothing: how many.
std::string unresolved_of(const branch& curve) {
    constexpr double told = 1e-2;  // of the trivial one, floquet::resolved
    const auto& names = curve.columns.names;
    if (std::find(names.begin(), names.end(), "accuracy") == names.end()) return {};
    const auto& error = curve.columns.at("accuracy");
    const auto count =
        std::count_if(error.begin(), error.end(), [](double off) { return !(off < told); });
    if (count == 0) return {};
    return fmt::format(
        "branch {}: multipliers are not resolved in {} of {} rows, and their labels not "
        "looked for there\n",
        curve.id, count, error.size());
}

/// What the counts of stable states in the parts of a locus' window say, and what they leave out.
std::string counts_of(const diagram_document& result) {
    std::string text;
    for (const auto& [a, b] : unlike_places(result.data))
        text += fmt::format(
            "stable states: {} at ({:.6g}, {:.6g}), {} at ({:.6g}, {:.6g}) with no curve between: "
            "one may be missing\n",
            a.states, a.at.x, a.at.y, b.states, b.at.x, b.at.y);
    const auto& stable = result.data.stable;
    if (stable.uncounted > 0)
        text += fmt::format(
            "stable states were not counted in {} small parts, {:.2g} % of the window\n",
            stable.uncounted, 100 * stable.left_out);
    if (stable.no_rest > 0)
        text += fmt::format("stable states: {} starts came to no rest\n", stable.no_rest);
    if (!stable.places.empty())
        text +=
            fmt::format("stable states were not counted in parts thinner than {:.2g} and {:.2g}\n",
                        std::abs(stable.window.x_to - stable.window.x_from) / plane_regions::side,
                        std::abs(stable.window.y_to - stable.window.y_from) / plane_regions::side);
    const auto of_equilibria = [](const branch& curve) {
        return curve.kind == "fold" || curve.kind == "branch point" || curve.kind == "hopf";
    };
    const auto& curves = result.data.branches;
    const bool shaded = result.heading.schema == locus_schema && !number_of(result.heading, "step");
    if (shaded && stable.places.empty() && std::any_of(curves.begin(), curves.end(), of_equilibria))
        text += "stable states were not counted: coexistence is not shaded\n";
    return text;
}

/// @return whether something that was asked for is missing: then the answer is not complete
bool tell_what_is_missing(const diagram_document& result) {
    if (result.data.branches.empty()) {
        const bool of_map = number_of(result.heading, "step").has_value();
        tell(result.heading.schema != locus_schema
                 ? fmt::format("diagram: no equilibrium was found in this window, from {} starts; "
                               "--searches takes more values of the parameter",
                               result.data.search.starts)
             : of_map ? "locus: no fold, branch point, period doubling or torus was found in this "
                        "window"
                      : "locus: no fold, branch point or Hopf point was found in this window");
        return true;
    }
    bool missing = false;
    for (const auto& curve : result.data.branches) {
        const auto where = early_ends(curve);
        if (where.empty()) continue;
        tell(fmt::format("branch {} ended early at {}", curve.id, where));
        // Beyond a point that is not finite, the model has no branch to be missed.
        for (const auto reason : {curve.first, curve.last})
            missing |= reason != stop_reason::not_finite && !meaning_of(reason, curve.kind).empty();
    }
    return missing;
}

/// How far states were searched, and what was found and not followed.
std::string search_of(const diagram_document& result) {
    const auto& search = result.data.search;
    if (search.starts == 0) return {};
    std::string out =
        fmt::format("searched {} starts, found {} states{}\n", search.starts, search.states,
                    search.may_miss ? "; not every choice of winners was tried" : "");
    const std::string_view where =
        result.heading.schema == locus_schema ? "on the lines where curves were looked for " : "";
    for (const auto& gap : search_gaps())
        if (const std::size_t count = search.*gap.count; count > 0)
            out += fmt::format("{} {} {}{}\n", count, gap.what, where, gap.how);
    return out;
}

}  // namespace

std::string summary_of(const diagram_document& result) {
    std::string out;
    const auto print = [&](fmt::string_view form, const auto&... values) {
        fmt::vformat_to(std::back_inserter(out), form, fmt::make_format_args(values...));
    };
    std::size_t points = 0;
    for (const auto& curve : result.data.branches) points += curve.columns.rows();
    const std::size_t count = result.data.branches.size();
    print("{} {}, {} points\n", count, count == 1 ? "branch" : "branches", points);
    for (const auto& curve : result.data.branches) out += ends_of(curve) + unresolved_of(curve);
    out += search_of(result);
    out += counts_of(result);
    const auto varied = varied_names(result);
    const bool grouped =
        std::any_of(result.data.special_points.begin(), result.data.special_points.end(),
                    [](const auto& point) { return point.groups.size() > 0; });
    print("{:8}", "label");
    for (const auto& name : varied) print(" {:>14}", name);
    if (grouped) print("  {:12}", "groups");
    print(" {:>14}  criticality\n", "state");
    for (const auto& point : result.data.special_points) {
        print("{:8}", point.label);
        for (const auto& name : varied) print(" {:>14}", parameter_of(point, name));
        if (grouped) print("  {:12}", sizes_of(point.groups, point.turn));
        for (std::size_t i = 0; i < std::min(point.state.size(), most_states); ++i)
            print(" {:>14.10g}", shown(point.state[i]));
        if (point.state.size() > most_states) print(" ...");
        print("  {}", point.criticality.empty() ? "-" : point.criticality);
        if (point.multiplicity > 1) print(", {} times", point.multiplicity);
        if (!(point.residual < solved)) print(", residual {:.1e}", point.residual);
        if (point.proof) print(", {}", meaning_of(*point.proof));
        print("\n");
    }
    return out + proofs_of(result.data.special_points);
}

int finish(const output_options& output, const diagram_document& result) {
    if (incomplete_because(result.heading) && result.data.branches.empty())
        throw interrupted(result.heading.schema);
    output.write(result, summary_of(result));
    const bool missing = tell_what_is_missing(result);
    return outcome_of(result.heading, missing ? exit_code::no_answer : exit_code::found);
}

}  // namespace moebius::cli
