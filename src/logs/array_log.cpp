// SPDX-License-Identifier: MIT
#include "array_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/lane_sums.hpp>

#include "load_names.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

/// The first number that is no load, or the length.
std::size_t first_bad(std::span<const double> values, double least) {
    if (are_within(values, least, largest_number)) return values.size();
    const auto bad = [&](double value) { return !(value >= least && value <= largest_number); };
    return static_cast<std::size_t>(std::find_if(values.begin(), values.end(), bad) -
                                    values.begin());
}

}  // namespace

std::span<const double> channel::next() {
    if (!rows_) return {};
    fresh_ = at_ == block_.size();
    if (fresh_) {
        constexpr std::size_t most = 1 << 12;  // they stay in the nearest cache
        block_.resize(std::min(left_, std::max(record_, most / record_ * record_)));
        rows_->read(block_);
        left_ -= block_.size();
        at_ = 0;
    }
    at_ += record_;
    return std::span<const double>(block_).subspan(at_ - record_, record_);
}

bool array_log::next(load_record& record) {
    for (;;) {
        const std::size_t step = step_;
        if (!next_of_all(record)) return false;
        if (is_void.empty() || !is_void[step]) return true;
    }
}

bool array_log::next_of_all(load_record& record) {
    if (step_ == step_count) return false;
    record.step = steps.empty() ? static_cast<std::int64_t>(step_) : steps[step_];
    record.layer = layer_;
    record.loads = loads.next();
    if (loads.is_fresh()) check(loads, 0, load_rule);
    if (axes) axes->take(record.loads);
    record.scores = finite(scores);
    record.dither = finite(dither);
    record.moments = finite(moments);
    record.feedback = feedback.empty() ? not_a_number : feedback[step_];
    if (++layer_ == about.layers.size()) {
        layer_ = 0;
        ++step_;
    }
    return true;
}

std::vector<std::string> array_log::notes_at_end() const {
    auto said = axes ? axes->finding() : std::string();
    return said.empty() ? std::vector<std::string>() : std::vector{std::move(said)};
}

std::span<const double> array_log::finite(channel& of) {
    const auto out = of.next();
    if (of.is_there() && of.is_fresh()) check(of, -largest_number, number_rule);
    return out;
}

void array_log::check(const channel& of, double least, std::string_view rule) const {
    const auto values = of.block();
    const auto bad = first_bad(values, least);
    if (bad == values.size()) return;
    const std::size_t layers = about.layers.size();
    const std::size_t row = layer_ + bad / of.record();  // of the block's first step
    throw io_error(of.name(), fmt::format("step {}, layer {}, expert {} is {}, but it {}",
                                          step_ + row / layers, row % layers,
                                          bad % of.record() % about.experts, values[bad], rule));
}

log_shape shape_of(const number_rows& rows, std::vector<std::string>& notes) {
    const auto& shape = rows.shape();
    const auto refuse = [&](std::string_view rule) {
        throw io_error(rows.name(),
                       fmt::format("its shape is ({}), but {}", fmt::join(shape, ", "), rule));
    };
    if (rows.is_text()) refuse("loads are numbers, and this is a text");
    if (shape.empty() || shape.size() > 3)
        refuse("loads are [steps, layers, experts], [steps, experts] or [experts]");
    if (rows.count() == 0) refuse("a load or more is needed");
    log_shape out;
    out.experts = shape.back();
    if (shape.size() > 1) out.steps = shape.front();
    out.has_layers = shape.size() > 2;
    if (out.has_layers) out.layers = shape[1];
    if (out.experts > load_table::most_experts || out.layers > load_table::most_layers)
        refuse(fmt::format("{} layers and {} experts are the most", load_table::most_layers,
                           load_table::most_experts));
    if (shape.size() == 2)
        notes.push_back("an array of two axes was read as [steps, experts] of one layer");
    return out;
}

std::vector<std::size_t> checksums_of_steps(number_rows& rows, std::size_t steps) {
    std::vector<double> step(rows.count() / steps);
    std::vector<std::size_t> out;
    while (out.size() < steps) {
        rows.read(step);
        out.push_back(std::hash<std::string_view>()(
            {reinterpret_cast<const char*>(step.data()), step.size() * sizeof(double)}));
    }
    return out;
}

void set_shape(array_log& log, const log_shape& shape) {
    log.step_count = shape.steps;
    log.about.experts = shape.experts;
    log.axes.emplace(shape);
    for (std::size_t l = 0; l < shape.layers; ++l) log.about.layers.push_back(std::to_string(l));
}

std::unique_ptr<number_rows> rows_of(std::unique_ptr<byte_source> bytes) {
    std::string start(npy::magic.size(), '\0');
    start.resize(bytes->read(start));
    if (start != npy::magic) throw io_error(bytes->name(), "it is not an NPY file");
    return std::make_unique<number_rows>(std::move(bytes));
}

void number_rows::read(std::span<double> to) {
    if (!array_.fortran_order()) return array_.read(to);
    if (whole_.empty()) whole_ = all();
    std::copy_n(whole_.begin() + static_cast<std::ptrdiff_t>(at_), to.size(), to.begin());
    at_ += to.size();
}

namespace {

/// What a path ends in, less the folder and the format.
std::string_view name_of_file(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    return path.substr(0, path.rfind('.'));
}

}  // namespace

opened_log open_npy(std::unique_ptr<byte_source> bytes) {
    opened_log out;
    auto loads = rows_of(std::move(bytes));
    if (const auto name = name_of_file(loads->name()); are_ids_by_name(name))
        throw io_error(loads->name(), fault_of_ids(name));
    const auto shape = shape_of(*loads, out.notes);
    auto log = std::make_unique<array_log>();
    set_shape(*log, shape);
    log->about.has_steps = false;
    if (auto said = note_of_layers(shape); !said.empty()) out.notes.push_back(std::move(said));
    log->loads = {std::move(loads), shape.experts};
    out.source = std::move(log);
    return out;
}

}  // namespace moebius
