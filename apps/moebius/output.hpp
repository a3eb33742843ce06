// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/option_table.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/io/result.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::cli {

/// Whether two names lead to one file, also by links or where there is none yet.
[[nodiscard]] bool one_file(const std::string& a, const std::string& b);

/// A file that a command writes, and the option that names it.
struct written_file {
    std::string option, name;
};

/// @throws invalid_argument if an output leads to the same file as another one or as what is read
void check_distinct(const std::vector<written_file>& written, const std::vector<std::string>& read);

/// Leaves out figures in which nothing would be seen, with a sentence for each.
void leave_out_empty(std::vector<named_figure>& figures);

/// save_figures, which tells the names of the files where they are others than the one asked for.
void draw_figures(std::span<const named_figure> figures, const std::string& path);

/// A signal ended gnuplot, and the result is in its file by then.
class drawing_interrupted final : public std::runtime_error {
    using std::runtime_error::runtime_error;  ///< of the file's name
};

/// Where a result goes: options that all computing subcommands share. The terminal gets a summary;
/// the result itself goes to a file, or to the standard output where that was asked for.
struct output_options {
    std::string out;     ///< a file; "-": the standard output; empty: as `format` says
    std::string format;  ///< json or csv; empty: as the name of the file says
    std::vector<std::string> plots;

    void add_to(option_table& table);
    void add_result_to(option_table& table);  ///< without figures

    /// Fails before the work rather than after it.
    /// @param read  files that the command reads, or names of what is no file
    /// @param also  that it writes beside these
    /// @throws invalid_argument, io_error if an output could not be written, or would overwrite
    ///         what is read
    void check(const std::vector<std::string>& read,
               const std::vector<written_file>& also = {}) const;

    /// Whether the result goes anywhere: else the terminal gets the summary alone.
    [[nodiscard]] bool keeps_result() const { return !out.empty() || !format.empty(); }

    /// Whether more of it goes anywhere than its first table: into JSON or figures.
    [[nodiscard]] bool keeps_all_tables() const {
        return !plots.empty() || (keeps_result() && !as_csv());
    }

    /// Whether the standard output gets the first table alone, without a summary.
    [[nodiscard]] bool prints_csv() const;

    /// Writes the result in the chosen format (CSV holds the first table) and its figures, and
    /// the summary to the standard output unless the result goes there. Of a result that is
    /// incomplete (incomplete.hpp) it says so, and draws figures only if nothing else keeps it.
    void write(const result_document& result, std::string_view summary) const;
    void write(const diagram_document& result, std::string_view summary) const;

private:
    [[nodiscard]] bool to_standard_output() const;
    [[nodiscard]] bool as_csv() const;
    template <typename Document>
    void write_all(const Document& result, std::string_view summary, bool drawable) const;
    void tell_incomplete(const result_heading& heading) const;
    void check_ending() const;
    void draw(std::vector<named_figure> figures) const;
};

}  // namespace moebius::cli
