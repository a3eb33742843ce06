// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <moebius/backend/backend.hpp>
#include <moebius/io/figure.hpp>
#include <moebius/io/result.hpp>
#include <thread>

#include "commands.hpp"

namespace moebius::cli {
namespace {

std::string report() {
    constexpr const char* digits = "data/digits.csv";
    const auto gnuplot = gnuplot_version();
    return fmt::format(
        "moebius   {}\ncompiler  {}\nthreads   {}\ngnuplot   {}\ncuda      {}\ndata      {}\n",
        version(), MOEBIUS_COMPILER, std::thread::hardware_concurrency(),
        gnuplot.empty() ? "missing: figures need it (Debian package gnuplot-nox)" : gnuplot,
        fmt::join(describe_devices(), "\n          "),
        std::filesystem::exists(digits)
            ? fmt::format("{} found", digits)
            : fmt::format("{} is not here: run from the project's folder for it", digits));
}

}  // namespace

command doctor_command() {
    command out{"doctor", "Tell what this program was built with and finds here", "moebius doctor"};
    out.run = [](const session&) {
        print(report());
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
