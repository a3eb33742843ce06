// SPDX-License-Identifier: MIT
// What each schema holds: the one home of what the reader checks and docs/schema publishes.
#pragma once

#include <moebius/io/result.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

enum class column_values {
    number,  ///< finite, or none
    finite,
    flag,   ///< 0 or 1
    index,  ///< of a row or a word of another section
};

struct column_layout {
    std::string_view name;
    column_values values = column_values::number;
    std::string_view of = {};  ///< for an index: the section
    std::size_t first = 0;     ///< for an index: the number of the first row
    bool needed = true;        ///< else it is checked where it occurs
};

struct table_layout {
    std::string_view name;
    std::vector<column_layout> columns = {};
    std::size_t leading = 0;  ///< so many columns, of any name, are finite
    std::size_t least_rows = 0;
    bool needed = true;
};

struct result_layout {
    std::string_view schema;
    std::vector<table_layout> tables = {};
    std::vector<std::string_view> words = {};     ///< sections that are lists of words
    std::vector<std::string_view> diagrams = {};  ///< sections that are diagrams
    std::vector<std::string_view> loci = {};      ///< and those over two parameters
};

/// Of every schema that is no diagram alone.
[[nodiscard]] std::span<const result_layout> result_layouts();

/// Null for a schema that is not known.
[[nodiscard]] const result_layout* layout_of(std::string_view schema);

/// The kinds of branches: over one parameter, and over two.
inline constexpr std::string_view diagram_kinds[] = {"equilibrium", "cycle"};
inline constexpr std::string_view locus_kinds[] = {"fold",
                                                   "branch point",
                                                   "hopf",
                                                   "doubling",
                                                   "torus",
                                                   "fold of cycles",
                                                   "doubling of cycles",
                                                   "torus of cycles",
                                                   "branch point of cycles",
                                                   "homoclinic"};
inline constexpr std::string_view criticalities[] = {"supercritical", "subcritical",
                                                     "transcritical", ""};

}  // namespace moebius
