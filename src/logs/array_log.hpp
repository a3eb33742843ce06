// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <moebius/logs/log_file.hpp>
#include <moebius/tokens/byte_source.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "axis_check.hpp"
#include "log_shape.hpp"
#include "number_rows.hpp"

namespace moebius {

struct log_builder;

/// Numbers of some steps at a time.
class channel {
public:
    channel() = default;
    channel(std::unique_ptr<number_rows> rows, std::size_t record)
        : rows_(std::move(rows)), record_(record), left_(rows_->count()) {}

    [[nodiscard]] bool is_there() const noexcept { return rows_ != nullptr; }
    [[nodiscard]] const std::string& name() const noexcept { return rows_->name(); }
    [[nodiscard]] std::size_t record() const noexcept { return record_; }

    /// Those of the next record; empty without an array.
    std::span<const double> next();
    /// Whether the last record came with a new block, and that.
    [[nodiscard]] bool is_fresh() const noexcept { return fresh_; }
    [[nodiscard]] std::span<const double> block() const noexcept { return block_; }

private:
    std::unique_ptr<number_rows> rows_;
    std::size_t record_ = 1, left_ = 0, at_ = 0;
    bool fresh_ = false;
    std::vector<double> block_;
};

/// Arrays [steps, layers, experts] side by side.
class array_log final : public log_source {
public:
    channel loads, scores, dither, moments;
    std::vector<std::int64_t> steps;  ///< their numbers; empty: from 0
    std::vector<double> feedback;     ///< of each step, or empty
    std::vector<bool> is_void;        ///< of each step, after a restart, or empty
    std::size_t step_count = 0;
    log_head about;
    std::optional<axis_check> axes;

    const log_head& head() const override { return about; }
    bool next(load_record& record) override;
    std::vector<std::string> notes_at_end() const override;
    bool is_turned() const override { return axes && !axes->finding().empty(); }

private:
    /// The next record, of a step that is void, too.
    bool next_of_all(load_record& record);
    std::span<const double> finite(channel& of);
    void check(const channel& of, double least, std::string_view rule) const;

    std::size_t step_ = 0, layer_ = 0;
};

/// One of each step's loads.
[[nodiscard]] std::vector<std::size_t> checksums_of_steps(number_rows& rows, std::size_t steps);

/// @throws io_error  for an array that has no loads
[[nodiscard]] log_shape shape_of(const number_rows& rows, std::vector<std::string>& notes);

/// Layers without names.
void set_shape(array_log& log, const log_shape& shape);

/// An array from the first byte of its file on.
/// @throws io_error
[[nodiscard]] std::unique_ptr<number_rows> rows_of(std::unique_ptr<byte_source> bytes);

/// What an NPY file holds, from its first byte on.
[[nodiscard]] opened_log open_npy(std::unique_ptr<byte_source> bytes);

/// What an NPZ file holds.
[[nodiscard]] opened_log open_npz(const std::string& path);

/// Adds what an NPZ file holds if it is Megatron's dump of one rank's loads; false if it is none.
/// @param names_rank  whether the file is to say which rank that is
bool add_megatron_dump(const std::string& path, bool names_rank, log_builder& to);

}  // namespace moebius
