// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <moebius/logs/load_log.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What the parts of a log say of the run. Counts of two rules tell the gain of neither, so that
/// parts have one; steps of other tokens are steps of one run all the same.
class told_settings {
public:
    /// Takes what a part says; its tokens become those of the part that said them first.
    /// @throws io_error  for a rule that is not that of the parts before it
    void take(const std::string& file, log_head& says);

    /// Sets all that any part said.
    void give(log_head& to) const;

    /// That parts have other tokens, a sentence each.
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

private:
    template <typename T>
    bool agrees(const std::string& file, std::string_view name, const T& says, T& said);
    template <typename T>
    void require(const std::string& file, std::string_view name, const T& says, T& said);

    log_head said_;                                  ///< without layers and experts
    std::optional<double> bias_leak_;                ///< told with the rule that it is of
    std::map<std::string_view, std::string> files_;  ///< that said each setting first
    std::vector<std::string> notes_;
};

}  // namespace moebius
