// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/token_file.hpp>

#include "csv.hpp"
#include "npy.hpp"

namespace moebius {
namespace {

token_table as_table(const std::string& path, number_array array) {
    if (array.shape.size() != 2 || array.values.empty())
        throw io_error(path, fmt::format("its shape is ({}), but tokens are a table of rows and "
                                         "columns, at least one of each",
                                         fmt::join(array.shape, ", ")));
    const std::size_t columns = array.shape[1];
    for (std::size_t i = 0; i < array.values.size(); ++i)
        if (!std::isfinite(array.values[i]))
            throw io_error(path, fmt::format("row {}, column {} is {}, but tokens must be finite",
                                             i / columns + 1, i % columns + 1, array.values[i]));
    return {array.shape[0], columns, std::move(array.values)};
}

}  // namespace

token_table read_tokens(const std::string& path) {
    file_reader file(path);
    std::string start(npy::magic.size(), '\0');
    start.resize(file.read(start));
    if (start == npy::magic) return as_table(path, npy::read_after_magic(file));
    return csv::read(file, start);
}

number_array read_npy(const std::string& path) {
    file_reader file(path);
    std::string start(npy::magic.size(), '\0');
    start.resize(file.read(start));
    if (start != npy::magic) throw io_error(path, "it is not an NPY file");
    return npy::read_after_magic(file);
}

}  // namespace moebius
