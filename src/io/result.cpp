// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/result.hpp>

namespace moebius {

std::string_view version() noexcept { return MOEBIUS_VERSION; }

const table& result_document::table_of(std::string_view name) const {
    std::vector<std::string_view> tables;
    for (const auto& section : sections) {
        const auto* data = std::get_if<table>(&section.data);
        if (data == nullptr) continue;
        if (section.name == name) return *data;
        tables.push_back(section.name);
    }
    throw invalid_argument(
        heading.schema, fmt::format("there is no table '{}'", name),
        fmt::format("a table of this result is needed{}", did_you_mean(name, tables)));
}

}  // namespace moebius
