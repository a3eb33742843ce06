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

struct log_builder;

/// Which logical expert each physical one is a copy of, as EPLB's records say; good until another
/// comes.
class expert_map {
public:
    /// Takes the map that a record has, if it has one.
    /// @param place  for sentences
    /// @return is_there()
    /// @throws io_error  where it has only the map the other way round
    bool take(const nlohmann::json& record, const std::string& place);

    /// Whether a map came.
    [[nodiscard]] bool is_there() const;

    /// The loads of logical experts: as they are, or those of physical ones added up, which their
    /// number or name tells.
    /// @param name  of the loads
    /// @param row   of a record that has a row a layer: which of them; none: it has one layer
    /// @param to    gets a note of what was done
    /// @throws io_error  as loads_beside() and add_up_copies()
    [[nodiscard]] std::vector<double> logical(std::string_view name, std::span<const double> loads,
                                              std::optional<std::string_view> row, log_builder& to,
                                              const std::string& place) const;

private:
    [[nodiscard]] const nlohmann::json& of_layer(std::optional<std::string_view> row,
                                                 const std::string& place) const;

    nlohmann::json map_;  ///< (physical), or (layers, physical)
};

}  // namespace moebius
