// SPDX-License-Identifier: MIT
#include "megatron_dump.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <moebius/base/error.hpp>
#include <vector>

namespace moebius {
namespace {

/// Numbers of an array, one a layer; none where there is no such array.
std::vector<double> one_a_layer(number_rows* from, std::size_t layers) {
    if (from == nullptr || from->is_text()) return {};
    if (from->shape() != std::vector{layers})
        throw io_error(from->name(), fmt::format("its shape is ({}), but loads have {} layers",
                                                 fmt::join(from->shape(), ", "), layers));
    return from->all();
}

}  // namespace

void megatron_dump::add_to(log_builder& to) const {
    const auto shape = loads->shape();
    if (loads->is_text() || shape.size() != 3 || shape[2] > load_table::most_experts)
        throw io_error(loads->name(), "a dump of loads has [layers, forwards, experts]");
    const auto names = one_a_layer(numbers.get(), shape[0]);
    const auto ends = one_a_layer(forwards.get(), shape[0]);
    const auto values = loads->all();
    to.adds_up = true;
    if (rank && !rank->is_text() && rank->count() == 1)
        to.add_rank(fmt::format("{}", rank->all().front()));
    to.note(
        "a dump of Megatron's loads has the counts of one rank: the files of all ranks of a "
        "group are to be given together");
    for (std::size_t l = 0; l < shape[0]; ++l) {
        const auto name = names.empty() ? std::to_string(l) : fmt::format("{}", names[l]);
        const auto end = ends.empty() ? static_cast<double>(shape[1]) : ends[l];
        add_layer(name, std::span(values).subspan(l * shape[1] * shape[2]), end, to);
    }
}

void megatron_dump::add_layer(const std::string& name, std::span<const double> values, double end,
                              log_builder& to) const {
    const auto shape = loads->shape();
    if (!(end >= 0 && end <= static_cast<double>(shape[1])))
        throw io_error(
            forwards->name(),
            fmt::format("{} forwards of layer {} came, but loads have {}", end, name, shape[1]));
    to.take_width(shape[2], [this] { return loads->name(); });
    auto& table = to.part("");
    const auto layer = table.layer(name, [this] { return (numbers ? numbers : loads)->name(); });
    for (std::size_t s = 0, at = 0; static_cast<double>(s) < end; ++s)
        for (std::uint32_t e = 0; e < shape[2]; ++e)
            table.add({.step = static_cast<std::int64_t>(s),
                       .layer = layer,
                       .expert = e,
                       .load = checked_load(values[at++], [&] { return loads->name(); })});
}

}  // namespace moebius
