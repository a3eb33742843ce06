// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/plan/dataset.hpp>
#include <moebius/plan/rows.hpp>

#include "commands.hpp"
#include "journal_folder.hpp"
#include "plan_trial.hpp"
#include "point_command.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

struct plan_arguments {
    std::string what, file, journal;
};

int check(const plan_arguments& args, const sweep_plan& plan) {
    const auto trial = try_plan(plan, true);
    for (const auto* sentences : {&trial.faults, &trial.failures})
        for (const auto& one : *sentences) tell(fmt::format("{}: {}", args.file, one));
    if (!trial.faults.empty()) return exit_code::rejected;
    print(fmt::format("{}: {} points, kept: {} {} of each\n", args.file, plan.points(),
                      plan.keep.size(), plan.keep.size() == 1 ? "quantity" : "quantities"));
    return trial.failures.empty() ? exit_code::found : exit_code::no_answer;
}

std::string axes_text(const sweep_plan& plan) {
    std::string out;
    for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
        const auto& one = plan.axes[axis];
        if (plan.layout == plan_layout::latin)
            out += fmt::format("  {:12} {:g} to {:g}\n", one.name, one.from, one.to);
        else
            out += fmt::format("  {:12} {} values, {:g} to {:g}\n", one.name, plan.axis_size(axis),
                               plan.axis_value(axis, 0),
                               plan.axis_value(axis, plan.axis_size(axis) - 1));
    }
    if (!plan.seeds.empty()) out += fmt::format("  {:12} {} values\n", "seed", plan.seeds.size());
    return out;
}

/// Where a line across a grid is followed, each of the finest cells that it passes costs some six
/// points (docs/sweeps.md section 4).
std::string hours_text(const sweep_plan& plan, double seconds) {
    const auto hours = [&](double points) { return seconds * points / 3600; };
    if (plan.refined.halvings == 0)
        return fmt::format("{:.3g} h on one thread", hours(static_cast<double>(plan.points())));
    const auto rows = static_cast<double>(plan.axes[0].points);
    const auto columns = static_cast<double>(plan.axes[1].points);
    const double coarse = rows * columns;
    const double line =
        6 * (std::max(rows, columns) - 1) * std::exp2(static_cast<double>(plan.refined.halvings));
    return fmt::format(
        "{:.3g} h on one thread for the {} points of the coarse grid, and some {:.2g} "
        "h for {:.2g} more for each boundary across it",
        hours(coarse), coarse, hours(line), line);
}

int show(const plan_arguments& args, const sweep_plan& plan, const session& session) {
    const auto work = point_work_of(plan);
    auto out = fmt::format(
        "{} points{}\n{}", plan.points(),
        plan.refined.halvings == 0 ? "" : " in the finest grid, of which few are computed",
        axes_text(plan));
    const auto watched = session.watch("plan");
    std::vector<double> kept(plan.keep.size());
    double seconds = 0;
    std::size_t failed = 0;
    const auto samples = samples_of(plan);
    for (const auto index : samples) {
        const auto from = std::chrono::steady_clock::now();
        try {
            work(plan.point(index), kept);
        } catch (const interrupted&) {
            throw;
        } catch (const error& e) {
            out += fmt::format("point {} fails: {}\n", index, e.what());
            ++failed;
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
        seconds += took.count() / static_cast<double>(samples.size());
    }
    out += fmt::format("{:.3g} s a point, by {} of them: {}", seconds, samples.size(),
                       hours_text(plan, seconds));
    const auto folder = journal_folder(args.journal, args.file);
    const auto rows = read_rows(folder, plan);
    if (!rows.version.empty())
        out += fmt::format("\n{} has {} points done and {} failed", folder, rows.index.size(),
                           rows.failed.size());
    print(out + '\n');
    return failed < samples.size() ? exit_code::found : exit_code::no_answer;
}

}  // namespace

command plan_command() {
    command out{"plan", "Check a sweep file, or show what it comes to",
                "moebius plan check sweep.json"};
    auto args = std::make_shared<plan_arguments>();
    out.options.add("WHAT", args->what, "check or show",
                    {.choices = {"check", "show"}, .required = true, .positional = true});
    out.options.add("FILE", args->file, "a sweep as JSON (docs/sweeps.md)",
                    {.names_file = true, .required = true, .positional = true});
    add_journal(out.options, args->journal);
    out.run = [args](const session& session) {
        const auto plan = read_plan(args->file);
        return args->what == "check" ? check(*args, plan) : show(*args, plan, session);
    };
    return out;
}

}  // namespace moebius::cli
