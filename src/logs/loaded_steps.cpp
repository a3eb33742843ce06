// SPDX-License-Identifier: MIT
#include "loaded_steps.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <utility>

namespace moebius {

loaded_steps::loaded_steps(std::string file, std::unique_ptr<log_source> from)
    : file_(std::move(file)), from_(std::move(from)) {}

/// Of a step that turned out to have a load the records before it, and then that one.
bool loaded_steps::next_held(load_record& record) {
    if (!met_) return false;
    if (given_ < held_.size()) {
        record = held_[given_++].record();
        return true;
    }
    record = *met_;
    met_.reset();
    held_.clear();
    given_ = 0;
    return true;
}

void loaded_steps::pass(const load_record& of) {
    loaded_ = of.step;
    met_ = of;
    ++steps_;
    last_left_out_ = 0;
}

void loaded_steps::leave_out() {
    if (held_.empty()) return;
    last_empty_ = held_.front().record().step;
    if (left_out_ == 0) first_empty_ = last_empty_;
    ++left_out_;
    ++last_left_out_;
    ++steps_;
    held_.clear();
}

bool loaded_steps::next(load_record& record) {
    while (!next_held(record)) {
        if (!from_->next(record)) {
            leave_out();
            if (steps_ > 0 && steps_ == left_out_)
                throw io_error(file_, fmt::format("all loads of its {} steps are 0, but a step "
                                                  "with loads is needed",
                                                  steps_));
            return false;
        }
        if (loaded_ == record.step) return true;
        if (!held_.empty() && held_.front().record().step != record.step) leave_out();
        if (has_load(record))
            pass(record);
        else
            held_.emplace_back(record);
    }
    return true;
}

std::vector<std::string> loaded_steps::notes_at_end() const {
    auto said = from_->notes_at_end();
    if (left_out_ == 0) return said;
    const auto end = last_left_out_ < left_out_
                         ? fmt::format("step {}", last_empty_)
                         : std::string("the end, as a buffer has them that is not full");
    said.push_back(
        fmt::format("steps without a load in any layer were left out: {} of {}, from step {} to {}",
                    left_out_, steps_, first_empty_, end));
    return said;
}

}  // namespace moebius
