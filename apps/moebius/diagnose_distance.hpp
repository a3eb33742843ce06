// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/logs/load_log.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::cli {

/// What is said of a layer's distance from collapse.
struct layer_distance {
    std::string verdict = "cannot tell";
    std::string reason = "no estimator in this build";
};

/// From the best that can be said of a layer to the worst.
inline constexpr std::string_view verdicts[] = {
    "safe",        "cannot tell",    "drifting", "inside the coexistence window",
    "oscillating", "losing balance", "collapsed"};

/// Takes the records of a log and says how far its layers are from collapse: the one place where
/// the command meets the estimator.
class distance_estimate {
public:
    explicit distance_estimate(const log_head& head) : layers_(head.layers.size()) {}

    void take(const load_record&) {}

    /// In the order of log_head::layers.
    [[nodiscard]] std::vector<layer_distance> layers() const { return layers_; }

private:
    std::vector<layer_distance> layers_;
};

}  // namespace moebius::cli
