// SPDX-License-Identifier: MIT
#include <memory>
#include <moebius/io/json_file.hpp>
#include <moebius/io/plots.hpp>
#include <variant>

#include "commands.hpp"
#include "output.hpp"

namespace moebius::cli {
namespace {

struct plot_arguments {
    std::string file, out;
};

int run(const plot_arguments& args) {
    require_figure_ending(args.out);
    check_distinct({args.out}, {args.file});
    const auto result = read_result(args.file);
    save_figures(std::visit([](const auto& data) { return figures_of(data); }, result), args.out);
    return exit_code::found;
}

}  // namespace

void add_plot(CLI::App& app, const session&) {
    auto* sub = app.add_subcommand("plot", "Draw a result file");
    auto args = std::make_shared<plot_arguments>();
    sub->add_option("FILE", args->file, "a result written as JSON")->required();
    need_name(sub->add_option("--out", args->out, "figure to write, .svg, .png or .pdf"))
        ->required();
    sub->footer("Example: moebius plot run.json --out run.pdf");
    sub->callback([args] { throw CLI::RuntimeError(run(*args)); });
}

}  // namespace moebius::cli
