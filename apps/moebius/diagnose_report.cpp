// SPDX-License-Identifier: MIT
#include "diagnose_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/logs/load_state.hpp>
#include <string_view>
#include <vector>

#include "diagnose_terms.hpp"
#include "layer_columns.hpp"
#include "report_lines.hpp"

namespace moebius::cli {
namespace {

using words = std::vector<std::string>;

constexpr std::string_view style = R"(:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
div.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #8886}
td.text,th.text{text-align:left}
figure{margin:1rem 0;background:#fff;color:#000;padding:.5rem;border-radius:.3rem}
figure svg{max-width:100%;height:auto}
td.words{min-width:14rem}
tr.over td{font-style:italic}
.verdict{font-weight:600})";

/// What stands in HTML as text: control characters, too, are shown and not obeyed.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

const words& list_of(const result_document& result, std::string_view name) {
    static const words none;
    const auto* found = result.find<words>(name);
    return found ? *found : none;
}

void add_list(const result_document& result, std::string_view name, std::string_view title,
              report_lines& out) {
    const auto& all = list_of(result, name);
    if (all.empty()) return;
    out.add("<h2>{}</h2>\n<ul>\n", title);
    for (const auto& one : all) out.add("<li>{}</li>\n", escaped(one));
    out.add("</ul>\n");
}

/// The word that stands at a place.
std::string word_at(const words& all, double place) {
    const bool there = place >= 0 && place < static_cast<double>(all.size());
    return there ? escaped(all[static_cast<std::size_t>(place)]) : std::string("-");
}

/// The column of that name; null where there is none.
const std::vector<double>* column_of(const table& of, std::string_view name) {
    const auto found = std::find(of.names.begin(), of.names.end(), name);
    return found == of.names.end()
               ? nullptr
               : &of.columns[static_cast<std::size_t>(found - of.names.begin())];
}

bool has_number(const table& of, std::string_view name) {
    const auto* column = column_of(of, name);
    return column != nullptr && std::any_of(column->begin(), column->end(),
                                            [](double value) { return std::isfinite(value); });
}

/// With its interval, where there is one.
std::string shown_value(const table& of, std::string_view name, std::size_t row) {
    const double value = of.at(name)[row];
    const bool whole = value == std::floor(value) && std::abs(value) < 1e15;  // as steps are
    const auto out = known(whole ? "{:.0f}" : "{:.4g}", value);
    const auto end = [&](std::string_view which) {
        const auto* column = column_of(of, fmt::format("{}_{}", name, which));
        return column == nullptr ? not_a_number : (*column)[row];
    };
    const double low = end("low"), high = end("high");
    return std::isfinite(low) ? fmt::format("{} [{:.4g}, {:.4g}]", out, low, high) : out;
}

/// Those of the columns that have any number.
words known_columns(const table& of, words names) {
    std::erase_if(names, [&](const std::string& name) { return !has_number(of, name); });
    return names;
}

words measure_columns() {
    words out;
    for (const auto& one : state_measures()) out.emplace_back(one.name);
    return out;
}

void begin_table(std::string_view title, std::string_view first, const words& columns,
                 report_lines& out) {
    out.add(
        "<h2>{0}</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"{0}\"><table>\n<tr><th class=\"text\">{1}</th>",
        title, first);
    for (const auto& one : columns) out.add("<th>{}</th>", title_of(one));
}

void add_values(const table& of, const words& columns, std::size_t row, report_lines& out) {
    for (const auto& one : columns) out.add("<td>{}</td>", shown_value(of, one, row));
}

/// A log's name before what is of it, where there are several.
std::string name_in(const result_document& result, const table& of, std::size_t row,
                    std::string_view name) {
    const auto log = word_at(list_of(result, "logs"), of.at("log")[row] - 1);
    return log.empty() || log == "-" ? std::string(name) : fmt::format("{}: {}", log, name);
}

std::string layer_in(const result_document& result, std::size_t row) {
    const auto& layers = result.table_of("layers");
    return name_in(result, layers, row,
                   word_at(list_of(result, "layer_names"), layers.at("layer")[row]));
}

void add_distances(const result_document& result, report_lines& out) {
    const auto& layers = result.table_of("layers");
    const auto columns = known_columns(layers, distance_columns());
    begin_table("Layers", "layer", {}, out);
    out.add("<th class=\"text\">verdict</th>");
    for (const auto& one : columns) out.add("<th>{}</th>", title_of(one));
    std::vector<layer_text> said;
    for (const auto& one : layer_texts()) {
        const auto& all = list_of(result, one.list);
        if (!one.title.empty() &&
            std::any_of(all.begin(), all.end(), [](auto& text) { return !text.empty(); }))
            said.push_back(one);
    }
    for (const auto& one : said) out.add("<th class=\"text\">{}</th>", one.title);
    out.add("</tr>\n");
    for (std::size_t row = 0; row < layers.rows(); ++row) {
        out.add("<tr><td class=\"text\">{}</td><td class=\"text verdict\">{}</td>",
                layer_in(result, row),
                word_at(list_of(result, "verdicts"), layers.at("verdict")[row] - 1));
        add_values(layers, columns, row, out);
        for (const auto& one : said)
            out.add("<td class=\"text words\">{}</td>",
                    word_at(list_of(result, one.list), static_cast<double>(row)));
        out.add("</tr>\n");
    }
    out.add("</table></div>\n");
}

/// Of layers, and of several their percentiles below them.
void add_loads(const result_document& result, report_lines& out) {
    const auto& layers = result.table_of("layers");
    const auto measures = known_columns(layers, measure_columns());
    auto columns = measures;
    columns.insert(columns.begin(), {"steps", "last_step"});
    begin_table("Loads", "layer", columns, out);
    out.add("</tr>\n");
    for (std::size_t row = 0; row < layers.rows(); ++row) {
        out.add("<tr><td class=\"text\">{}</td>", layer_in(result, row));
        add_values(layers, columns, row, out);
        out.add("</tr>\n");
    }
    const auto& over = result.table_of("percentiles");
    for (std::size_t row = 0; layers.rows() > 1 && row < over.rows(); ++row) {
        out.add("<tr class=\"over\"><td class=\"text\">{}</td><td></td><td></td>",
                name_in(result, over, row, percentile_name(over.at("percentile")[row])));
        add_values(over, measures, row, out);
        out.add("</tr>\n");
    }
    out.add("</table></div>\n");
}

/// Figures of gnuplot's, less what stands before their first tag.
void add_figures(const result_document& result, report_lines& out) {
    try {
        for (const auto& [name, drawing] : figures_of(result)) {
            if (!has_points(drawing)) continue;
            const auto text = svg_of(drawing);
            const auto begin = text.find("<svg");
            out.add("<figure role=\"img\" aria-label=\"{}\">{}</figure>\n",
                    escaped(drawing.title.empty() ? drawing.y_axis : drawing.title),
                    std::string_view(text).substr(begin == text.npos ? 0 : begin));
        }
    } catch (const io_error& error) {
        out.add("<p>Without figures: {}</p>\n", escaped(error.what()));
    }
}

}  // namespace

std::string report_page_of(const result_document& result) {
    report_lines out;
    const auto* verdict = result.find<std::string>("verdict");
    out.add(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
        "name=\"viewport\" content=\"width=device-width\">\n<title>moebius diagnose</title>\n"
        "<style>\n{}\n</style>\n</head>\n<body>\n<main>\n<h1>Distance from collapse: <span "
        "class=\"verdict\">{}</span></h1>\n<p><code>{}</code>, moebius {}</p>\n",
        style, verdict ? escaped(*verdict) : "", escaped(result.heading.command),
        escaped(result.heading.version));
    add_figures(result, out);
    add_distances(result, out);
    add_loads(result, out);
    add_list(result, "findings", "What the numbers may hide", out);
    add_list(result, "cannot_be_told", "What cannot be told", out);
    add_list(result, "notes", "How the log was read", out);
    add_list(result, "definitions", "Definitions", out);
    out.add("</main>\n</body>\n</html>\n");
    return out.take();
}

}  // namespace moebius::cli
