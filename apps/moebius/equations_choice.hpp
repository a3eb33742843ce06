// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/equations/equations.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/io/result.hpp>
#include <optional>
#include <string>
#include <vector>

namespace moebius::cli {

/// Equations in place of a shipped model: of a file that is named, or of a result's.
struct equations_choice {
    std::string file;                 ///< empty: none was named
    std::optional<std::string> text;  ///< once it is read

    [[nodiscard]] explicit operator bool() const noexcept { return text || !file.empty(); }

    /// The model's name: that of the file, without its folder and ending.
    [[nodiscard]] std::string name() const;

    /// @throws io_error for a file that cannot be read, or is too large
    void read();
    /// Takes what a result carries.
    /// @param from  the result's file, where equations may not be named, too
    void inherit(const result_heading& origin, const std::string& from);
};

void add_to(option_table& table, equations_choice& choice);

/// The model of a text; a result's heading carries the text from here on.
/// @param name  of the model
/// @throws invalid_argument naming file and line
[[nodiscard]] equations make_equations(const equations_choice& choice, const std::string& name,
                                       result_heading& heading);

/// Parameters of name=... are spelled as the model does: its language knows no large letters.
void spell_as(const field& model, std::vector<std::string>& settings);

/// What a text says that has no meaning here, "set (line 4), @ total (line 9)", and that it may be
/// cut off; empty if nothing.
[[nodiscard]] std::string remark_of(const equations_choice& choice, const equations& made);

}  // namespace moebius::cli
