// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <moebius/base/error.hpp>
#include <moebius/io/csv.hpp>

namespace moebius {
namespace {

void append_row(const table& values, std::size_t row, std::string& out) {
    const char* before = "";
    for (const auto& column : values.columns) {
        fmt::format_to(std::back_inserter(out), "{}{}", before, column[row]);
        before = ",";
    }
    out += '\n';
}

std::string label_at(const diagram& curves, int branch, std::size_t row) {
    for (const auto& point : curves.special_points)
        if (point.branch == branch && point.row == row) return point.label;
    return {};
}

}  // namespace

std::string to_csv(const table& values) {
    std::string out = fmt::format("{}\n", fmt::join(values.names, ","));
    for (std::size_t row = 0; row < values.rows(); ++row) append_row(values, row, out);
    return out;
}

std::string to_csv(const diagram& curves) {
    if (curves.branches.empty()) return "branch,kind,label\n";
    const auto& names = curves.branches.front().columns.names;
    std::string out = fmt::format("branch,kind,label,{}\n", fmt::join(names, ","));
    for (const auto& curve : curves.branches) {
        if (curve.columns.names != names)
            throw invalid_argument("to_csv",
                                   fmt::format("branch {} has columns of its own", curve.id),
                                   "one table needs the same in all");
        for (std::size_t row = 0; row < curve.columns.rows(); ++row) {
            fmt::format_to(std::back_inserter(out), "{},{},{},", curve.id, curve.kind,
                           label_at(curves, curve.id, row));
            append_row(curve.columns, row, out);
        }
    }
    return out;
}

}  // namespace moebius
