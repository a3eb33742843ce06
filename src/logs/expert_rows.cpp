// SPDX-License-Identifier: MIT
#include "expert_rows.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <moebius/tokens/cells.hpp>

#include "log_builder.hpp"

namespace moebius {
namespace {

static_assert(std::endian::native == std::endian::little, "the last byte is the highest");

std::uint64_t word_at(const char* at) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
}

}  // namespace

void expert_rows::foretell(std::size_t start, std::size_t expert, char separator) {
    char* const end = std::to_chars(line_.data() + start, line_.data() + line_.size(), expert).ptr;
    *end = separator;
    size_ = static_cast<std::size_t>(end + 1 - line_.data());
    before_ = std::max<std::size_t>(size_, 8) - 8;
    shift_ = 64 - 8 * static_cast<int>(size_ - before_);
    last_word_ = word_at(line_.data() + before_) << shift_;
}

bool expert_rows::is_foretold(const char* line) const {
    if (word_at(line + before_) << shift_ != last_word_) return false;
    std::uint64_t differ = 0;
    std::size_t i = 0;
    for (; i + 8 <= before_; i += 8) differ |= word_at(line + i) ^ word_at(line_.data() + i);
    if (i < before_)
        differ |= (word_at(line + i) ^ word_at(line_.data() + i)) << (64 - 8 * (before_ - i));
    return differ == 0;
}

expert_rows::taken expert_rows::read(std::string_view start, std::size_t expert, const format& of,
                                     std::string_view text, std::span<double> loads) {
    constexpr std::size_t digits = 20, padding = 8;
    if (start.size() + digits + 1 + padding > line_.size()) return {};
    std::copy(start.begin(), start.end(), line_.begin());
    foretell(start.size(), expert, of.separator);
    const char *from = text.data(), *const end = from + text.size();
    const char first_of_end = of.carriage_return ? '\r' : '\n';
    std::size_t lines = 0;
    for (; lines < loads.size() && static_cast<std::size_t>(end - from) > size_; ++lines) {
        if (!is_foretold(from)) break;
        double load = 0;
        const char* stop = csv::take_padded_number(from + size_, end, first_of_end, load);
        if (stop == nullptr || !is_load(load)) break;
        if (of.carriage_return && stop != end) ++stop;
        if (stop == end || *stop != '\n') break;
        loads[lines] = load;
        from = stop + 1;
        if (++expert % 10 == 0)
            foretell(start.size(), expert, of.separator);
        else  // a digit; not in memory, where a byte that was just written delays its word
            last_word_ += std::uint64_t{1} << 48;
    }
    return {lines, static_cast<std::size_t>(from - text.data())};
}

}  // namespace moebius
