// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/npy_stream.hpp>
#include <tuple>

#include <moebius/base/table_memory.hpp>
#include "npy_elements.hpp"

namespace moebius {
namespace {

constexpr std::string_view early = "the NPY file ends too early";
constexpr std::size_t most_at_a_time = 1 << 15;  // elements: they stay in the cache

/// Turns the bytes of each element around.
void swap_bytes(std::span<char> bytes, std::size_t size) {
    for (std::size_t at = 0; at < bytes.size(); at += size)
        std::reverse(bytes.data() + at, bytes.data() + at + size);
}

/// The place in row-major order of one element after the other in Fortran's.
class fortran_places {
public:
    explicit fortran_places(const std::vector<std::size_t>& shape)
        : shape_(shape), strides_(shape.size(), 1), index_(shape.size()) {
        for (std::size_t axis = shape.size(); axis-- > 1;)
            strides_[axis - 1] = strides_[axis] * shape[axis];
    }

    std::size_t next() {
        const std::size_t here = place_;
        for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
            place_ += strides_[axis];
            if (++index_[axis] < shape_[axis]) break;
            place_ -= strides_[axis] * shape_[axis];
            index_[axis] = 0;
        }
        return here;
    }

private:
    const std::vector<std::size_t>& shape_;
    std::vector<std::size_t> strides_, index_;
    std::size_t place_ = 0;
};

/// A code point as UTF-8; what is none becomes U+FFFD.
/// @source  RFC 3629, section 3
void append_utf8(std::uint32_t point, std::string& to) {
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) point = 0xfffd;
    if (point < 0x80) {
        to += static_cast<char>(point);
        return;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr unsigned leads[] = {0, 0xc0, 0xe0, 0xf0};
    to += static_cast<char>(leads[more] | point >> 6 * more);
    for (int i = more; i-- > 0;) to += static_cast<char>(0x80 | (point >> 6 * i & 0x3f));
}

}  // namespace

void npy_stream::fail(std::string_view reason) const { throw io_error(bytes_.name(), reason); }

void npy_stream::take(std::span<char> to) {
    if (bytes_.read(to) != to.size()) fail(early);
    if (left_) *left_ -= to.size();
}

std::size_t npy_stream::unsigned_bytes(std::size_t n) {
    std::size_t value = 0;
    take({reinterpret_cast<char*>(&value), n});
    return value;
}

/// Says beforehand that a file of known size has fewer bytes.
void npy_stream::need(std::size_t bytes) const {
    if (left_ && bytes > *left_) fail(early);
}

/// A file is of one array: what is behind that of this shape is none of it.
void npy_stream::refuse_more(std::string_view how_much) const {
    fail(
        fmt::format("it has {} behind the array of its header, whose shape is ({}), but a file is "
                    "of one array: a second numpy.save to the same file is not read",
                    how_much, fmt::join(shape_, ", ")));
}

/// Behind the last number of a file whose size is not known beforehand.
void npy_stream::check_end() const {
    char next = 0;
    if (!left_ && bytes_.read({&next, 1}) > 0) refuse_more("more bytes");
}

/// What follows 'name': in the header's dictionary, up to its end.
std::string_view npy_stream::entry(std::string_view header, std::string_view name) const {
    const auto key = fmt::format("'{}':", name);
    const auto at = header.find(key);
    if (at == std::string_view::npos) fail(fmt::format("its NPY header has no '{}'", name));
    if (header.find(key, at + 1) != std::string_view::npos)
        fail(fmt::format("its NPY header has '{}' twice", name));
    const auto value = header.substr(at + name.size() + 3);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

void npy_stream::read_type(std::string_view descr) {
    if (descr.starts_with('\'')) {
        const auto code = descr.substr(1, descr.find('\'', 1) - 1);
        for (const auto& known : npy::known_elements()) {
            const bool bare = code.starts_with('|') && (known.size == 1 || known.code == "V2");
            if ((bare || code.starts_with('<') || code.starts_with('>')) &&
                code.substr(1) == known.code) {
                type_ = &known;
                swapped_ = code.starts_with('>') && known.size > 1;
                return;
            }
        }
        const bool wide = code.starts_with("<U");
        if ((wide || code.starts_with("|S")) &&
            std::from_chars(code.data() + 2, code.data() + code.size(), text_width_).ec ==
                std::errc{} &&
            text_width_ > 0 && text_width_ <= std::size_t{1} << 20) {
            letter_ = wide ? 4 : 1;
            return;
        }
        descr = code;
    }
    fail(fmt::format(
        "its elements are {}, but f2, f4, f8, integers, bool or bfloat16 (V2) are needed",
        excerpt(descr.substr(0, 40))));
}

void npy_stream::read_shape(std::string_view text) {
    constexpr std::string_view unreadable = "the shape in its NPY header cannot be read";
    const auto end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos) fail(unreadable);
    const char *at = text.data() + 1, *last = text.data() + end;
    const auto blanks = [&] {
        while (at != last && *at == ' ') ++at;
    };
    for (blanks(); at != last; blanks()) {
        std::size_t length = 0;
        const auto [stop, failure] = std::from_chars(at, last, length);
        if (failure != std::errc{}) fail(unreadable);
        shape_.push_back(length);
        at = stop;
        blanks();
        if (at == last) break;
        if (*at++ != ',') fail(unreadable);
    }
}

