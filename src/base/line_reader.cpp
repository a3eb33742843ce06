// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/line_reader.hpp>
#include <span>

namespace moebius {

line_reader::line_reader(file_reader& file, std::string_view start, bool grows)
    : file_(file), grows_(grows), buffer_(start.begin(), start.end()), to_(start.size()) {
    buffer_.resize(buffer_.size() + padding);
}

bool line_reader::next(std::string_view& line) {
    while (true) {
        const char* first = buffer_.data() + from_;
        const auto* end = static_cast<const char*>(
            std::memchr(buffer_.data() + searched_, '\n', to_ - searched_));
        searched_ = to_;
        if (end != nullptr || (done_ && !grows_ && from_ < to_)) {
            const char* last = end != nullptr ? end : buffer_.data() + to_;
            from_ = static_cast<std::size_t>(last - buffer_.data()) + (end != nullptr ? 1 : 0);
            searched_ = from_;
            line = {first, static_cast<std::size_t>(last - first)};
            ended_early_ =
                end == nullptr && line.find_first_not_of(" \t\r") != std::string_view::npos;
            return true;
        }
        if (done_) {
            done_ = !grows_;
            return false;
        }
        fill();
    }
}

/// Moves what is left to the front and reads on behind it; a long line makes the buffer grow.
void line_reader::fill() {
    constexpr std::size_t block = std::size_t{1} << 18, longest = std::size_t{1} << 30;
    if (to_ - from_ > longest) throw io_error(file_.name(), "it has a line of more than 1 GiB");
    std::memmove(buffer_.data(), buffer_.data() + from_, to_ - from_);
    to_ -= from_;
    searched_ -= from_;
    from_ = 0;
    if (buffer_.size() - to_ < block + padding)
        buffer_.resize(std::max(2 * to_, to_ + block) + padding);
    const auto room = std::span(buffer_).first(buffer_.size() - padding).subspan(to_);
    const std::size_t got = grows_ ? file_.read_some(room) : file_.read(room);
    done_ = grows_ ? got == 0 : got < room.size();
    to_ += got;
}

std::string early_end_of(std::string_view file) {
    return fmt::format(
        "the last line of {} has no end: where the file was cut off, its last number "
        "may be a part of one",
        file);
}

}  // namespace moebius
