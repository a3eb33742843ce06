// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/csv.hpp>
#include <moebius/io/json_file.hpp>
#include <utility>

#include "incomplete.hpp"
#include "layer_columns.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

const table& first_table(const result_document& result) {
    for (const auto& section : result.sections)
        if (const auto* data = std::get_if<table>(&section.data)) return *data;
    throw invalid_argument("--format", "csv came", "this result has no table");
}

/// What a result says of the layers of a log in words stands beside the table, which a CSV has no
/// other place for.
std::string csv_of(const result_document& result) {
    std::vector<csv_words> words;
    const auto add = [&](std::string_view column, std::string_view list, std::size_t first = 0) {
        if (const auto* found = result.find<std::vector<std::string>>(list))
            words.push_back({column, *found, first});
    };
    add("layer", "layer_names");
    add("verdict", "verdicts", 1);
    for (const auto& one : layer_texts()) add(one.column, one.list);
    return words.empty() ? to_csv(first_table(result)) : to_csv(first_table(result), words);
}
std::string csv_of(const diagram_document& result) { return to_csv(result.data); }

/// Of a file's name, in small letters: ".csv".
std::string ending_of(const std::string& name) {
    auto ending = std::filesystem::path(name).extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending;
}

/// Whether save_figures could give the name to one of several figures: x-loads.svg for x.svg.
bool may_be_figure_of(const std::filesystem::path& plot, const std::filesystem::path& name) {
    return name.extension() == plot.extension() &&
           name.stem().string().starts_with(plot.stem().string() + '-') &&
           one_file(plot.parent_path() / ".", name.parent_path() / ".");
}

}  // namespace

bool one_file(const std::string& a, const std::string& b) {
    namespace fs = std::filesystem;
    std::error_code
        none;  // set where a name can be no file's, as a list of margins: it is no error
    if (fs::equivalent(a, b, none)) return true;
    const auto place_of = [&](const std::string& name) {
        const auto whole = fs::absolute(name, none);  // not where the working folder is gone
        return none ? fs::path() : fs::weakly_canonical(whole, none);
    };
    const auto at_a = place_of(a);
    if (none) return a == b;
    const auto at_b = place_of(b);
    return none ? a == b : at_a == at_b;
}

void check_distinct(const std::vector<written_file>& written,
                    const std::vector<std::string>& read) {
    for (std::size_t i = 0; i < written.size(); ++i) {
        const auto& [option, file] = written[i];
        for (std::size_t j = 0; j < i; ++j)
            if (one_file(file, written[j].name))
                throw invalid_argument(option == written[j].option
                                           ? option
                                           : fmt::format("{} and {}", written[j].option, option),
                                       fmt::format("{} came twice", file),
                                       "each must be a file of its own");
        for (std::size_t j = 0; j < written.size(); ++j)
            if (j != i && may_be_figure_of(written[j].name, file))
                throw invalid_argument(
                    fmt::format("{} and {}", option, written[j].option),
                    fmt::format("{} came beside {}", file, written[j].name),
                    "several figures of a result are named that way: another name is needed");
        for (const auto& name : read) {
            if (name.empty()) continue;
            if (one_file(file, name))
                throw invalid_argument(option, fmt::format("{} came, which is read, too", file),
                                       "what is read is never overwritten");
            if (may_be_figure_of(file, name))
                throw invalid_argument(option, fmt::format("{} came beside {}", file, name),
                                       "several figures of a result are named that way, and what "
                                       "is read is never overwritten: another name is needed");
        }
    }
}

void leave_out_empty(std::vector<named_figure>& figures) {
    const auto panels = [all = figures](const std::string& name) {
        return std::count_if(all.begin(), all.end(), [&](auto& one) { return one.name == name; });
    };
    std::erase_if(figures, [&](const named_figure& one) {
        if (has_points(one.drawing)) return false;
        const auto which = panels(one.name) > 1
                               ? fmt::format("panel of the {}", one.drawing.y_axis)
                               : fmt::format("figure{}{}", one.name.empty() ? "" : " ", one.name);
        tell(fmt::format("the {} has no finite point to show and was not drawn", which));
        return true;
    });
}

