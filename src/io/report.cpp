// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <moebius/io/report.hpp>

namespace moebius {
namespace {

/// A number that is zero up to rounding is shown as zero.
std::string shown(double value) {
    return fmt::format("{:.8g}", std::abs(value) < 1e-13 ? 0.0 : value);
}

constexpr std::size_t most_columns = 8;

std::string text_of(const std::string& name, const table& data, std::size_t most) {
    const std::size_t columns = std::min(data.names.size(), most_columns);
    const std::size_t rows = std::min(data.rows(), most);
    const auto width = [&](std::size_t c) {
        return std::max<std::size_t>(data.names[c].size(), 13);
    };
    std::string out =
        fmt::format("{}, {} {}\n", name, data.rows(), data.rows() == 1 ? "row" : "rows");
    if (data.rows() == 0) return out;
    for (std::size_t c = 0; c < columns; ++c)
        out += fmt::format("  {:>{}}", data.names[c], width(c));
    for (std::size_t row = 0; row < rows; ++row) {
        out += '\n';
        for (std::size_t c = 0; c < columns; ++c)
            out += fmt::format("  {:>{}}", shown(data.columns[c][row]), width(c));
    }
    out += '\n';
    if (rows < data.rows()) out += fmt::format("  ... and {} more rows\n", data.rows() - rows);
    if (columns < data.names.size())
        out += fmt::format("  ... and {} more columns\n", data.names.size() - columns);
    return out;
}

struct section_text {
    const std::string& name;
    std::size_t rows;

    std::string operator()(double value) const {
        return fmt::format("{:<16} {}\n", name, shown(value));
    }
    std::string operator()(const std::string& word) const {
        return fmt::format("{:<16} {}\n", name, word);
    }
    std::string operator()(const std::vector<std::string>& words) const {
        return fmt::format("{:<16} {}\n", name, fmt::join(words, ", "));
    }
    std::string operator()(const named_numbers& numbers) const {
        std::string out = fmt::format("{:<16}", name);
        for (std::size_t i = 0; i < numbers.size(); ++i)
            out += fmt::format("{} {} = {}", i > 0 ? "," : "", numbers[i].first,
                               shown(numbers[i].second));
        return out + '\n';
    }
    std::string operator()(const table& data) const { return text_of(name, data, rows); }
    std::string operator()(const diagram& data) const {
        return fmt::format("{:<16} {} branches, {} special points\n", name, data.branches.size(),
                           data.special_points.size());
    }
};

}  // namespace

std::string report_of(const result_document& result, std::size_t rows) {
    std::string out;
    for (const auto& section : result.sections)
        out += std::visit(section_text{section.name, rows}, section.data);
    return out;
}

}  // namespace moebius
