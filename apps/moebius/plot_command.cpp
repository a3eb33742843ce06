// SPDX-License-Identifier: MIT
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/plots.hpp>
#include <string>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "output.hpp"

namespace moebius::cli {
namespace {

struct plot_arguments {
    std::string file, out;
};

/// The figures of a file; what they find amiss in it is said with its name.
std::vector<named_figure> figures_in(const std::string& file) {
    const auto result = read_result(file);
    try {
        return std::visit([](const auto& data) { return figures_of(data); }, result);
    } catch (const invalid_argument& lack) {
        throw io_error(file, printable(lack.what(), 300));
    }
}

int run(const plot_arguments& args) {
    require_figure_ending(args.out);
    check_distinct({args.out}, {args.file});
    save_figures(figures_in(args.file), args.out);
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