void draw_figures(std::span<const named_figure> figures, const std::string& path) {
    std::vector<std::string> files;
    for (const auto& file : save_figures(figures, path)) files.push_back(file.string());
    if (files != std::vector{path} && !files.empty())
        tell(fmt::format("drawn: {}", fmt::join(files, ", ")));
}

void output_options::add_result_to(option_table& table) {
    const auto kept = option_kept::never;
    table.add("out", out,
              "file for the result: JSON, or CSV by its ending; - is the standard output. Without "
              "it the terminal gets a summary",
              {.kept = kept, .names_file = true});
    table.add("format", format,
              "of the result: json, or csv for the first table alone; without --out it is printed",
              {.choices = {"json", "csv"}, .kept = kept});
}

void output_options::add_to(option_table& table) {
    add_result_to(table);
    table.add(
        "plot", plots,
        "figure to draw, .svg, .png or .pdf; may be repeated. Where a result has several, each "
        "gets a word before its ending (x-loads.svg of x.svg), which is told",
        {.kept = option_kept::never, .names_file = true});
}

void output_options::check(const std::vector<std::string>& read,
                           const std::vector<written_file>& also) const {
    std::vector<written_file> names;
    const bool to_file = !out.empty() && out != "-";
    if (to_file) names.push_back({"--out", out});
    for (const auto& plot : plots) names.push_back({"--plot", plot});
    names.insert(names.end(), also.begin(), also.end());
    check_distinct(names, read);
    check_ending();
    if (to_file) require_writable(out);
    for (const auto& plot : plots) {
        require_figure_ending(plot);
        require_writable(plot);
    }
}

bool output_options::to_standard_output() const {
    return out == "-" || (out.empty() && !format.empty());
}

bool output_options::prints_csv() const { return to_standard_output() && as_csv(); }

bool output_options::as_csv() const {
    return (format.empty() ? ending_of(out) : '.' + format) == ".csv";
}

/// A name says what is in a file.
void output_options::check_ending() const {
    const auto ending = ending_of(out);
    if (ending == ".svg" || ending == ".png" || ending == ".pdf")
        throw invalid_argument("--out", fmt::format("{} came", out),
                               "it is for the result, and --plot draws figures");
    if (!format.empty() && (ending == ".csv" || ending == ".json") && ending != '.' + format)
        throw invalid_argument("--format", fmt::format("{} came for {}", format, out),
                               "the name says another one");
}

void output_options::draw(std::vector<named_figure> figures) const {
    leave_out_empty(figures);
    try {
        for (const auto& plot : plots) draw_figures(figures, plot);
    } catch (const interrupted&) {
        if (out.empty() || out == "-") throw;
        throw drawing_interrupted(out);
    }
}

void output_options::tell_incomplete(const result_heading& heading) const {
    const bool to_file = !out.empty() && out != "-";
    std::string_view where = "above is";
    if (to_file) where = "the file has";
    if (!to_file && !plots.empty()) where = "the figure has";
    tell(fmt::format("{}: {} what was computed until then{}{}", *incomplete_because(heading), where,
                     keeps_result() ? ", and says that it is incomplete" : "",
                     keeps_result() && !plots.empty()
                         ? "; no figure was drawn: moebius plot FILE --out FIGURE does"
                         : ""));
}

/// The result comes first: a figure may fail, and it can be drawn from the file later. A standard
/// output that takes nothing is no reason to leave the figures out, nor they one for that.
template <typename Document>
void output_options::write_all(const Document& result, std::string_view summary,
                               bool drawable) const {
    const bool printed = to_standard_output();
    const bool incomplete = incomplete_because(result.heading).has_value();
    std::string text;
    if (keeps_result()) text = as_csv() ? csv_of(result) : to_json(result);
    if (!printed && keeps_result()) write_file(out, text);
    std::exception_ptr unprinted;
    try {
        print(printed ? text : printable(summary, "\n"));
    } catch (const std::exception&) {
        unprinted = std::current_exception();
    }
    if (incomplete) tell_incomplete(result.heading);
    if (!plots.empty() && drawable && !(incomplete && keeps_result())) draw(figures_of(result));
    if (unprinted) std::rethrow_exception(unprinted);
}

void output_options::write(const result_document& result, std::string_view summary) const {
    write_all(result, summary, true);
}

void output_options::write(const diagram_document& result, std::string_view summary) const {
    write_all(result, summary, !result.data.branches.empty());
}

}  // namespace moebius::cli
