// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/csv.hpp>
#include <moebius/io/json_file.hpp>
#include <utility>

namespace moebius::cli {
namespace {

const table& first_table(const result_document& result) {
    for (const auto& section : result.sections)
        if (const auto* data = std::get_if<table>(&section.data)) return *data;
    throw invalid_argument("--format", "csv came", "this result has no table");
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
    const auto at_a = fs::weakly_canonical(fs::absolute(a), none);
    if (none) return false;
    const auto at_b = fs::weakly_canonical(fs::absolute(b), none);
    return !none && at_a == at_b;
}

void check_distinct(const std::vector<std::string>& written, const std::vector<std::string>& read) {
    for (std::size_t i = 0; i < written.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            if (one_file(written[i], written[j]))
                throw invalid_argument("--out and --plot", fmt::format("{} came twice", written[i]),
                                       "each must be a file of its own");
        for (std::size_t j = 0; j < written.size(); ++j)
            if (j != i && may_be_figure_of(written[j], written[i]))
                throw invalid_argument(
                    "--out and --plot", fmt::format("{} came beside {}", written[i], written[j]),
                    "several figures of a result are named that way: another name is needed");
        for (const auto& name : read)
            if (!name.empty() && one_file(written[i], name))
                throw invalid_argument("--out and --plot",
                                       fmt::format("{} came, which is read, too", written[i]),
                                       "what is read is never overwritten");
    }
}

CLI::Option* need_name(CLI::Option* option) {
    return option->check([option](const std::string& text) {
        if (text.empty())
            throw invalid_argument(option->get_name(), "'' came", "it must name a file");
        return std::string{};
    });
}

void output_options::add_to(CLI::App& sub) {
    need_name(sub.add_option("--out", out, "file for the answer; without it the standard output"));
    sub.add_option("--format", format, "json, or csv for the table alone")
        ->check(CLI::IsMember({"json", "csv"}))
        ->capture_default_str();
    need_name(sub.add_option("--plot", plots, "figure to draw, .svg, .png or .pdf; may be repeated")
                  ->allow_extra_args(false));
}

void output_options::check(const std::vector<std::string>& read) const {
    auto names = plots;
    if (!out.empty()) names.push_back(out);
    check_distinct(names, read);
    if (!out.empty()) require_writable(out);
    for (const auto& plot : plots) {
        require_figure_ending(plot);
        require_writable(plot);
    }
}

void output_options::write(const result_document& result) const {
    if (format == "json")
        put(to_json(result));
    else
        put(to_csv(first_table(result)));
    draw(result);
}

void output_options::write(const diagram_document& result) const {
    put(format == "json" ? to_json(result) : to_csv(result.data));
    if (!result.data.branches.empty()) draw(result);
}

template <typename Result>
void output_options::draw(const Result& result) const {
    if (plots.empty()) return;
    const auto figures = figures_of(result);
    for (const auto& plot : plots) save_figures(figures, plot);
}

void output_options::put(const std::string& text) const {
    if (out.empty())
        write_standard_output(text);
    else
        write_file(out, text);
}

}  // namespace moebius::cli
