// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "json_parts.hpp"
#include "result_layout.hpp"

namespace moebius {
namespace {

constexpr std::size_t most_columns = 16384;  // of a branch: columns are looked up by name

/// One of the words that are known.
std::string word_of(const place& from, std::span<const std::string_view> known) {
    auto word = from.text();
    if (std::find(known.begin(), known.end(), word) == known.end())
        from.reject(fmt::format("one of '{}'", fmt::join(known, "', '")));
    return word;
}

/// Groups are spelt out, so all of a file have no more members than the file has bytes.
grouping groups_from(const place& from) {
    auto& left = from.origin().members_left;
    auto groups = from.word([&](const std::string& text) { return grouping_from(text, left); });
    left -= groups.members();
    return groups;
}

rotation turn_from(const place& from, const grouping& groups) {
    if (!from.has("rotation")) return {};
    return from.at("rotation").word([&](const std::string& text) {
        return rotation_from(text, groups.size());
    });
}

/// Loads come for each group, or for both of two experts; cells that are no experts have none.
void check_loads(const place& from, const branch& curve) {
    const auto& names = curve.columns.names;
    const std::set<std::string_view> known(names.begin(), names.end());
    const auto need = [&](std::string_view name) {
        if (!known.contains(name)) from.lacks(name);
    };
    if (known.contains("load_2")) need("load_1");
    const auto is_load = [](std::string_view name) { return name.starts_with("load_"); };
    if (curve.kind != "equilibrium" || std::none_of(known.begin(), known.end(), is_load)) return;
    for (std::size_t g = 1; g <= curve.groups.size(); ++g) need(fmt::format("load_{}", g));
}

/// Where it is drawn a branch is finite: at its parameter, or at both of them.
void check_columns(const place& from, const branch& curve, diagram_kind kind) {
    const auto& data = curve.columns;
    if (data.columns.size() < 2 || data.columns.size() > most_columns || data.rows() == 0)
        from.reject(fmt::format("two columns or more (up to {}) of one row or more", most_columns));
    const bool one = kind == diagram_kind::one_parameter;
    for (std::size_t c = 0; c < data.columns.size(); ++c) {
        const bool placed = c < (one ? 1u : 2u);
        for (std::size_t row = 0; row < data.rows(); ++row)
            if (std::isinf(data.columns[c][row]) || (placed && std::isnan(data.columns[c][row])))
                from.at(data.names[c])
                    .at(row)
                    .reject(placed ? "a finite number" : "a finite number or null");
    }
    if (!one) return;
    if (std::find(data.names.begin(), data.names.end(), "stable") == data.names.end())
        from.lacks("stable");
    const auto& stable = data.at("stable");
    for (std::size_t row = 0; row < stable.size(); ++row)
        if (stable[row] != 0 && stable[row] != 1) from.at("stable").at(row).reject("0 or 1");
    check_loads(from, curve);
}

branch branch_from(const place& from, diagram_kind kind) {
    branch out;
    out.id = from.at("id").whole<int>();
    out.kind = kind == diagram_kind::one_parameter ? word_of(from.at("kind"), diagram_kinds)
                                                   : word_of(from.at("kind"), locus_kinds);
    out.from = from.at("from").text();
    out.first = from.at("first").word(stop_reason_from_name);
    out.last = from.at("last").word(stop_reason_from_name);
    if (from.has("groups")) out.groups = groups_from(from.at("groups"));
    if (from.has("copies")) out.copies = from.at("copies").number();
    out.turn = turn_from(from, out.groups);
    out.columns = table_from(from.at("columns"));
    check_columns(from.at("columns"), out, kind);
    return out;
}

orbit orbit_from(const place& from) {
    orbit out{from.at("period").number(), from.at("degree").whole<std::size_t>(),
              numbers_from(from.at("times")), numbers_from(from.at("states"))};
    if (!(out.period > 0 && std::isfinite(out.period)))
        from.at("period").reject("finite and above 0");
    const std::size_t points = out.times.size();
    if (out.degree == 0 || points < 2 || out.degree > points || (points - 1) % out.degree != 0)
        from.at("times").reject(
            fmt::format("of a multiple of {} intervals, the degree", out.degree));
    if (out.states.empty() || out.states.size() % points != 0)
        from.at("states").reject(fmt::format("as many numbers for each of the {} times", points));
    for (std::size_t i = 0; i < points; ++i)
        if (!(out.times[i] >= 0 && out.times[i] <= 1) ||
            (i > 0 && !(out.times[i] > out.times[i - 1])))
            from.at("times").at(i).reject("above the one before, from 0 to 1");
    return out;
}

std::complex<double> eigenvalue_from(const place& from) {
    const auto parts = numbers_from(from);
    if (parts.size() != 2) from.reject("a pair [real, imaginary]");
    return {parts[0], parts[1]};
}

void need_finite(const place& from, const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i])) from.at(i).reject("a finite number");
}