void npy_stream::read_order(std::string_view text) {
    const auto word = text.substr(0, text.find_first_of(",} "));
    if (word != "True" && word != "False")
        fail(fmt::format("the fortran_order in its NPY header is {}, but True or False is needed",
                         excerpt(word.substr(0, 40))));
    fortran_order_ = word == "True";
}

/// Elements of a shape that the file may hold.
void npy_stream::check_count() {
    constexpr std::size_t most = std::size_t{1} << 40;  // of any file
    for (const std::size_t length : shape_) {
        if (length != 0 && count_ > most / length) fail(early);
        count_ *= length;
    }
    const std::size_t bytes = count_ * (is_text() ? text_width_ * letter_ : type_->size);
    need(bytes);
    if (left_ && *left_ > bytes) refuse_more(fmt::format("{} bytes", *left_ - bytes));
    unread_ = count_;
}

void npy_stream::read_header() {
    constexpr std::size_t longest = std::size_t{1} << 16;  // header; numpy's own is 64 to 128 bytes
    const std::size_t version = unsigned_bytes(1);
    std::ignore = unsigned_bytes(1);  // minor version: always 0
    if (version < 1 || version > 3)
        fail(fmt::format("its NPY version is {}, but 1 to 3 are known", version));
    const std::size_t length = unsigned_bytes(version == 1 ? 2 : 4);
    need(length);
    if (length > longest)
        fail(fmt::format("its NPY header has {} bytes, but {} are the most", length, longest));
    std::string header(length, '\0');
    take(header);
    read_type(entry(header, "descr"));
    read_order(entry(header, "fortran_order"));
    read_shape(entry(header, "shape"));
    check_count();
}

npy_stream::npy_stream(byte_source& bytes, std::size_t trailer)
    : bytes_(bytes), left_(bytes.size()) {
    if (left_) *left_ -= std::min(*left_, npy::magic.size() + trailer);
    read_header();
}

void npy_stream::read(std::span<double> to) {
    if (is_text()) fail("its elements are a text, but numbers are needed");
    unread_ -= std::min(unread_, to.size());
    if (type_->code == "f8") {
        const std::span raw(reinterpret_cast<char*>(to.data()), to.size() * type_->size);
        take(raw);
        if (swapped_) swap_bytes(raw, type_->size);
    } else {
        read_converted(to);
    }
    if (unread_ == 0) check_end();
}

/// @param before  numbers before those in raw_, of which one is too large
void npy_stream::refuse_large(std::size_t before, std::size_t count) const {
    std::size_t at = 0;
    for (double value = 0; at + 1 < count; ++at)
        if (!type_->load(raw_.data() + at * type_->size, 1, &value)) break;
    fail(
        fmt::format("number {} of {}, from 0 in the file's order, is a whole one of 2^53 or more, "
                    "where double precision tells them apart no longer",
                    before + at, count_));
}

void npy_stream::read_converted(std::span<double> to) {
    while (!to.empty()) {
        const auto part = to.first(std::min(most_at_a_time, to.size()));
        raw_.resize(part.size() * type_->size);
        take(raw_);
        if (swapped_) swap_bytes(raw_, type_->size);
        if (!type_->load(raw_.data(), part.size(), part.data()))
            refuse_large(count_ - unread_ - to.size(), part.size());
        to = to.subspan(part.size());
    }
}

/// All numbers of a file in Fortran order, put in place as they come.
std::vector<double> npy_stream::transposed() {
    if (!left_) fail("it is in Fortran order, which can be read from a file, but not from a pipe");
    std::vector<double> values, part;
    reserve_table(values, count_);
    values.resize(count_);
    fortran_places places(shape_);
    for (std::size_t done = 0; done < count_; done += part.size()) {
        part.resize(std::min(most_at_a_time, count_ - done));
        read(part);
        for (const double value : part) values[places.next()] = value;
    }
    return values;
}

std::vector<double> npy_stream::read_all(std::size_t most) {
    if (count_ > most)
        fail(
            fmt::format("it holds {} numbers, but {} are the most that may be packed in so few "
                        "bytes: numpy.save keeps them unpacked",
                        count_, most));
    if (is_text()) fail("its elements are a text, but numbers are needed");
    if (fortran_order_) return transposed();
    std::vector<double> values;
    if (left_) reserve_table(values, count_);
    while (values.size() < count_) {
        const std::size_t from = values.size(), part = std::min(most_at_a_time, count_ - from);
        values.resize(from + part);
        read(std::span(values).subspan(from));
    }
    return values;
}

std::string npy_stream::read_text() {
    if (!is_text() || count_ != 1) fail("one text is needed, as of numpy.array(text)");
    std::vector<char> raw(text_width_ * letter_);
    take(raw);
    std::string text;
    for (std::size_t at = 0; at < raw.size(); at += letter_) {
        std::uint32_t point = 0;
        std::memcpy(&point, raw.data() + at, letter_);
        if (point == 0) break;  // shorter texts are filled up
        append_utf8(point, text);
    }
    return text;
}

}  // namespace moebius
