// SPDX-License-Identifier: MIT
// read_tables FILE: reads a table of tokens; prints the seconds of CPU, the bytes of its doubles
// and the largest memory of the process in bytes. read_tables.py runs it beside pandas.
#include <fmt/format.h>

#include <cstddef>
#include <ctime>
#include <fstream>
#include <moebius/tokens/token_file.hpp>
#include <string>

namespace {

/// Of this program alone; getrusage counts what started it, too.
std::size_t most_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (std::size_t kilobytes = 0; word == "VmHWM:" && status >> kilobytes)
            return kilobytes * 1024;
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const auto start = std::clock();
    const auto table = moebius::read_tokens(argv[1]);
    const auto ticks = std::clock() - start;
    fmt::print("{} {} {}\n", static_cast<double>(ticks) / CLOCKS_PER_SEC,
               table.values.size() * sizeof(double), most_memory());
}
