// SPDX-License-Identifier: MIT
#include "expert_map.hpp"

#include <fmt/format.h>

#include <charconv>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

#include "expert_copies.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

using nlohmann::json;

/// What a layer's name ends in, as a place in an array.
std::size_t number_in(std::string_view name) {
    const auto digits = name.substr(name.find_last_not_of("0123456789") + 1);
    std::size_t out = static_cast<std::size_t>(-1);
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

}  // namespace

bool expert_map::take(const json& record, const std::string& place) {
    for (const auto name : names_of_map)
        if (const auto found = record.find(std::string(name)); found != record.end()) {
            if (!found->is_structured() || found->empty())
                throw io_error(place, fmt::format("'{}' must be an array of each physical expert's "
                                                  "logical one",
                                                  name));
            map_ = *found;
            return true;
        }
    if (is_there()) return true;
    for (const char* name : {"logical_to_physical_map", "logical_to_all_physical_map", "log2phy"})
        if (record.contains(name))
            throw io_error(place, fmt::format("it has '{}', but 'physical_to_logical_map' is "
                                              "needed to add up the copies of an expert",
                                              name));
    return false;
}

bool expert_map::is_there() const { return !map_.is_null(); }

const json& expert_map::of_layer(std::optional<std::string_view> row,
                                 const std::string& place) const {
    if (map_.is_object()) {
        const auto found = row ? map_.find(std::string(*row)) : map_.end();
        if (found != map_.end()) return *found;
    } else if (!map_.front().is_array()) {
        return map_;
    } else if (const auto at = row ? number_in(*row) : 0;
               at < map_.size() && (row || map_.size() == 1)) {
        return map_[at];
    }
    throw io_error(place, row ? fmt::format("its map of physical experts has no row of layer {}",
                                            excerpt(*row))
                              : "its map of physical experts has a row a layer, but its loads are "
                                "of one");
}

std::vector<double> expert_map::logical(std::string_view name, std::span<const double> loads,
                                        std::optional<std::string_view> row, log_builder& to,
                                        const std::string& place) const {
    std::vector<double> map;
    for (const auto& one : of_layer(row, place)) {
        if (!one.is_number())
            throw io_error(place, "its map of physical experts must have numbers alone");
        map.push_back(one.get<double>());
    }
    const auto found = loads_beside(places_of(map, place), name, loads.size(), to.adds_up, place);
    if (!found.note.empty()) to.note(found.note);
    if (!found.are_physical) return {loads.begin(), loads.end()};
    return add_up_copies(loads, map, to.adds_up, place);
}

}  // namespace moebius
