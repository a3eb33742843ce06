// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/plan/dataset.hpp>
#include <moebius/plan/rows.hpp>
#include <moebius/plan/run.hpp>
#include <vector>

#include "commands.hpp"
#include "journal_folder.hpp"
#include "kept_check.hpp"
#include "plan_trial.hpp"
#include "point_command.hpp"
#include "standard_streams.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

struct plan_arguments {
    std::string what, file, journal;
};

/// What the first, the middle and the last point come to.
struct computed_samples {
    std::size_t count = 0;
    double seconds = 0;                 ///< of one, on average
    std::vector<std::string> failures;  ///< "point 3 fails: ..."
};

computed_samples compute_samples(const std::string& file, const sweep_plan& plan,
                                 kept_check& check) {
    const auto samples = samples_of(plan.points());
    check.expect(samples);
    const auto work = of_file(file, [&] { return point_work_of(plan, &check); });
    computed_samples out;
    out.count = samples.size();
    std::vector<double> kept(plan.keep.size());
    const auto from = std::chrono::steady_clock::now();
    for (const auto index : samples) {
        try {
            work(index, kept);
        } catch (const interrupted&) {
            throw;
        } catch (const error& e) {
            out.failures.push_back(fmt::format("point {} fails: {}", index, e.what()));
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    out.seconds = took.count() / static_cast<double>(samples.size());
    return out;
}

int check(const plan_arguments& args, const sweep_plan& plan) {
    static_cast<void>(require_readable(plan, args.file));
    kept_check kept;
    const auto samples = compute_samples(args.file, plan, kept);
    auto sentences = kept.faults();
    sentences.insert(sentences.end(), samples.failures.begin(), samples.failures.end());
    for (const auto& one : sentences) tell(fmt::format("{}: {}", args.file, one));
    if (kept.refuses()) return exit_code::rejected;
    print(fmt::format("{}: {} points, kept: {} {} of each\n", args.file, plan.points(),
                      plan.keep.size(), plan.keep.size() == 1 ? "quantity" : "quantities"));
    return sentences.empty() ? exit_code::found : exit_code::no_answer;
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
    auto out = fmt::format(
        "{} points{}\n{}", plan.points(),
        plan.refined.halvings == 0 ? "" : " in the finest grid, of which few are computed",
        axes_text(plan));
    const auto watched = session.watch("plan");
    kept_check kept;
    const auto samples = compute_samples(args.file, plan, kept);
    for (const auto& one : samples.failures) out += one + '\n';
    out += fmt::format("{:.3g} s a point, by {} of them: {}", samples.seconds, samples.count,
                       hours_text(plan, samples.seconds));
    const auto folder = journal_folder(args.journal, args.file);
    const auto rows = read_rows(folder, plan);
    if (!rows.version.empty())
        out += fmt::format("\n{} has {} points done and {} failed", folder, rows.index.size(),
                           rows.failed.size());
    print(out + '\n');
    return samples.failures.size() < samples.count ? exit_code::found : exit_code::no_answer;
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
