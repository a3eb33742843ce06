// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <moebius/base/text.hpp>
#include <moebius/io/csv.hpp>

namespace moebius {
namespace {

void append_row(const table& values, std::size_t row, std::string& out) {
    const char* before = "";
    for (const auto& column : values.columns) {
        fmt::format_to(std::back_inserter(out), "{}{}", before, column[row]);
        before = ",";
    }
}

/// As RFC 4180 has it.
void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    for (const char letter : text) out.append(letter == '"' ? 2 : 1, letter);
    out += '"';
}

std::string label_at(const diagram& curves, int branch, std::size_t row) {
    for (const auto& point : curves.special_points)
        if (point.branch == branch && point.row == row) return point.label;
    return {};
}

/// The column of each name; null where there is none.
std::vector<const std::vector<double>*> places_of(const std::vector<std::string>& names,
                                                  const table& columns) {
    std::vector<const std::vector<double>*> places;
    for (const auto& name : names) {
        const auto found = std::find(columns.names.begin(), columns.names.end(), name);
        const auto c = static_cast<std::size_t>(found - columns.names.begin());
        places.push_back(found == columns.names.end() ? nullptr : &columns.columns[c]);
    }
    return places;
}

}  // namespace

std::string to_csv(const table& values) {
    std::string out = fmt::format("{}\n", fmt::join(values.names, ","));
    for (std::size_t row = 0; row < values.rows(); ++row) {
        append_row(values, row, out);
        out += '\n';
    }
    return out;
}

std::string to_csv(const table& values, std::string_view column,
                   std::span<const std::string> words) {
    std::string out = fmt::format("{}\n", fmt::join(values.names, ","));
    for (std::size_t row = 0; row < values.rows(); ++row) {
        for (std::size_t c = 0; c < values.names.size(); ++c) {
            const double value = values.columns[c][row];
            if (c > 0) out += ',';
            if (values.names[c] != column) {
                fmt::format_to(std::back_inserter(out), "{}", value);
                continue;
            }
            const auto word = printable(words[static_cast<std::size_t>(value)]);
            if (word.find_first_of(",\"") == word.npos)
                out += word;
            else
                append_quoted(word, out);
        }
        out += '\n';
    }
    return out;
}

std::string to_csv(const table& values, std::string_view name,
                   const std::function<std::string_view(std::size_t row)>& text) {
    std::string out = fmt::format("{},{}\n", fmt::join(values.names, ","), name);
    for (std::size_t row = 0; row < values.rows(); ++row) {
        append_row(values, row, out);
        out += ',';
        if (const auto words = text(row); !words.empty()) append_quoted(words, out);
        out += '\n';
    }
    return out;
}

std::string to_csv(const diagram& curves) {
    std::vector<std::string> names;  // of all branches; a branch may lack some
    for (const auto& curve : curves.branches)
        for (const auto& name : curve.columns.names)
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    std::string out = "branch,kind,label";
    for (const auto& name : names) out += "," + name;
    out += '\n';
    for (const auto& curve : curves.branches) {
        const auto places = places_of(names, curve.columns);
        for (std::size_t row = 0; row < curve.columns.rows(); ++row) {
            fmt::format_to(std::back_inserter(out), "{},{},{}", curve.id, curve.kind,
                           label_at(curves, curve.id, row));
            for (const auto* column : places)
                out += column ? fmt::format(",{}", (*column)[row]) : ",";
            out += '\n';
        }
    }
    return out;
}

}  // namespace moebius
