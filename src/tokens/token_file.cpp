// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/npy_stream.hpp>
#include <moebius/tokens/safetensors.hpp>
#include <moebius/tokens/token_file.hpp>
#include <moebius/tokens/zip_archive.hpp>

#include "csv.hpp"
#include "npz.hpp"

namespace moebius {
namespace {

/// Block by block, each without a branch; its length if all are finite.
std::size_t first_not_finite(const std::vector<double>& values) {
    constexpr std::size_t block = 4096;
    constexpr std::uint64_t exponent = 0x7ff0'0000'0000'0000;  // all of its bits: NaN or infinite
    for (std::size_t from = 0; from < values.size(); from += block) {
        const std::size_t end = std::min(values.size(), from + block);
        std::uint64_t bad = 0;
        for (std::size_t i = from; i < end; ++i)
            bad += (std::bit_cast<std::uint64_t>(values[i]) & exponent) == exponent ? 1U : 0U;
        for (std::size_t i = from; bad > 0; ++i)
            if (!std::isfinite(values[i])) return i;
    }
    return values.size();
}

token_table as_table(const std::string& path, number_array array) {
    if (array.shape.size() < 2 || array.values.empty())
        throw io_error(path, fmt::format("its shape is ({}), but tokens are a table of rows and "
                                         "columns, at least one of each",
                                         fmt::join(array.shape, ", ")));
    const std::size_t columns = array.shape.back(), rows = array.values.size() / columns;
    if (const auto i = first_not_finite(array.values); i < array.values.size())
        throw io_error(path, fmt::format("row {}, column {} is {}, but tokens must be finite",
                                         i / columns + 1, i % columns + 1, array.values[i]));
    return {rows, columns, std::move(array.values), false};
}

bool is_archive(std::string_view start) { return start.starts_with(zip_archive::magic); }

/// @param start  the first bytes, which were read
number_array read_array(file_reader& file, std::string_view start, std::string_view name,
                        std::size_t trailer = 0) {
    if (is_archive(start)) return npz::read(file, name);
    file_bytes bytes(file);
    npy_stream array(bytes, trailer);
    return {array.shape(), array.read_all(bytes.most_numbers())};
}

}  // namespace

token_table read_tokens(const std::string& path) {
    const auto [place, name] = array_place_of(path);
    file_reader file(place);
    std::string start(npy::magic.size(), '\0');
    start.resize(file.read(start));
    if (start == npy::magic || is_archive(start))
        return as_table(path, read_array(file, start, name));
    return csv::read(file, start);
}

number_array read_npy(const std::string& path, std::size_t trailer) {
    const auto [place, name] = array_place_of(path);
    file_reader file(place);
    std::string start(npy::magic.size(), '\0');
    start.resize(file.read(start));
    if (start != npy::magic && !is_archive(start)) throw io_error(path, "it is not an NPY file");
    return read_array(file, start, name, trailer);
}

array_place array_place_of(const std::string& path) {
    for (const std::string_view ending : {std::string_view(".npz"), safetensors_ending}) {
        const auto at = path.rfind(std::string(ending) + ':');
        if (at == std::string::npos) continue;
        const auto colon = at + ending.size();
        return {path.substr(0, colon), path.substr(colon + 1)};
    }
    return {path, {}};
}

}  // namespace moebius
