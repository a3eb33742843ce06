// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/io/result.hpp>
#include <string>
#include <vector>

namespace moebius::cli {

/// Refuses an empty name, which would otherwise mean that none was given.
/// @throws invalid_argument (while parsing) naming the option
CLI::Option* need_name(CLI::Option* option);

/// Whether two names lead to one file, also by links or where there is none yet.
[[nodiscard]] bool one_file(const std::string& a, const std::string& b);

/// @throws invalid_argument if an output leads to the same file as another one or as what is read
void check_distinct(const std::vector<std::string>& written, const std::vector<std::string>& read);

/// Where a result goes: options that all computing subcommands share.
struct output_options {
    std::string out;  ///< empty: the standard output
    std::string format = "json";
    std::vector<std::string> plots;

    void add_to(CLI::App& sub);

    /// Fails before the work rather than after it.
    /// @param read  files that the command reads, or names of what is no file
    /// @throws invalid_argument, io_error if an output could not be written, or would overwrite
    ///         what is read
    void check(const std::vector<std::string>& read) const;

    /// Writes the result in the chosen format (CSV holds the first table) and its figures.
    void write(const result_document& result) const;
    void write(const diagram_document& result) const;

private:
    void put(const std::string& text) const;
    template <typename Result>
    void draw(const Result& result) const;
};

}  // namespace moebius::cli
