// SPDX-License-Identifier: MIT
// What all fuzz targets share. A target is one reader: <reader>.cpp defines `read_one`, and
// harness.cpp calls it for each input, from libFuzzer or from the main of replay.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moebius::fuzz {

/// Hands an input to the reader. A moebius::error is an answer; whatever else comes out is a fault.
void read_one(std::string_view input);

/// Bytes that the reader may hold at a time whatever the input; beyond it, 64 times the input.
extern const std::size_t allocation_floor;

/// A file in memory, for readers that take a path.
class memory_file {
public:
    explicit memory_file(std::string_view bytes);
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file();
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    int descriptor_;
    std::string path_;
};

/// Ends the program with a sentence, as a sanitizer would.
[[noreturn]] void fault(std::string_view sentence);

/// A fault unless `holds`.
inline void require(bool holds, std::string_view rule) {
    if (!holds) fault(rule);
}

/// The input up to the next line feed, which goes, too.
[[nodiscard]] std::string_view take_line(std::string_view& input);

/// Whether the runs of digits in it multiply to more than `limit`, or one has an exponent: a text
/// may ask for as much work as it likes, but a fuzzer need not do it.
[[nodiscard]] bool asks_for_much(std::string_view text, double limit);

}  // namespace moebius::fuzz
