// SPDX-License-Identifier: MIT
#include "npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <moebius/base/error.hpp>

namespace moebius::npy {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are taken as they stand");

constexpr std::string_view magic = "\x93NUMPY";

template <typename T>
double load(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return static_cast<double>(value);
}

struct element {
    std::string_view code;  ///< kind and size, as in the header's descr
    std::size_t size;
    double (*load)(const char*);
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
    reader(const std::string& path, std::string_view bytes) : path_(path), rest_(bytes) {}

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(path_, reason); }

    std::string_view take(std::size_t n) {
        if (rest_.size() < n) fail("the NPY file ends too early");
        const auto taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }

    std::size_t unsigned_bytes(std::size_t n) {
        std::size_t value = 0;
        std::memcpy(&value, take(n).data(), n);
        return value;
    }

private:
    const std::string& path_;
    std::string_view rest_;
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
                    descr.substr(0, 40)));
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

/// Product of a shape times the bytes of an element, unless that exceeds what any file holds.
std::size_t count_of(const reader& file, const std::vector<std::size_t>& shape, std::size_t size) {
    std::size_t count = 1;
    for (const std::size_t length : shape) {
        if (length != 0 && count > std::numeric_limits<std::size_t>::max() / size / length)
            file.fail("the NPY file ends too early");
        count *= length;
    }
    return count;
}

}  // namespace

bool recognises(std::string_view bytes) noexcept { return bytes.starts_with(magic); }

number_array parse(const std::string& path, std::string_view bytes) {
    reader file(path, bytes);
    if (!recognises(bytes)) file.fail("it is not an NPY file");
    file.take(magic.size());
    const std::size_t version = file.unsigned_bytes(1);
    file.take(1);  // minor version: always 0
    if (version < 1 || version > 3)
        file.fail(fmt::format("its NPY version is {}, but 1 to 3 are known", version));
    const auto header = file.take(file.unsigned_bytes(version == 1 ? 2 : 4));

    const auto& type = element_type(file, entry(file, header, "descr"));
    if (!entry(file, header, "fortran_order").starts_with("False"))
        file.fail("it is in Fortran order, but C order is needed (numpy.ascontiguousarray)");
    number_array result{shape_of(file, entry(file, header, "shape")), {}};

    const std::size_t count = count_of(file, result.shape, type.size);
    const auto data = file.take(count * type.size);
    result.values.resize(count);
    for (std::size_t i = 0; i < count; ++i) result.values[i] = type.load(&data[i * type.size]);
    return result;
}

}  // namespace moebius::npy
