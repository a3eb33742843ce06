// SPDX-License-Identifier: MIT
#include "summary.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

namespace moebius::cli {

void add_to(CLI::App& sub, continuation_options& options) {
    sub.add_option("--max-step", options.max_step, "longest step along a curve, dimensionless")
        ->capture_default_str();
    sub.add_option("--max-points", options.max_points, "points of one branch at most")
        ->capture_default_str();
}

void describe(const continuation_options& options, result_heading& heading) {
    heading.options.emplace_back("max_step", options.max_step);
    heading.options.emplace_back("max_points", static_cast<double>(options.max_points));
}

namespace {

/// For a reader: a number that is zero up to rounding is shown as zero.
double shown(double value) { return std::abs(value) < 1e-13 ? 0 : value; }

}  // namespace

void summarize(const diagram_document& result) {
    std::size_t points = 0;
    for (const auto& curve : result.data.branches) points += curve.columns.rows();
    const std::size_t count = result.data.branches.size();
    fmt::print(stderr, "{} {}, {} points\n", count, count == 1 ? "branch" : "branches", points);
    fmt::print(stderr, "{:8}", "label");
    for (const auto& [name, value] : result.heading.parameters) fmt::print(stderr, " {:>14}", name);
    fmt::print(stderr, " {:>14}  criticality\n", "state");
    for (const auto& point : result.data.special_points) {
        fmt::print(stderr, "{:8}", point.label);
        for (const double value : point.parameters) fmt::print(stderr, " {:>14.10g}", shown(value));
        for (const double value : point.state) fmt::print(stderr, " {:>14.10g}", shown(value));
        fmt::print(stderr, "  {}\n", point.criticality.empty() ? "-" : point.criticality);
    }
}

}  // namespace moebius::cli
