// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <moebius/plan/plan.hpp>
#include <moebius/plan/rows.hpp>

namespace moebius {

/// Writes a NetCDF-4 file, whole or not at all, that xarray.open_dataset labels.
///
/// A grid has a dimension an axis (and seed), with the axis' values as its coordinate; what has
/// another layout, or is refined, has the dimension point, with the points' numbers as its
/// coordinate and axes and seed along it. Each kept quantity is a variable (NaN where it failed or
/// is missing), and status is 0 for missing, 1 for done and 2 for failed, with CF's flag_meanings.
/// Points that failed are in failed_point, and their sentences in failure. The plan, the version,
/// the build, the sums of input files and the hosts are attributes.
/// @throws not_compiled  where the program was built without NetCDF; io_error if the file cannot be
///                       written
void write_dataset(const std::filesystem::path& path, const sweep_plan& plan,
                   const plan_rows& rows);

/// Whether write_dataset is compiled.
[[nodiscard]] bool has_dataset() noexcept;

}  // namespace moebius
