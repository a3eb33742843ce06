// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/table.hpp>
#include <moebius/continuation/diagram.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace moebius {

/// The version of this library, as it is written into every result.
[[nodiscard]] std::string_view version() noexcept;

/// Numbers by name, in the order in which they are written.
using named_numbers = std::vector<std::pair<std::string, double>>;

/// The value of an option: a number, a word, or what was given several times.
using option_value = std::variant<double, std::string, std::vector<std::string>>;

/// What a result says about itself before its data, so that a file explains itself.
struct result_heading {
    std::string schema;                                         ///< name/number of the layout
    std::string version{moebius::version()};                    ///< of the writer
    std::string command;                                        ///< the line that made it
    std::string model;                                          ///< empty: left out of the file
    std::string router;                                         ///< empty: left out of the file
    named_numbers parameters;                                   ///< all of the model's, in order
    std::vector<std::pair<std::string, option_value>> options;  ///< how it was computed
    std::optional<std::uint64_t> seed;                          ///< where random numbers were drawn
};

/// A named part of a result's data.
struct result_section {
    std::string name;
    std::variant<double, std::string, std::vector<std::string>, named_numbers, table, diagram> data;
};

/// Any result that is not one diagram alone.
struct result_document {
    result_heading heading;
    std::vector<result_section> sections;

    /// The section of that name as a table.
    /// @throws invalid_argument if there is none, or it is no table
    [[nodiscard]] const table& table_of(std::string_view name) const;

    /// The section of that name as a type that it may hold; null if there is none.
    template <typename Data>
    [[nodiscard]] const Data* find(std::string_view name) const {
        for (const auto& section : sections)
            if (section.name == name) return std::get_if<Data>(&section.data);
        return nullptr;
    }
};

/// Branches and special points, and how they came about.
struct diagram_document {
    result_heading heading;
    diagram data;
};

/// The schemas of all results; the first two are diagrams, the others documents.
inline constexpr std::string_view diagram_schema = "moebius.diagram/1";
inline constexpr std::string_view locus_schema = "moebius.locus/1";
inline constexpr std::string_view exact_schema = "moebius.exact/1";
inline constexpr std::string_view sweep_schema = "moebius.sweep/1";
inline constexpr std::string_view grid_schema = "moebius.grid/1";
inline constexpr std::string_view simulate_schema = "moebius.simulate/1";
inline constexpr std::string_view validate_schema = "moebius.validate/1";
inline constexpr std::string_view validate_experts_schema = "moebius.validate-experts/1";
inline constexpr std::string_view validate_tokens_schema = "moebius.validate-tokens/1";
inline constexpr std::string_view validate_oscillation_schema = "moebius.validate-oscillation/1";
inline constexpr std::string_view compare_schema = "moebius.compare/1";
inline constexpr std::string_view response_schema = "moebius.response/1";
inline constexpr std::string_view check_schema = "moebius.check/1";
inline constexpr std::string_view train_schema = "moebius.train/1";
inline constexpr std::string_view diagnose_schema = "moebius.diagnose/1";
inline constexpr std::string_view validate_trained_schema = "moebius.validate-trained/1";
inline constexpr std::string_view validate_held_schema = "moebius.validate-held/1";

}  // namespace moebius
