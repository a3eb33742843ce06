// SPDX-License-Identifier: MIT
#include "lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>

namespace moebius::detail {
namespace {

constexpr std::size_t most_characters = 1 << 22;  // of all lines, arrays written out

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

std::optional<long> whole_number(std::string_view text) {
    text = trimmed(text);
    int value = 0;  // a narrow type: sums of two are no overflow below
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

struct index_range {
    long from = 0, to = 0;
    [[nodiscard]] std::size_t size() const {
        return static_cast<std::size_t>(from < to ? to - from : from - to) + 1;
    }
    [[nodiscard]] long at(std::size_t k) const {
        return from < to ? from + static_cast<long>(k) : from - static_cast<long>(k);
    }
};

/// The index that "j", "j+1", "j-2", "j*3" or "4" is.
std::optional<long> index_of(std::string_view text, std::optional<long> j) {
    text = trimmed(text);
    if (text.empty() || (text[0] != 'j' && text[0] != 'J')) return whole_number(text);
    if (!j) return std::nullopt;
    text = trimmed(text.substr(1));
    if (text.empty()) return j;
    const auto by = whole_number(text.substr(1));
    if (!by || *by < 0) return std::nullopt;
    switch (text[0]) {
        case '+':
            return *j + *by;
        case '-':
            return *j - *by;
        case '*':
            return *j * *by;
        default:
            return std::nullopt;
    }
}

bool is_remark(std::string_view line) {
    line = trimmed(line);
    return line.starts_with('#') || line.starts_with('"');
}

/// Whether a line, trimmed, is "done": for XPP anything that begins with d and defines nothing.
bool is_end(std::string_view line) {
    if (line.empty() || (line[0] != 'd' && line[0] != 'D')) return false;
    const auto word = line.substr(0, line.find_first_of(" =/'("));
    const auto rest = trimmed(line.substr(word.size()));
    return rest.empty() || (line[word.size()] == ' ' && rest[0] != '=');
}

class line_reader {
public:
    line_reader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

    [[nodiscard]] model_lines all() {
        check_format();
        while (next() && !is_end(line_.text)) {
            if (line_.text.empty()) continue;
            if (line_.text[0] == '%' && line_.text.find("..") != std::string::npos)
                add_block();
            else
                add(line_);
        }
        // what begins with d may be a part of dx/dt = ...
        const bool is_whole = in_small_letters(line_.text) == "done";
        return {std::move(lines_), ends_early_ && !is_whole};
    }

private:
    [[noreturn]] void refuse(std::size_t line, const std::string& got,
                             std::string_view needed) const {
        throw invalid_argument(place_of(file_, line), got, needed);
    }

    std::string_view raw_line() {
        const std::size_t end = std::min(text_.find('\n'), text_.size());
        ends_early_ = end == text_.size();
        const auto line = text_.substr(0, end);
        text_.remove_prefix(std::min(end + 1, text_.size()));
        ++number_;
        return line;
    }

    /// XPP read other files, which begin with the number of their equations.
    void check_format() const {
        const auto first = trimmed(text_.substr(0, text_.find('\n')));
        const std::size_t digits = first.find_first_not_of("0123456789");
        if (const auto number = first.substr(0, digits);
            number.find_first_not_of('0') != std::string_view::npos)
            refuse(1, fmt::format("'{}' came first", excerpt(first)),
                   "files in XPP's old format, which begin with a number, are not supported; a "
                   "title has '#' before it");
    }

    /// The next line with its continuations.
    bool next() {
        if (text_.empty()) return false;
        line_ = {number_ + 1, {}};
        bool remark = false;
        for (bool more = true; more && !text_.empty();) {
            auto part = raw_line();
            if (const auto begin = trimmed(part); begin.starts_with("#include"))
                refuse(number_, fmt::format("'{}' came", excerpt(begin)),
                       "files that include others are not supported");
            remark = remark || (line_.text.empty() && is_remark(part));
            const auto said = remark ? std::string_view() : part.substr(0, part.find('#'));
            if (said.size() < part.size() || trimmed(said).empty()) ends_early_ = false;
            if (!remark) part = said;
            const std::size_t continued = part.find('\\');
            more = continued != std::string_view::npos;
            if (!remark) line_.text += part.substr(0, continued);
        }
        std::replace_if(line_.text.begin(), line_.text.end(), is_blank, ' ');
        line_.text = trimmed(line_.text);
        return true;
    }

    /// What lies between the brackets that open at `open`; its end is past the closing one.
    [[nodiscard]] std::string_view between(const model_line& line, std::size_t open,
                                           std::size_t& end) const {
        const std::size_t close = line.text.find(']', open);
        if (close == std::string::npos)
            refuse(line.number, fmt::format("'{}' came", excerpt(line.text.substr(open), 20)),
                   "an index ends in ']'");
        end = close + 1;
        return std::string_view(line.text).substr(open + 1, close - open - 1);
    }

    /// The range of a line, which becomes [j]; nothing if it has none.
    [[nodiscard]] std::optional<index_range> take_range(model_line& line) const {
        std::optional<index_range> found;
        for (std::size_t open = line.text.find('['); open != std::string::npos;
             open = line.text.find('[', open + 1)) {
            std::size_t end = 0;
            const auto inside = between(line, open, end);
            const std::size_t dots = inside.find("..");
            if (dots == std::string_view::npos) continue;
            const auto from = whole_number(inside.substr(0, dots));
            const auto to = whole_number(inside.substr(dots + 2));
            if (!from || !to || found)
                refuse(line.number, fmt::format("'[{}]' came", excerpt(inside, 20)),
                       "a line has one range, of two whole numbers: [1..8]");
            found = index_range{*from, *to};
            line.text.replace(open, end - open, "[j]");
        }
        return found;
    }

    void add(const model_line& line) {
        if (line.text[0] == '@') return push(line);
        model_line pattern = line;
        const auto range = take_range(pattern);
        for (std::size_t k = 0; k < (range ? range->size() : 1); ++k)
            push(with_index(pattern, range ? std::optional(range->at(k)) : std::nullopt));
    }

    void add_block() {
        model_line head = line_;
        const auto range = take_range(head);
        if (!range)
            refuse(line_.number, fmt::format("'{}' came", excerpt(line_.text)),
                   "a block begins with its range: %[1..8]");
        std::vector<model_line> body;
        bool closed = false;
        while (!closed && next()) {
            closed = !line_.text.empty() && line_.text[0] == '%';
            if (!closed && !line_.text.empty()) body.push_back(line_);
        }
        if (!closed) refuse(head.number, "a block came without its end", "it ends in a line '%'");
        for (std::size_t k = 0; k < range->size() && !body.empty(); ++k)
            for (const auto& line : body) push(with_index(line, range->at(k)));
    }

    [[nodiscard]] model_line with_index(const model_line& line, std::optional<long> j) const {
        model_line out{line.number, {}};
        for (std::size_t i = 0; i < line.text.size();) {
            if (line.text[i] != '[') {
                out.text += line.text[i++];
                continue;
            }
            const bool named = i > 0 && is_word(line.text[i - 1]);
            const auto inside = between(line, i, i);
            const auto index = index_of(inside, j);
            if (in_small_letters(out.text).ends_with("int"))
                refuse(line.number, "int[] came", "Volterra's integrals are not supported");
            if (!index || (named && *index < 0))
                refuse(line.number, fmt::format("'[{}]' came", excerpt(inside, 20)),
                       "an index is a whole number or, where the line has a range, "
                       "[j], [j+1], [j-1] or [j*2]; that of a name is not negative");
            out.text += *index < 0 ? fmt::format("({})", *index) : std::to_string(*index);
        }
        return out;
    }

    void push(model_line line) {
        characters_ += line.text.size() + 1;
        if (characters_ > most_characters)
            refuse(line.number, fmt::format("more than {} characters came", most_characters),
                   "a model has fewer, arrays written out");
        lines_.push_back(std::move(line));
    }

    std::string_view text_, file_;
    std::size_t number_ = 0, characters_ = 0;
    bool ends_early_ = false;  ///< the last line that was read has no end where it says something
    model_line line_;
    std::vector<model_line> lines_;
};

}  // namespace

std::string place_of(std::string_view file, std::size_t line) {
    return fmt::format("{}:{}", file, line);
}

std::string in_small_letters(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

model_lines lines_of(std::string_view text, std::string_view file) {
    return line_reader(text, file).all();
}

}  // namespace moebius::detail
