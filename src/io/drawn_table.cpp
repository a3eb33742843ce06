// SPDX-License-Identifier: MIT
#include "drawn_table.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <utility>

namespace moebius {

drawn_table::drawn_table(const table& data, std::string place)
    : data_(&data), place_(std::move(place)) {
    if (data.names.size() != data.columns.size())
        throw invalid_argument(
            place_, fmt::format("it has {} names", data.names.size()),
            fmt::format("there must be one for each of its {} columns", data.columns.size()));
    for (std::size_t c = 0; c < data.columns.size(); ++c) {
        if (data.columns[c].size() != rows())
            throw invalid_argument(
                place_,
                fmt::format("column '{}' has {} rows", data.names[c], data.columns[c].size()),
                fmt::format("the first has {}", rows()));
        index_.emplace(data.names[c], c);
    }
}

const std::vector<double>* drawn_table::find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &data_->columns[found->second];
}

const std::vector<double>& drawn_table::at(std::string_view name) const {
    if (const auto* found = find(name)) return *found;
    reject(fmt::format("there is no column '{}'", name));
}

const std::vector<double>& drawn_table::column(std::size_t index) const {
    if (index < data_->columns.size()) return data_->columns[index];
    reject(fmt::format("it has {} columns", data_->columns.size()));
}

const std::string& drawn_table::name(std::size_t index) const {
    if (index < data_->names.size()) return data_->names[index];
    reject(fmt::format("it has {} columns", data_->names.size()));
}

void drawn_table::reject(const std::string& missing) const {
    throw invalid_argument(place_, missing, "its figure needs one more");
}

drawn_table drawn(const result_document& result, std::string_view name) {
    return {result.table_of(name), fmt::format("/{}", name)};
}

}  // namespace moebius
