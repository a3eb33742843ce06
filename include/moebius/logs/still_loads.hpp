// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <moebius/base/lane_sums.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Records one after the other whose loads are the same, as of a counter that is no longer updated.
/// Memory: a number an expert.
class still_loads {
public:
    /// Behind the first of them.
    struct stretch {
        std::size_t records = 0;
        std::int64_t first = 0, last = 0;  ///< steps
    };

    /// @param all  lane_total_of its loads
    void take(std::span<const double> loads, const lane_total& all, std::int64_t step);

    /// The longest stretch, or one without records where chance makes as long ones: where few
    /// tokens come, records often have the same loads. One of a layer that has collapsed onto some
    /// experts is none.
    [[nodiscard]] stretch longest() const;

    /// Where loads change every h records only, h >= 2, and those between are like the one before:
    /// h, else 0. By their sums and largest loads, of runs that chance does not make as regular.
    [[nodiscard]] std::size_t held() const;

private:
    void end();
    void count_run(bool is_alike);

    lane_total last_;
    std::vector<double> kept_;  ///< (experts) loads of the stretch at hand
    stretch now_, longest_;
    std::size_t records_ = 0;
    std::size_t run_ = 0;                      ///< records at hand that are alike
    std::map<std::size_t, std::size_t> runs_;  ///< how many were as long
    std::size_t alike_ = 0;  ///< that have the sum and the largest load of the one before
};

}  // namespace moebius
