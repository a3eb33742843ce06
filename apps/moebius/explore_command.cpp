// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <moebius/io/atomic_file.hpp>

#include "commands.hpp"
#include "explore_page.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {

command explore_command() {
    command out{"explore", "Write a page to play with: models, sliders, a live loop; any browser",
                "moebius explore --out explore.html"};
    auto file = std::make_shared<std::string>("explore.html");
    out.options.add("out", *file, "the page, one HTML file without network; -: standard output",
                    {.names_file = true});
    out.run = [file](const session&) {
        const auto page = explore_page();
        if (*file == "-") {
            write_standard_output(page);
            return exit_code::found;
        }
        write_file(*file, page);
        print(fmt::format("{}: {:.1f} MB, to be opened in a browser\n", *file,
                          static_cast<double>(page.size()) / 1e6));
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
