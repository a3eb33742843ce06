// SPDX-License-Identifier: MIT
// read_logs FILE: reads a load log record by record; prints the seconds of CPU and the sum of its
// loads. read_logs.py runs it beside pandas and polars.
#include <fmt/format.h>

#include <ctime>
#include <moebius/logs/log_file.hpp>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const auto start = std::clock();
    double sum = 0;
    for (const auto& log : moebius::open_logs(std::vector<std::string>{argv[1]}))
        for (moebius::load_record record; log.source->next(record);)
            for (const double load : record.loads) sum += load;
    const auto ticks = std::clock() - start;
    fmt::print("{} {}\n", static_cast<double>(ticks) / CLOCKS_PER_SEC, sum);
}
