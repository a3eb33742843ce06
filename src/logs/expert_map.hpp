// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Which logical expert each physical one is a copy of, as EPLB's records say; good until another
/// comes.
class expert_map {
public:
    /// Takes the map that a record has, if it has one.
    /// @param place  for sentences
    /// @throws io_error  where it has only the map the other way round
    void take(const nlohmann::json& record, const std::string& place);

    /// Whether loads of that name are mapped: those of logical experts are what they are.
    [[nodiscard]] bool is_for(std::string_view name) const;

    /// The loads of logical experts, each of which needs a copy.
    /// @param row     of a record that has a row a layer: which of them; none: it has one layer
    /// @param of_ranks  of some of the physical ones: experts without a copy are another rank's
    /// @throws io_error  for loads of free places, too
    [[nodiscard]] std::vector<double> logical(std::span<const double> physical,
                                              std::optional<std::string_view> row, bool of_ranks,
                                              const std::string& place) const;

private:
    [[nodiscard]] const nlohmann::json& of_layer(std::optional<std::string_view> row,
                                                 const std::string& place) const;

    nlohmann::json map_;  ///< (physical), or (layers, physical)
};

}  // namespace moebius
