// SPDX-License-Identifier: MIT
#include "npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/constants.hpp>
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

/// IEEE 754's binary16.
double from_half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double sign = bits >> 15 != 0 ? -1 : 1;
    if (exponent == 31) return fraction != 0 ? not_a_number : sign * infinite;
    return sign *
           (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

template <double (*Value)(std::uint16_t)>
bool load_16_bits(const char* bytes, std::size_t count, double* to) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t value = 0;
        std::memcpy(&value, bytes + 2 * i, 2);
        to[i] = Value(value);
    }
    return true;
}

double from_brain(std::uint16_t bits) { return static_cast<double>(from_bf16(bits)); }

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
    element_of<float>("f4"),
    element_of<double>("f8"),
    element_of<std::int8_t>("i1"),
    element_of<std::int16_t>("i2"),
    element_of<std::int32_t>("i4"),
    element_of<std::int64_t>("i8"),
    element_of<std::uint8_t>("u1"),
    element_of<std::uint16_t>("u2"),
    element_of<std::uint32_t>("u4"),
    element_of<std::uint64_t>("u8"),
    element_of<std::uint8_t>("b1"),
    {"f2", 2, load_16_bits<from_half>},
    {"V2", 2, load_16_bits<from_brain>},  // as numpy writes ml_dtypes' bfloat16, which it has not
};

struct element_order {
    const element* type;
    bool swapped;  ///< big-endian
};

/// The file, read from the front.
class reader {
public:
    explicit reader(byte_source& file) : file_(file), left_(file.size()) {
        if (left_) *left_ -= std::min(*left_, magic.size());
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

    byte_source& file_;
    std::optional<std::size_t> left_;
};

/// What follows 'name': in the header's dictionary, up to its end.
std::string_view entry(const reader& file, std::string_view header, std::string_view name) {
    const auto key = fmt::format("'{}':", name);
    const auto at = header.find(key);
    if (at == std::string_view::npos) file.fail(fmt::format("its NPY header has no '{}'", name));
    if (header.find(key, at + 1) != std::string_view::npos)
        file.fail(fmt::format("its NPY header has '{}' twice", name));
    const auto value = header.substr(at + name.size() + 3);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

element_order element_type(const reader& file, std::string_view descr) {
    if (descr.starts_with('\'')) {
        const auto code = descr.substr(1, descr.find('\'', 1) - 1);
        for (const auto& known : elements) {
            const bool bare = code.starts_with('|') && (known.size == 1 || known.code == "V2");
            if ((bare || code.starts_with('<') || code.starts_with('>')) &&
                code.substr(1) == known.code)
                return {&known, code.starts_with('>') && known.size > 1};
        }
        descr = code;
    }
    file.fail(fmt::format(
        "its elements are {}, but f2, f4, f8, integers, bool or bfloat16 (V2) are needed",
        excerpt(descr.substr(0, 40))));
}

std::vector<std::size_t> shape_of(const reader& file, std::string_view text) {
    std::vector<std::size_t> shape;
    const auto end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos)
        file.fail("the shape in its NPY header cannot be read");
    const char *at = text.data() + 1, *last = text.data() + end;
    const auto blanks = [&] {
        while (at != last && *at == ' ') ++at;
    };
    for (blanks(); at != last; blanks()) {
        std::size_t length = 0;
        const auto [stop, failure] = std::from_chars(at, last, length);
        if (failure != std::errc{}) file.fail("the shape in its NPY header cannot be read");
        shape.push_back(length);
        at = stop;
        blanks();
        if (at == last) break;
        if (*at++ != ',') file.fail("the shape in its NPY header cannot be read");
    }
    return shape;
}

bool truth_of(const reader& file, std::string_view text) {
    const auto word = text.substr(0, text.find_first_of(",} "));
    if (word != "True" && word != "False")
        file.fail(
            fmt::format("the fortran_order in its NPY header is {}, but True or False is needed",
                        excerpt(word.substr(0, 40))));
    return word == "True";
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

/// Turns the bytes of each element around.
void swap_bytes(std::span<char> bytes, std::size_t size) {
    for (std::size_t at = 0; at < bytes.size(); at += size)
        std::reverse(bytes.data() + at, bytes.data() + at + size);
}

/// Takes the next elements of the file.
void take_values(reader& file, const element_order& of, std::vector<char>& bytes,
                 std::span<double> to) {
    const auto& type = *of.type;
    if (type.code == "f8") {
        const std::span raw(reinterpret_cast<char*>(to.data()), to.size() * type.size);
        file.take(raw);
        if (of.swapped) swap_bytes(raw, type.size);
        return;
    }
    bytes.resize(to.size() * type.size);
    file.take(bytes);
    if (of.swapped) swap_bytes(bytes, type.size);
    if (!type.load(bytes.data(), to.size(), to.data()))
        file.fail(
            "it has a whole number of 2^53 or more, where double precision tells them "
            "apart no longer");
}

constexpr std::size_t most_at_a_time = 1 << 15;  // elements: they stay in the cache

std::vector<double> values_of(reader& file, const element_order& type, std::size_t count) {
    std::vector<double> values;
    if (file.knows_size()) reserve_table(values, count);
    std::vector<char> bytes;
    while (values.size() < count) {
        const std::size_t from = values.size(), part = std::min(most_at_a_time, count - from);
        values.resize(from + part);
        take_values(file, type, bytes, std::span(values).subspan(from));
    }
    return values;
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

/// The same of a file in Fortran order, put in place as they come.
std::vector<double> transposed_values(reader& file, const element_order& type,
                                      const std::vector<std::size_t>& shape, std::size_t count) {
    if (!file.knows_size())
        file.fail("it is in Fortran order, which can be read from a file, but not from a pipe");
    std::vector<double> values, part;
    reserve_table(values, count);
    values.resize(count);
    fortran_places places(shape);
    std::vector<char> bytes;
    for (std::size_t done = 0; done < count; done += part.size()) {
        part.resize(std::min(most_at_a_time, count - done));
        take_values(file, type, bytes, part);
        for (const double value : part) values[places.next()] = value;
    }
    return values;
}

}  // namespace

number_array read_after_magic(byte_source& from) {
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

    const auto type = element_type(file, entry(file, header, "descr"));
    const bool transposed = truth_of(file, entry(file, header, "fortran_order"));
    number_array result{shape_of(file, entry(file, header, "shape")), {}};
    const std::size_t count = count_of(file, result.shape, type.type->size);
    if (count > from.most_numbers())
        file.fail(
            fmt::format("it holds {} numbers, but {} are the most that may be packed in so few "
                        "bytes: numpy.save keeps them unpacked",
                        count, from.most_numbers()));
    result.values = transposed ? transposed_values(file, type, result.shape, count)
                               : values_of(file, type, count);
    return result;
}

}  // namespace moebius::npy
