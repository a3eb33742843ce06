// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace moebius::detail {

/// Tells when a branch of cycles has come to an orbit of infinite period: the period grows while
/// the parameter and the extremes of the cycle stand still. In a canard explosion, where parameters
/// stand still, too, the extremes do not.
class homoclinic_end {
public:
    /// @param tolerance  of a cycle's period and extremes
    explicit homoclinic_end(double tolerance)
        : still_(std::min(100 * tolerance, 1e-5)), alike_(std::min(1e4 * tolerance, 1e-3)) {}

    /// To be asked at each cycle of the branch in turn.
    /// @param parameter  scaled
    /// @param extremes   in state scales
    bool reached(double period, double parameter, std::vector<double> extremes) {
        past_.push_back({period, parameter, std::move(extremes)});
        return stands_still(still_, alike_);
    }
    /// Whether it is near one where the branch cannot be followed on.
    [[nodiscard]] bool nears() const { return stands_still(1e-3, 1e-2); }

private:
    static constexpr double growth = 1.25;  // of the period, over which nothing else changes

    struct cycle {
        double period, parameter;
        std::vector<double> extremes;
    };

    [[nodiscard]] bool stands_still(double still, double alike) const {
        const auto& now = past_.back();
        for (std::size_t k = past_.size() - 1; k-- > 0;) {
            const auto& then = past_[k];
            if (std::abs(then.parameter - now.parameter) > still) return false;
            for (std::size_t i = 0; i < now.extremes.size(); ++i)
                if (std::abs(then.extremes[i] - now.extremes[i]) > alike) return false;
            if (then.period < now.period / growth) return true;
        }
        return false;
    }

    double still_, alike_;
    std::vector<cycle> past_;
};

}  // namespace moebius::detail
