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
/// length. A row is of the mean loads of some steps in a row, of as many as the others: where the
/// rows are too many, each two become one. Records of different layers, of as many as it was made
/// for, may be taken at once. Memory: the loads of the rows.
class load_course {
public:
    static constexpr std::size_t most_rows = 256;

    explicit load_course(std::size_t layers = 0);

    void take(const load_record& record);

    /// Columns layer (its place in log_head::layers), step (the last of the row's), steps (how many
    /// it is the mean of; those without any load are left out), and over the mean load: least,
    /// quarter, median, three_quarters, most.
    [[nodiscard]] table rows() const;

private:
    struct row {
        std::int64_t step = 0;
        std::size_t steps = 0;
    };
    struct layer_rows {
        std::size_t experts = 0, stride = 1;
        row begun;
        std::vector<row> rows;
        std::vector<double> sums;  ///< (rows + 1, experts) loads; the last row is begun
    };
    static void merge(layer_rows& layer);

    std::vector<layer_rows> layers_;
};

}  // namespace moebius
