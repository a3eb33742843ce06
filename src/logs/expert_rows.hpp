// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace moebius {

/// Lines of a table of a row an expert that are as the last one was but for the next expert and its
/// load, which are the last two columns. What a line begins with is foretold, and compared in words
/// of 8 bytes; only the load is read.
class expert_rows {
public:
    struct taken {
        std::size_t lines = 0, bytes = 0;  ///< bytes with their ends
    };
    struct format {
        char separator = ',';
        bool carriage_return = false;  ///< before each line's end
    };

    /// Reads such lines, as many as there are loads at most.
    /// @param start      what they begin with, up to the expert
    /// @param expert     the first of them
    /// @param text       lines with their ends; 8 bytes behind them can be read
    taken read(std::string_view start, std::size_t expert, const format& of, std::string_view text,
               std::span<double> loads);

private:
    void foretell(std::size_t start, std::size_t expert, char separator);
    [[nodiscard]] bool is_foretold(const char* line) const;

    std::array<char, 72> line_;    ///< what the next line begins with, up to its load
    std::size_t size_ = 0;         ///< of that
    std::size_t before_ = 0;       ///< of that without its last word, of up to 8 bytes
    int shift_ = 0;                ///< that leaves out what is behind a shorter word
    std::uint64_t last_word_ = 0;  ///< the separator in its highest byte, a digit before it
};

}  // namespace moebius
