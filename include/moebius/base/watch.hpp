// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace moebius {

/// Watches a long run: is told how far it is, and may ask it to stop.
///
/// The library never prints and never installs a signal handler; a program does both through this.
struct watch {
    /// Called with (done, total), from any thread but never from two at once; may be empty. Where
    /// nobody knows how much there will be, total is 0 and done is what was added since the last
    /// call.
    std::function<void(std::size_t, std::size_t)> report;
    const std::atomic<bool>* stop = nullptr;  ///< set to true to stop the run; may be null

    [[nodiscard]] bool stopping() const noexcept {
        return stop != nullptr && stop->load(std::memory_order_relaxed);
    }
};

/// The watch of one part of a run of `all` parts of equal length: it does `parts` of them after
/// `before` were done, and `whole`, which must outlive it, hears how far the run is.
[[nodiscard]] watch part_of(const watch& whole, std::size_t before, std::size_t parts,
                            std::size_t all);

}  // namespace moebius
