// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
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

void append_word(std::string_view text, std::string& out) {
    const auto word = printable(text);
    if (word.find_first_of(",\"") == word.npos)
        out += word;
    else
        append_quoted(word, out);
}

/// The word of a number, or the number where there is none; nothing where that is not known.
void append_cell(double value, const csv_words* words, std::string& out) {
    if (std::isnan(value)) return;
    const double place = words == nullptr ? -1 : value - static_cast<double>(words->first);
    if (place >= 0 && place < static_cast<double>(words->words.size()))
        append_word(words->words[static_cast<std::size_t>(place)], out);
    else
        fmt::format_to(std::back_inserter(out), "{}", value);
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

std::string to_csv(const table& values, std::span<const csv_words> words) {
    std::vector<const csv_words*> in_place(values.names.size()), behind;
    std::string out = fmt::format("{}", fmt::join(values.names, ","));
    for (const auto& one : words) {
        const auto found = std::find(values.names.begin(), values.names.end(), one.column);
        if (found != values.names.end()) {
            in_place[static_cast<std::size_t>(found - values.names.begin())] = &one;
        } else {
            behind.push_back(&one);
            fmt::format_to(std::back_inserter(out), ",{}", one.column);
        }
    }
    out += '\n';
    for (std::size_t row = 0; row < values.rows(); ++row) {
        for (std::size_t c = 0; c < values.names.size(); ++c) {
            if (c > 0) out += ',';
            append_cell(values.columns[c][row], in_place[c], out);
        }
        for (const auto* one : behind) {
            out += ',';
            if (row < one->words.size()) append_word(one->words[row], out);
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
