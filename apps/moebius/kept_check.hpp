// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "result_value.hpp"

namespace moebius::cli {

/// Hears which kept quantities the results of points lack. One may be missing at some points, as a
/// width that there is beyond the cusp alone: one that all samples lack, where they have another of
/// nearly that name, is misspelt.
class kept_check {
public:
    /// @param samples  points; none: nothing is refused
    void expect(std::vector<std::uint64_t> samples);

    /// What a point has, one a quantity; nothing if it failed. From any thread.
    void note(std::uint64_t index, std::span<const found_value> kept);

    /// Whether all samples came, and a quantity is misspelt that no point has.
    [[nodiscard]] bool refuses() const noexcept { return refuses_; }

    /// Of each quantity that no point has, why.
    [[nodiscard]] std::vector<std::string> faults() const;

private:
    mutable std::mutex mutex_;
    std::set<std::uint64_t> awaited_;
    std::vector<found_value> lacking_;  ///< of the first result; no sentence: some have it
    std::atomic<bool> over_ = true, refuses_ = false;
};

}  // namespace moebius::cli
