// SPDX-License-Identifier: MIT
// Tables of tokens as text, and their last column as classes.
#include <moebius/tokens/labelled_data.hpp>
#include <moebius/tokens/token_file.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    const memory_file file(input);
    const auto table = read_tokens(file.path());
    require(table.values.size() == table.rows * table.columns && table.rows > 0,
            "a table of another size than its shape");
    const auto data = labelled(table);
    require(data.inputs.size() == data.rows() * data.width, "examples of another size");
    for (const auto label : data.labels) require(label < data.classes, "a class beyond the last");
}

}  // namespace moebius::fuzz