std::optional<certificate> proof_from(const place& from) {
    if (from.has("not_certified")) {
        auto why = from.at("not_certified").text();
        if (why.empty()) from.at("not_certified").reject("a reason");
        return certificate{0, std::move(why)};
    }
    if (!from.has("radius")) return std::nullopt;
    const certificate proof{from.at("radius").number(), {}};
    if (!(proof.radius >= 0 && std::isfinite(proof.radius)))
        from.at("radius").reject("finite and at least 0");
    return proof;
}

special_point point_from(const place& from) {
    special_point out;
    out.label = from.at("label").text();
    if (out.label.empty()) from.at("label").reject("a label");
    out.type = from.at("type").word(point_type_from_name);
    out.branch = from.at("branch").whole<int>();
    out.row = from.at("row").whole<std::size_t>();
    for (auto& [name, value] : named_numbers_from(from.at("parameters"))) {
        if (!std::isfinite(value)) from.at("parameters").at(name).reject("a finite number");
        out.parameter_names.push_back(name);
        out.parameters.push_back(value);
    }
    out.state = numbers_from(from.at("state"));
    need_finite(from.at("state"), out.state);
    out.multiplicity = from.at("multiplicity").whole<int>();
    if (out.multiplicity < 0) from.at("multiplicity").reject("at least 0");
    out.eigenvalues = from.at("eigenvalues").elements(eigenvalue_from);
    out.normal_form = named_numbers_from(from.at("normal_form"));
    out.criticality = word_of(from.at("criticality"), criticalities);
    out.residual = from.at("residual").number();
    if (from.has("groups")) out.groups = groups_from(from.at("groups"));
    out.turn = turn_from(from, out.groups);
    if (from.has("cycle")) out.cycle = orbit_from(from.at("cycle"));
    out.proof = proof_from(from);
    return out;
}

search_record search_from(const place& from) {
    search_record out;
    out.starts = from.at("starts").whole<std::size_t>();
    out.states = from.at("states").whole<std::size_t>();
    out.may_miss = from.at("may_miss").truth();
    for (const auto& gap : search_gaps()) {
        const std::string name(gap.name);
        if (&gap == &search_gaps().front() || from.has(name))
            out.*gap.count = from.at(name).whole<std::size_t>();
    }
    return out;
}

double share_from(const place& from) {
    const double share = from.number();
    if (!(share >= 0 && share <= 1)) from.reject("from 0 to 1");
    return share;
}

stable_counts counts_from(const place& from) {
    const auto row_of = [](const place& one, std::size_t length) {
        auto row = numbers_from(one);
        need_finite(one, row);
        if (row.size() != length) one.reject(fmt::format("{} numbers", length));
        return row;
    };
    const auto sides = row_of(from.at("window"), 4);
    const auto is_side = [](double low, double high) {
        return std::isfinite(high - low) && low != high;
    };
    if (!is_side(sides[0], sides[1]) || !is_side(sides[2], sides[3]))
        from.at("window").reject("a window with an area");
    return {{sides[0], sides[1], sides[2], sides[3]},
            from.at("places").elements([&](const place& one) -> stable_counts::place {
                const auto row = row_of(one, 3);
                return {{row[0], row[1]}, row[2]};
            }),
            from.has("uncounted") ? from.at("uncounted").whole<std::size_t>() : 0,
            from.has("left_out") ? share_from(from.at("left_out")) : 0,
            from.has("no_rest") ? from.at("no_rest").whole<std::size_t>() : 0};
}

/// Each point stands on a row of a branch of the file, under a label of its own.
void check_points(const place& from, const diagram& made) {
    std::map<int, std::size_t> rows;
    for (std::size_t b = 0; b < made.branches.size(); ++b)
        if (!rows.emplace(made.branches[b].id, made.branches[b].columns.rows()).second)
            from.at("branches").at(b).at("id").reject("another one than those before");
    std::set<std::string_view> labels;
    for (std::size_t p = 0; p < made.special_points.size(); ++p) {
        const auto& point = made.special_points[p];
        const auto found = rows.find(point.branch);
        if (found == rows.end())
            from.at("special_points").at(p).at("branch").reject("the id of a branch of this file");
        if (point.row >= found->second)
            from.at("special_points")
                .at(p)
                .at("row")
                .reject(fmt::format("below the {} rows of branch {}", found->second, point.branch));
        if (!labels.insert(point.label).second)
            from.at("special_points").at(p).at("label").reject("another one than those before");
    }
}

}  // namespace

diagram diagram_from(const place& from, diagram_kind kind) {
    diagram out{
        from.at("branches").elements([&](const place& one) { return branch_from(one, kind); }),
        from.at("special_points").elements(point_from),
        from.has("search") ? search_from(from.at("search")) : search_record{},
        from.has("stable_states") ? counts_from(from.at("stable_states")) : stable_counts{}};
    check_points(from, out);
    return out;
}

}  // namespace moebius
