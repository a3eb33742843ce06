// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/plan/dataset.hpp>
#include <moebius/plan/rows.hpp>

#include "commands.hpp"
#include "output.hpp"

namespace moebius::cli {
namespace {

struct merge_arguments {
    std::string folder, out;
};

void write_merged(const std::string& to, const sweep_plan& plan, const plan_rows& rows) {
    const auto ending = std::filesystem::path(to).extension();
    if (ending == ".csv") return write_file(to, to_csv(plan, rows), durability::synced);
    if (ending == ".nc" || ending == ".h5") return write_dataset(to, plan, rows);
    throw invalid_argument("--out", fmt::format("{} came", to),
                           "its ending must be .nc or .h5 (NetCDF-4) or .csv");
}

int merge(const merge_arguments& args) {
    const auto plan = plan_of_journals(args.folder);
    const auto rows = read_rows(args.folder, plan);
    write_merged(args.out, plan, rows);
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
