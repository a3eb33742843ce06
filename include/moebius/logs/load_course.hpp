// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/table.hpp>
#include <moebius/logs/load_log.hpp>
#include <span>
#include <vector>

namespace moebius {

/// How the loads of each layer went, over the whole log: at most 256 rows a layer, whatever its
/// length. A row is of the mean loads of some steps in a row, of twice as many each time that the
/// rows are too many; then every second one is dropped. Records of different layers, of as many as
/// it was made for, may be taken at once.
class load_course {
public:
    static constexpr std::size_t most_rows = 256;

    explicit load_course(std::size_t layers = 0);

    void take(const load_record& record);

    /// Columns layer (its place in log_head::layers), step (the last of the row's), and over the
    /// mean load: least, quarter, median, three_quarters, most.
    [[nodiscard]] table rows() const;

private:
    struct row {
        std::int64_t step;
        double least, quarter, median, three_quarters, most;
    };
    struct layer_rows {
        std::size_t stride = 1, steps = 0;  ///< steps of the row that is begun
        std::vector<double> sum, room;      ///< (experts), and to look for ranks in
        std::vector<std::uint8_t> places;   ///< for that, too
        std::vector<row> rows;
    };
    static void end_row(layer_rows& layer, std::int64_t step);

    std::vector<layer_rows> layers_;
};

}  // namespace moebius
