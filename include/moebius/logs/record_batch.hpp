// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/logs/load_log.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Some steps of a log, layer by layer: what is asked of each layer by itself is asked of many of
/// its records in a row, and of layers side by side.
class record_batch {
public:
    /// Numbers of a batch: one thread takes them while they are near it, several meet seldom.
    static constexpr std::size_t for_one = std::size_t{1} << 14, for_several = std::size_t{1} << 17;

    /// Takes the place of what was here: the next records, until they are of this many numbers.
    /// @return how many records came; 0 at the end of the log
    /// @throws invalid_argument  as log_source::next
    std::size_t fill(log_source& from, std::size_t numbers = for_several);

    [[nodiscard]] std::size_t layers() const noexcept { return layers_.size(); }
    /// In order; valid until the next fill.
    [[nodiscard]] std::span<const load_record> of(std::size_t layer) const {
        return layers_[layer].records;
    }

private:
    struct part {
        std::vector<double> values;
        std::vector<load_record> records;
    };
    std::vector<part> layers_;
};

}  // namespace moebius
