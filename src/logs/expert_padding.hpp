// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/logs/load_log.hpp>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// Experts that a log has behind those of the run, without a load in any record: an array that was
/// made wider than it need be. They are left out.
class expert_padding {
public:
    /// @param experts  of the run
    explicit expert_padding(std::size_t experts) : experts_(experts) {}

    /// Whether loads are those of more experts, of which those behind the first `experts` have
    /// none.
    [[nodiscard]] static bool is_behind(std::size_t experts, std::span<const double> loads);

    /// What is left of the record is valid as long as that was, and its moments until the next one.
    /// @param place  gives what the sentence begins with: file and place
    /// @throws io_error  where they have a load
    template <typename Place>
    void take_off(load_record& record, const Place& place) {
        if (!is_behind(experts_, record.loads)) refuse(record, place());
        cut(record);
    }

private:
    void cut(load_record& record);
    [[noreturn]] void refuse(const load_record& record, const std::string& place) const;

    std::size_t experts_;
    std::vector<double> moments_;
};

}  // namespace moebius
