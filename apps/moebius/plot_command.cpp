// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/plan/figure.hpp>
#include <string>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "output.hpp"

namespace moebius::cli {
namespace {

struct plot_arguments {
    std::string file, out, quantity;
};

/// Here the figure is the answer: one of several that is empty is one that was not found, and a
/// file of which nothing can be seen is rejected.
int draw(std::vector<named_figure> figures, const std::string& out) {
    const auto asked = figures.size();
    if (std::none_of(figures.begin(), figures.end(),
                     [](const named_figure& one) { return has_points(one.drawing); }))
        throw invalid_argument("figure", "no finite point came", "there must be one to draw");
    leave_out_empty(figures);
    draw_figures(figures, out);
    return figures.size() == asked ? exit_code::found : exit_code::no_answer;
}

/// Of journals that may still be written: what they have by now.
int draw_journals(const plot_arguments& args) {
    const auto plan = plan_of_journals(args.file);
    return draw({{"", figure_of(plan, read_rows(args.file, plan), args.quantity)}}, args.out);
}

int run(const plot_arguments& args) {
    require_figure_ending(args.out);
    check_distinct({{"--out", args.out}}, {args.file});
    if (std::filesystem::is_directory(args.file)) return draw_journals(args);
    const auto result = read_result(args.file);
    if (!args.quantity.empty())
        throw invalid_argument("--quantity", "it came for a result file",
                               "a folder of journals has quantities");
    try {
        return draw(std::visit([](const auto& data) { return figures_of(data); }, result),
                    args.out);
    } catch (const invalid_argument& fault) {
        throw io_error(args.file,
                       excerpt(fault.what(), 300));  // of what the file holds, whatever reads it
    }
}

}  // namespace

command plot_command() {
    command out{"plot", "Draw a result file, or what a run has done so far",
                "moebius plot run.json --out run.pdf"};
    auto args = std::make_shared<plot_arguments>();
    out.options.add("FILE", args->file,
                    "a result written as JSON, or a folder of journals of a run",
                    {.required = true, .positional = true});
    out.options.add("out", args->out, "figure to write, .svg, .png or .pdf",
                    {.names_file = true, .required = true});
    out.options.add("quantity", args->quantity,
                    "of journals: the kept one to draw; else the first");
    out.run = [args](const session&) { return run(*args); };
    return out;
}

}  // namespace moebius::cli
