// SPDX-License-Identifier: MIT
#include <iostream>
#include <memory>
#include <moebius/io/branch_figure.hpp>
#include <moebius/io/line_sampler.hpp>
#include <string>

#include "commands.hpp"
#include "session.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

struct follow_arguments {
    measured_options branch;
    line_options lines;
    std::string plot;
};

std::optional<std::string> heard_line() {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
}

}  // namespace

command follow_command() {
    command out{
        "follow", "Continue the branch of another program's loop through standard streams",
        "moebius follow --experts 2 --to 4  (with scripts/follow_loop.py at the other end)"};
    auto args = std::make_shared<follow_arguments>();
    auto& branch = args->branch;
    out.options.add("experts", branch.experts, "of the loop");
    out.options.add("decay", branch.decay, "rate at which its scores are to forget");
    out.options.add("bias", branch.bias, "drift of the first score's lead");
    out.options.add("beta", branch.beta, "inverse temperature of its router");
    out.options.add("from", branch.from, "first lead, in 1/beta");
    out.options.add("to", branch.to, "last lead, in 1/beta");
    out.options.add("step", branch.step, "of arclength, in 1/beta");
    out.options.add("width", branch.width, "half of a local fit's, in 1/beta");
    out.options.add("mean_spread", branch.mean_spread,
                    "of mean scores that are held, in 1/beta, if loads depend on these");
    out.options.add("targets", branch.targets, "held for each step");
    out.options.add("steps", args->lines.steps, "batches of a window");
    out.options.add("windows", args->lines.windows, "of each target");
    out.options.add("plot", args->plot, "figure to write, .svg, .png or .pdf",
                    {.kept = option_kept::never, .names_file = true});
    out.run = [args](const session&) {
        if (!args->plot.empty()) require_figure_ending(args->plot);
        const auto sampler = sample_by_lines(print, heard_line, args->lines);
        const auto found = follow_measured(sampler, args->branch);
        print(branch_line(found));
        if (!args->plot.empty()) save_figure(branch_figure(found), args->plot);
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
