// SPDX-License-Identifier: MIT
#include "npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>

#include "table_memory.hpp"

namespace moebius::npy {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are taken as they stand");

/// Doubles of `count` elements; false at one that no double holds.
template <typename T>
bool load(const char* bytes, std::size_t count, double* to) {
    constexpr double exact = 9007199254740992;  // 2^53: whole numbers beyond it merge
    for (std::size_t i = 0; i < count; ++i) {
        T value;
        std::memcpy(&value, bytes + i * sizeof value, sizeof value);
        to[i] = static_cast<double>(value);
        if constexpr (std::is_integral_v<T> && sizeof value == 8)
            if (!(std::abs(to[i]) < exact)) return false;
    }
    return true;
}

struct element {
    std::string_view code;  ///< kind and size, as in the header's descr
    std::size_t size;
    bool (*load)(const char*, std::size_t, double*);
};

template <typename T>
constexpr element element_of(std::string_view code) {
    return {code, sizeof(T), load<T>};
}

constexpr element elements[] = {
    element_of<float>("f4"),         element_of<double>("f8"),
    element_of<std::int8_t>("i1"),   element_of<std::int16_t>("i2"),
    element_of<std::int32_t>("i4"),  element_of<std::int64_t>("i8"),
    element_of<std::uint8_t>("u1"),  element_of<std::uint16_t>("u2"),
    element_of<std::uint32_t>("u4"), element_of<std::uint64_t>("u8"),
    element_of<std::uint8_t>("b1"),
};

/// The file, read from the front.
class reader {
public:
    explicit reader(file_reader& file) : file_(file), left_(file.size()) {
        if (left_) *left_ -= magic.size();
    }

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(file_.name(), reason); }

    void take(std::span<char> to) {
        if (file_.read(to) != to.size()) fail(early);
        if (left_) *left_ -= to.size();
    }

    std::size_t unsigned_bytes(std::size_t n) {
        std::size_t value = 0;
        take({reinterpret_cast<char*>(&value), n});
        return value;
    }

    /// Says beforehand that a file of known size has fewer bytes.
    void need(std::size_t bytes) const {
        if (left_ && bytes > *left_) fail(early);
    }
    [[nodiscard]] bool knows_size() const noexcept { return left_.has_value(); }

private:
    static constexpr std::string_view early = "the NPY file ends too early";

    file_reader& file_;
    std::optional<std::size_t> left_;
};

/// What follows 'name': in the header's dictionary, up to its end.
std::string_view entry(const reader& file, std::string_view header, std::string_view name) {
    const auto at = header.find(fmt::format("'{}':", name));
    if (at == std::string_view::npos) file.fail(fmt::format("its NPY header has no '{}'", name));
    const auto value = header.substr(at + name.size() + 3);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

const element& element_type(const reader& file, std::string_view descr) {
    if (descr.starts_with('\'')) {
        const auto code = descr.substr(1, descr.find('\'', 1) - 1);
        for (const auto& known : elements) {
            const bool little = code.starts_with('<') || (code.starts_with('|') && known.size == 1);
            if (little && code.substr(1) == known.code) return known;
        }
        descr = code;
    }
    file.fail(
        fmt::format("its elements are {}, but little-endian f4, f8, integers or bool are "
                    "needed",
                    excerpt(descr.substr(0, 40))));
}

std::vector<std::size_t> shape_of(const reader& file, std::string_view text) {
    std::vector<std::size_t> shape;
    const auto end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos)
        file.fail("the shape in its NPY header cannot be read");
    const char *at = text.data() + 1, *last = text.data() + end;
    while (at != last) {
        std::size_t length = 0;
        const auto [stop, failure] = std::from_chars(at, last, length);
        if (failure != std::errc{}) file.fail("the shape in its NPY header cannot be read");
        shape.push_back(length);
        at = stop;
        while (at != last && (*at == ',' || *at == ' ')) ++at;
    }
    return shape;
}

/// Elements of a shape that the file may hold.
std::size_t count_of(const reader& file, const std::vector<std::size_t>& shape, std::size_t size) {
    constexpr std::size_t most = std::size_t{1} << 44;  // of any file
    std::size_t count = 1;
    for (const std::size_t length : shape) {
        if (length != 0 && count > most / length) file.fail("the NPY file ends too early");
        count *= length;
    }
    file.need(count * size);
    return count;
}

std::vector<double> values_of(reader& file, const element& type, std::size_t count) {
    constexpr std::size_t most = 1 << 15;  // elements at a time: they stay in the cache
    std::vector<double> values;
    if (file.knows_size()) reserve_table(values, count);
    std::vector<char> bytes;
    while (values.size() < count) {
        const std::size_t from = values.size(), part = std::min(most, count - from);
        values.resize(from + part);
        if (type.code == "f8") {
            file.take(std::span(reinterpret_cast<char*>(values.data() + from), part * type.size));
            continue;
        }
        bytes.resize(part * type.size);
        file.take(bytes);
        if (!type.load(bytes.data(), part, values.data() + from))
            file.fail(
                "it has a whole number of 2^53 or more, where double precision tells them "
                "apart no longer");
    }
    return values;
}

}  // namespace

number_array read_after_magic(file_reader& from) {
    constexpr std::size_t longest = std::size_t{1} << 16;  // header; numpy's own is 64 to 128 bytes
    reader file(from);
    const std::size_t version = file.unsigned_bytes(1);
    std::ignore = file.unsigned_bytes(1);  // minor version: always 0
    if (version < 1 || version > 3)
        file.fail(fmt::format("its NPY version is {}, but 1 to 3 are known", version));
    const std::size_t length = file.unsigned_bytes(version == 1 ? 2 : 4);
    file.need(length);
    if (length > longest)
        file.fail(fmt::format("its NPY header has {} bytes, but {} are the most", length, longest));
    std::string header(length, '\0');
    file.take(header);

    const auto& type = element_type(file, entry(file, header, "descr"));
    if (!entry(file, header, "fortran_order").starts_with("False"))
        file.fail("it is in Fortran order, but C order is needed (numpy.ascontiguousarray)");
    number_array result{shape_of(file, entry(file, header, "shape")), {}};
    result.values = values_of(file, type, count_of(file, result.shape, type.size));
    return result;
}

}  // namespace moebius::npy
