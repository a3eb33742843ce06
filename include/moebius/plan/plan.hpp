// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// One direction of a plan: what takes which values.
struct plan_axis {
    std::string name;            ///< of a parameter of the model, or of an option of the command
    bool is_option = false;      ///< --name VALUE; else --set name=VALUE
    std::vector<double> values;  ///< as they are; empty: a range
    double from = 0, to = 0;     ///< ends of the range
    std::size_t points = 0;      ///< of the range, with both ends
    bool logarithmic = false;    ///< evenly spaced logarithms

    [[nodiscard]] std::size_t size() const noexcept {
        return values.empty() ? points : values.size();
    }

    /// Value i of size().
    [[nodiscard]] double at(std::size_t i) const;

    /// Value i of 0, ..., last of the range, to the 15 digits that one would write.
    [[nodiscard]] double on_grid(std::size_t i, std::size_t last) const;

    /// The value at a share of the way, in [0, 1].
    [[nodiscard]] double between(double share) const;
};

/// A quantity that is kept of each point's result.
struct plan_quantity {
    std::string name;     ///< of the column
    std::string pointer;  ///< RFC 6901, into the result as JSON; "/#" behind it: how many entries
};

/// How the axes make points.
enum class plan_layout {
    grid,   ///< each value with each, the last axis fastest
    list,   ///< value i of every axis together
    latin,  ///< a Latin hypercube: each axis has a point in each of `samples` equal parts
};

/// Where one point is.
struct plan_point {
    std::vector<double> at;             ///< one an axis
    std::optional<std::uint64_t> seed;  ///< for --seed
};

/// Where points are added to a grid of two ranges.
struct plan_refinement {
    std::size_t halvings = 0;     ///< of the grid's steps; 0: no points are added
    std::size_t of = 0;           ///< which kept quantity tells neighbours apart
    double by = 0;                ///< they differ by more than this, >= 0; or one is no number
    std::optional<double> level;  ///< in place of that: one is below it and the other is not
};

/// A sweep: a command with fixed options, the points at which it runs, and what is kept of each.
///
/// A point is known by its number alone: nothing is listed, and a plan of 1e9 points is as small as
/// one of ten. Seeds run fastest.
struct sweep_plan {
    std::vector<std::string> command;  ///< words, without those of axes and seeds
    std::vector<plan_axis> axes;
    plan_layout layout = plan_layout::grid;
    std::size_t samples = 0;       ///< of a Latin hypercube
    std::uint64_t latin_seed = 0;  ///< of its permutations
    std::vector<std::uint64_t> seeds;
    std::vector<plan_quantity> keep;
    plan_refinement refined;
    std::string text;  ///< as JSON in its shortest form: the same plan, the same text

    /// All points; with refinement those of the finest grid, of which few are computed.
    [[nodiscard]] std::uint64_t points() const noexcept;

    /// Values of an axis; with refinement those of the finest grid.
    [[nodiscard]] std::size_t axis_size(std::size_t axis) const noexcept;
    [[nodiscard]] double axis_value(std::size_t axis, std::size_t i) const;

    /// @param index  < points()
    [[nodiscard]] plan_point point(std::uint64_t index) const;

    /// What a journal must belong to.
    [[nodiscard]] std::uint64_t hash() const noexcept;
};

/// Most points of a plan: their numbers are exact as doubles.
inline constexpr std::uint64_t most_plan_points = std::uint64_t{1} << 53;

/// @param where  for sentences
/// @throws io_error  naming the place of a key that is not known and the nearest that is, and of a
///                   value that is not accepted (docs/schema/plan.schema.json)
[[nodiscard]] sweep_plan parse_plan(std::string_view text, const std::string& where);

/// Reads a file.
/// @throws io_error  as parse_plan, or if it cannot be read
[[nodiscard]] sweep_plan read_plan(const std::filesystem::path& path);

}  // namespace moebius
