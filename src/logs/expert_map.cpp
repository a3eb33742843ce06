// SPDX-License-Identifier: MIT
#include "expert_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

#include "column.hpp"
#include "load_names.hpp"
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

void expert_map::take(const json& record, const std::string& place) {
    for (const char* name : {"physical_to_logical_map", "last_physical_to_logical_map",
                             "physical_to_logical", "phy2log"})
        if (const auto found = record.find(name); found != record.end()) {
            if (!found->is_structured() || found->empty())
                throw io_error(place, fmt::format("'{}' must be an array of each physical expert's "
                                                  "logical one",
                                                  name));
            map_ = *found;
            return;
        }
    if (!map_.is_null()) return;
    for (const char* name : {"logical_to_physical_map", "logical_to_all_physical_map", "log2phy"})
        if (record.contains(name))
            throw io_error(place, fmt::format("it has '{}', but 'physical_to_logical_map' is "
                                              "needed to add up the copies of an expert",
                                              name));
}

bool expert_map::is_for(std::string_view name) const {
    return !map_.is_null() && !counts_logical_experts(name);
}

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

std::vector<double> expert_map::logical(std::span<const double> physical,
                                        std::optional<std::string_view> row, bool of_ranks,
                                        const std::string& place) const {
    const auto& map = of_layer(row, place);
    if (map.size() != physical.size())
        throw io_error(place, fmt::format("it has {} loads and {} of 'physical_to_logical_map', "
                                          "but there must be as many",
                                          physical.size(), map.size()));
    std::vector<double> out;
    std::vector<bool> has_copy;
    for (std::size_t i = 0; i < physical.size(); ++i) {
        if (!map[i].is_number())
            throw io_error(place, "its map of physical experts must have numbers alone");
        const auto to = map[i].get<double>();
        if (to == -1 && physical[i] > 0)
            throw io_error(place, fmt::format("physical expert {} has a load of {:g}, but its map "
                                              "says that the place is free (-1)",
                                              i, physical[i]));
        if (to == -1) continue;
        const auto expert = checked_expert(to, [&] { return place + ", 'map'"; });
        has_copy.resize(std::max<std::size_t>(has_copy.size(), expert + 1));
        out.resize(has_copy.size());
        out[expert] += physical[i];
        has_copy[expert] = true;
    }
    if (const auto none = std::find(has_copy.begin(), has_copy.end(), false);
        none != has_copy.end() && !of_ranks)
        throw io_error(place, fmt::format("its map of physical experts has no copy of logical "
                                          "expert {}, but each needs one",
                                          none - has_copy.begin()));
    return out;
}

}  // namespace moebius
