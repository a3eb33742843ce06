// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/logs/load_log.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kept_record.hpp"

namespace moebius {

/// The steps of a log in which a layer has a load: the others are no steps of a run, but what a
/// buffer has where nothing was written. notes_at_end() tells how many were left out.
class loaded_steps final : public log_source {
public:
    /// @param file  for sentences
    loaded_steps(std::string file, std::unique_ptr<log_source> from);

    const log_head& head() const override { return from_->head(); }

    /// @throws io_error  at the end, where no step had a load
    bool next(load_record& record) override;
    std::vector<std::string> notes_at_end() const override;
    bool is_turned() const override { return from_->is_turned(); }

private:
    bool next_held(load_record& record);
    void pass(const load_record& of);
    void leave_out();

    std::string file_;
    std::unique_ptr<log_source> from_;
    std::optional<std::int64_t> loaded_;  ///< the step at hand, once a load of it was met
    std::vector<kept_record> held_;       ///< of a step of which no load was met so far
    std::size_t given_ = 0;               ///< of those held that are given now
    std::optional<load_record> met_;      ///< the record with that load, which comes after them
    std::size_t steps_ = 0, left_out_ = 0;
    std::size_t last_left_out_ = 0;  ///< since the last step with loads
    std::int64_t first_empty_ = 0, last_empty_ = 0;
};

}  // namespace moebius
