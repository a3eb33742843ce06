// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/plan/dataset.hpp>
#include <moebius/plan/rows.hpp>

#include "commands.hpp"
#include "memory_limit.hpp"
#include "output.hpp"

namespace moebius::cli {
namespace {

struct merge_arguments {
    std::string folder, out;
};

/// Whether a file is to be a dataset; else it is a table.
bool is_dataset(const std::string& to) {
    const auto ending = std::filesystem::path(to).extension();
    if (ending == ".csv") return false;
    if (ending == ".nc" || ending == ".h5") return true;
    throw invalid_argument("--out", fmt::format("{} came", to),
                           "its ending must be .nc or .h5 (NetCDF-4) or .csv");
}

/// The dataset of a grid has all points, and is made in memory: what it takes is told before, where
/// it is much, and refused where it is not there.
void check_size(const std::string& to, const sweep_plan& plan) {
    constexpr double giga = 1e9;
    const double file = grid_bytes(plan);
    if (file < giga) return;
    const double memory = file + sizeof(double) * static_cast<double>(plan.points());
    const auto takes = fmt::format(
        "the {} points of the grid, done or not, take {:.3g} GB and {:.3g} "
        "GB of memory meanwhile",
        plan.points(), file / giga, memory / giga);
    const auto refuse = [&](double left, std::string_view of) {
        throw io_error(to, fmt::format("{}, and {:.3g} GB {} left: .csv has those that are done",
                                       takes, left / giga, of));
    };
    if (const auto left = memory_left(); left && *left < memory) refuse(*left, "of memory are");
    std::error_code unknown;
    const auto folder = std::filesystem::absolute(to, unknown).parent_path();
    if (const auto disk = std::filesystem::space(folder, unknown);
        !unknown && static_cast<double>(disk.available) < file)
        refuse(static_cast<double>(disk.available), "of the disk are");
    tell(fmt::format("{}: {}", to, takes));
}

/// A quantity that no point has may be misspelt.
void tell_missing(const sweep_plan& plan, const plan_rows& rows) {
    const auto kept = plan.keep.size();
    for (std::size_t k = 0; k < kept && !rows.index.empty(); ++k) {
        bool any = false;
        for (std::size_t row = 0; row < rows.index.size() && !any; ++row)
            any = !std::isnan(rows.values[row * kept + k]);
        if (!any)
            tell(fmt::format("keep {}: no point has {} (moebius plan check says what there is)",
                             plan.keep[k].name, plan.keep[k].pointer));
    }
}

int merge(const merge_arguments& args) {
    const bool dataset = is_dataset(args.out);
    const auto plan = plan_of_journals(args.folder);
    if (dataset) check_size(args.out, plan);
    const auto rows = read_rows(args.folder, plan);
    if (dataset)
        write_dataset(args.out, plan, rows);
    else
        write_file(args.out, to_csv(plan, rows), durability::synced);
    const auto had = rows.index.size() + rows.failed.size();
    print(fmt::format("{} points, {} failed\n", had, rows.failed.size()));
    const auto missing =
        plan.refined.halvings == 0 ? plan.points() - had : wanted_points(plan, rows).size();
    if (missing > 0)
        tell(fmt::format("{} has not all points yet: {} are missing{}", args.folder, missing,
                         plan.refined.halvings == 0 ? "" : " to go on with"));
    if (!rows.failed.empty())
        tell(fmt::format("{} of {} points failed; point {}: {}", rows.failed.size(), had,
                         rows.failed.begin()->first, rows.failed.begin()->second));
    tell_missing(plan, rows);
    return missing == 0 && rows.failed.empty() ? exit_code::found : exit_code::no_answer;
}

}  // namespace

command merge_command() {
    command out{"merge", "Make one file of the journals of a run",
                "moebius merge sweep.json.journal --out sweep.nc"};
    auto args = std::make_shared<merge_arguments>();
    out.options.add("FOLDER", args->folder, "of the journals",
                    {.names_file = true, .required = true, .positional = true});
    out.options.add("out", args->out, "file to write: .nc or .h5 (NetCDF-4), or .csv",
                    {.names_file = true, .required = true});
    out.run = [args](const session&) { return merge(*args); };
    return out;
}

}  // namespace moebius::cli
