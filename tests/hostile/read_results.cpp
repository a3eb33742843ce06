// SPDX-License-Identifier: MIT
// read_results <FILE names on the standard input: for each, "read", or the sentence that refuses
// it. Ends with 1 at an exception that is no sentence of moebius.
#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/io/plots.hpp>
#include <string>

namespace {

/// Reads and, where a schema has figures, composes them: what the plot command does before gnuplot.
std::string outcome_of(const std::string& file) {
    moebius::any_result result;
    try {
        result = moebius::read_result(file);
    } catch (const moebius::io_error& refused) {
        return refused.what();
    }
    try {
        (void)std::visit([](const auto& data) { return moebius::figures_of(data); }, result);
    } catch (const moebius::invalid_argument& lack) {
        return fmt::format("read; no figure: {}", moebius::printable(lack.what(), 300));
    }
    return "read";
}

}  // namespace

int main() {
    bool sound = true;
    for (std::string file; std::getline(std::cin, file);) {
        try {
            std::cout << outcome_of(file) << '\n';
        } catch (const std::exception& raw) {
            sound = false;
            std::cout << "RAW " << file << ": " << raw.what() << '\n';
        }
        std::cout.flush();
    }
    return sound ? 0 : 1;
}
