// SPDX-License-Identifier: MIT
// Results made from closed forms, so that io is tested without the solvers.
#pragma once

#include <cmath>
#include <moebius/io/result.hpp>

namespace moebius::sample {

inline result_heading heading(std::string_view schema) {
    result_heading out;
    out.schema = schema;
    out.command = "moebius test";
    out.model = "two-expert";
    out.parameters = {{"feedback", 0.5}, {"decay", 1}, {"beta", 1}, {"bias", 0}};
    out.options = {{"vary", std::vector<std::string>{"feedback=0.5:20"}}, {"max_step", 0.1}};
    return out;
}

/// x = 0 at feedback 2, where the pitchfork and the cusp stand.
inline special_point at_pitchfork(const char* label, point_type type, int on, std::size_t row) {
    special_point out;
    out.label = label;
    out.type = type;
    out.branch = on;
    out.row = row;
    out.parameter_names = {"feedback", "decay", "beta", "bias"};
    out.parameters = {2, 1, 1, 0};
    out.state = {0};
    out.eigenvalues = {{0, 0}};
    return out;
}

inline branch side_branch(int id, double sign, double x_end, std::size_t rows) {
    branch out;
    out.id = id;
    out.kind = "equilibrium";
    out.from = "BP1";
    out.first = stop_reason::branch_point;
    out.columns.names = {"feedback", "x", "load_1", "load_2", "stable", "n_unstable", "step"};
    out.columns.columns.resize(out.columns.names.size());
    for (std::size_t row = 0; row < rows; ++row) {
        const double x = x_end * static_cast<double>(row) / static_cast<double>(rows - 1);
        const double m = std::tanh(x / 2);
        const double values[] = {
            x == 0 ? 2 : x / m, sign * x, (1 + sign * m) / 2, (1 - sign * m) / 2, 1, 0, 0.1};
        for (std::size_t c = 0; c < 7; ++c) out.columns.columns[c].push_back(values[c]);
    }
    return out;
}

/// x' = -x + feedback tanh(x/2): the balanced branch and both side branches.
inline diagram_document pitchfork(std::size_t rows = 200) {
    diagram_document out{heading(diagram_schema), {}};
    branch balanced = side_branch(1, 1, 0, rows);
    balanced.from = "";
    balanced.first = stop_reason::range_end;
    for (std::size_t row = 0; row < rows; ++row) {
        const double feedback =
            0.5 + 19.5 * static_cast<double>(row) / static_cast<double>(rows - 1);
        balanced.columns.columns[0][row] = feedback;
        balanced.columns.columns[4][row] = feedback < 2 ? 1 : 0;
        balanced.columns.columns[5][row] = feedback < 2 ? 0 : 1;
    }
    out.data.branches = {balanced, side_branch(2, 1, 20, rows), side_branch(3, -1, 20, rows)};
    auto bp = at_pitchfork("BP1", point_type::BP, 2, 0);
    bp.normal_form = {{"cubic", -1.0 / 12}};
    bp.criticality = "supercritical";
    out.data.special_points = {bp};
    return out;
}

/// The fold set of the same model over (feedback, bias), feedback up to 20 and |bias| up to 9.
inline diagram_document cusp(std::size_t half = 150) {
    diagram_document out{heading(locus_schema), {}};
    branch folds;
    folds.id = 1;
    folds.kind = "fold";
    folds.columns.names = {"feedback", "bias", "x"};
    folds.columns.columns.resize(3);
    const double end = 1.5;
    for (std::size_t row = 0; row <= 2 * half; ++row) {
        const double u = end * (static_cast<double>(row) / static_cast<double>(half) - 1);
        const double c = std::cosh(u);
        folds.columns.columns[0].push_back(2 * c * c);
        folds.columns.columns[1].push_back(2 * (u - std::sinh(2 * u) / 2));
        folds.columns.columns[2].push_back(2 * u);
    }
    auto cp = at_pitchfork("CP1", point_type::CP, 1, half);
    out.data.branches = {folds};
    out.data.special_points = {cp};
    const auto& feedback = folds.columns.columns[0];
    const auto& bias = folds.columns.columns[1];
    out.data.stable = {{1, feedback[0], bias.front(), bias.back()}, {{{1.5, 0}, 1}, {{9, 0}, 2}}};
    return out;
}

}  // namespace moebius::sample
