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
    check_distinct({{"--out", args.out}}, {args.file});
    const auto result = read_result(args.file);
    save_figures(std::visit([](const auto& data) { return figures_of(data); }, result), args.out);
    return exit_code::found;
}

}  // namespace

command plot_command() {
    command out{"plot", "Draw a result file", "moebius plot run.json --out run.pdf"};
    auto args = std::make_shared<plot_arguments>();
    out.options.add("FILE", args->file, "a result written as JSON",
                    {.required = true, .positional = true});
    out.options.add("out", args->out, "figure to write, .svg, .png or .pdf",
                    {.names_file = true, .required = true});
    out.run = [args](const session&) { return run(*args); };
    return out;
}

}  // namespace moebius::cli
