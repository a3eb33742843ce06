// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/file_reader.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// The lines of a file, without their ends. A line is valid until the next one; memory is a block,
/// or twice the longest line.
class line_reader {
public:
    /// Bytes behind each line that may be read, too, whatever they are.
    static constexpr std::size_t padding = 8;

    /// @param start  what was read of the file already
    /// @param grows  whether more may be written to the file: a last line without its end is not
    ///               given then, and after the end the file is read anew
    line_reader(file_reader& file, std::string_view start, bool grows = false);

    /// False at the end of the file.
    /// @throws io_error  for a line of more than 1 GiB
    bool next(std::string_view& line);

    /// Whether the last line that was given had no end where something could be cut: it is not
    /// blank. No line follows it then, whatever comes to the file later.
    [[nodiscard]] bool ended_early() const noexcept { return ended_early_; }

    /// What is read already of the lines behind the last one, with their ends; the last of them may
    /// be a part. Valid until the next line is asked for.
    [[nodiscard]] std::string_view ahead() const noexcept {
        return {buffer_.data() + from_, to_ - from_};
    }
    /// Leaves out lines of it, of so many bytes with their ends.
    void skip(std::size_t bytes) noexcept { searched_ = from_ += bytes; }

private:
    void fill();

    file_reader& file_;
    bool grows_;
    std::vector<char> buffer_;
    std::size_t from_ = 0, searched_ = 0, to_ = 0;
    bool done_ = false, ended_early_ = false;
};

/// What is to be noted of a text whose last line has no end, where a part of a number is a number.
[[nodiscard]] std::string early_end_of(std::string_view file);

}  // namespace moebius
