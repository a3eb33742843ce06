// SPDX-License-Identifier: MIT
#include "diagnose_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/plots.hpp>
#include <string_view>
#include <vector>

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

struct shown_column {
    std::string_view name, title;
};
constexpr shown_column shown[] = {{"max_over_mean", "max/mean"},
                                  {"min_over_mean", "min/mean"},
                                  {"variation", "CV"},
                                  {"effective", "exp(H)/N"},
                                  {"dead", "dead"},
                                  {"K", "K"},
                                  {"margin", "margin"}};

/// With its interval, where there is one.
std::string shown_value(const table& layers, std::string_view name, std::size_t row) {
    const auto out = known("{:.4g}", layers.at(name)[row]);
    const auto end = [&](std::string_view which) {
        const auto column = fmt::format("{}_{}", name, which);
        const auto found = std::find(layers.names.begin(), layers.names.end(), column);
        return found == layers.names.end() ? not_a_number : layers.at(column)[row];
    };
    const double low = end("low"), high = end("high");
    return std::isfinite(low) ? fmt::format("{} [{:.4g}, {:.4g}]", out, low, high) : out;
}

void add_layers(const result_document& result, report_lines& out) {
    const auto& layers = result.table_of("layers");
    const auto &names = list_of(result, "layer_names"), &verdicts = list_of(result, "verdicts"),
               &reasons = list_of(result, "reasons");
    out.add(
        "<h2>Layers</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"Layers\"><table>\n<tr><th class=\"text\">layer</th>"
        "<th class=\"text\">verdict</th><th>steps</th>");
    for (const auto& one : shown) out.add("<th>{}</th>", one.title);
    out.add("<th class=\"text\">why</th></tr>\n");
    for (std::size_t row = 0; row < layers.rows(); ++row) {
        out.add("<tr><td class=\"text\">{}</td><td class=\"text verdict\">{}</td><td>{:.0f}</td>",
                word_at(names, layers.at("layer")[row]),
                word_at(verdicts, layers.at("verdict")[row] - 1), layers.at("steps")[row]);
        for (const auto& one : shown) out.add("<td>{}</td>", shown_value(layers, one.name, row));
        out.add("<td class=\"text\">{}</td></tr>\n",
                row < reasons.size() ? escaped(reasons[row]) : std::string());
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
    add_layers(result, out);
    add_list(result, "findings", "What the numbers may hide", out);
    add_list(result, "cannot_be_told", "What cannot be told", out);
    add_list(result, "notes", "How the log was read", out);
    add_list(result, "definitions", "Definitions", out);
    out.add("</main>\n</body>\n</html>\n");
    return out.take();
}

}  // namespace moebius::cli
