// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <moebius/base/table.hpp>
#include <moebius/plan/journal.hpp>
#include <moebius/plan/plan.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// What all journals of a folder have, in the order of the points: the same for any number of
/// processes, threads and interruptions.
struct plan_rows {
    std::vector<std::uint64_t> index;             ///< of the points that have values, rising
    std::vector<double> values;                   ///< (index.size(), kept), row by row
    std::map<std::uint64_t, std::string> failed;  ///< sentences of points that have none
    std::vector<std::string> hosts;               ///< where journals were begun, each once
    std::string version;                          ///< of the program that wrote them
    std::string build;                            ///< which one of that version
    std::string inputs;                           ///< journal_heading::inputs

    /// The values of a point; empty if it has none.
    [[nodiscard]] std::span<const double> at(std::uint64_t index) const;
};

/// Reads every journal of a folder; points that two of them have must have the same values there.
/// @param heading  what each must say of itself; empty texts: what the first of them says
/// @throws io_error  as read_journal, for journals of different builds or inputs, or for a point of
///                   which two journals say different things
[[nodiscard]] plan_rows read_rows(const std::filesystem::path& folder, const sweep_plan& plan,
                                  journal_heading heading = {});

/// The plan of the journals of a folder, of the first that has one.
/// @throws io_error  if there is none, or all have just been begun
[[nodiscard]] sweep_plan plan_of_journals(const std::filesystem::path& folder);

/// Whether the points of a merged file are listed: those of a grid that is not refined are where
/// their axes say.
[[nodiscard]] bool is_listed(const sweep_plan& plan) noexcept;

/// The bytes of a dataset of all points of a grid, done or not; 0 where points are listed.
[[nodiscard]] double grid_bytes(const sweep_plan& plan) noexcept;

/// Columns: point, its number, where points are listed; the axes, seed if the plan has any, the
/// kept quantities (NaN where a point failed) and status, 1 for done and 2 for failed. A row a
/// point that was done or failed.
[[nodiscard]] table table_of(const sweep_plan& plan, const plan_rows& rows);

/// The same as CSV, with the sentences of points that failed in a last column, failure.
[[nodiscard]] std::string to_csv(const sweep_plan& plan, const plan_rows& rows);

/// The next points of a plan with refinement, rising; empty when it is done.
///
/// First those of the coarse grid; then, level by level, the corners of the quarters of each cell
/// on whose boundary two known points differ (plan_refinement).
/// A boundary of length 1 and sharpness h takes O(1/h) points. What lies within a cell of the
/// coarse grid and touches none of its corners is not seen.
[[nodiscard]] std::vector<std::uint64_t> wanted_points(const sweep_plan& plan,
                                                       const plan_rows& rows);

}  // namespace moebius
