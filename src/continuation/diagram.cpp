// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/continuation/diagram.hpp>

namespace moebius {
namespace {

constexpr std::array<std::string_view, 33> type_names{
    "EP",  "BP",  "LP",  "HB",  "PD",  "NS",   "LPC",  "CP",   "BT",   "GH",  "ZH",
    "HH",  "R1",  "R2",  "R3",  "R4",  "LPPD", "LPNS", "PDNS", "NSNS", "GPD", "CH",
    "NSS", "NSF", "NFF", "DRS", "DRU", "NCH",  "SH",   "OFS",  "OFU",  "IFS", "IFU"};
constexpr std::array<std::string_view, 15> reason_names{"range_end",
                                                        "branch_point",
                                                        "max_points",
                                                        "closed",
                                                        "step_too_small",
                                                        "left_box",
                                                        "not_finite",
                                                        "singular",
                                                        "stop_event",
                                                        "stopped",
                                                        "long_period",
                                                        "homoclinic",
                                                        "multipliers_not_resolved",
                                                        "period_doubling",
                                                        "homoclinic_to_cycle"};

template <typename Enum, std::size_t n>
Enum from_name(std::string_view what, std::string_view name,
               const std::array<std::string_view, n>& names) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        throw invalid_argument(what, fmt::format("'{}' is unknown", name),
                               fmt::format("a known name is needed{}", did_you_mean(name, names)));
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(point_type type) noexcept {
    return type_names[static_cast<std::size_t>(type)];
}

point_type point_type_from_name(std::string_view name) {
    return from_name<point_type>("point type", name, type_names);
}

std::string label_of(point_type type, std::size_t number) {
    const auto letters = to_string(type);
    const bool ends_in_digit = letters.back() >= '0' && letters.back() <= '9';
    return fmt::format("{}{}{}", letters, ends_in_digit ? "_" : "", number);
}

std::string_view to_string(stop_reason reason) noexcept {
    return reason_names[static_cast<std::size_t>(reason)];
}

stop_reason stop_reason_from_name(std::string_view name) {
    return from_name<stop_reason>("stop reason", name, reason_names);
}

bool is_of_cycles(std::string_view kind) noexcept {
    return kind == "cycle" || kind == "homoclinic" || kind.ends_with("of cycles");
}

search_record& search_record::operator+=(const search_record& other) {
    starts += other.starts;
    states += other.states;
    may_miss |= other.may_miss;
    for (const auto& gap : search_gaps()) this->*gap.count += other.*gap.count;
    return *this;
}

std::span<const search_gap> search_gaps() noexcept {
    using record = search_record;
    static constexpr search_gap gaps[] = {
        {"not_followed", &record::not_followed, "branch points",
         "were not followed: raise --max-branches"},
        {"too_deep", &record::too_deep, "branch points", "lie deeper than --depth"},
        {"not_tried", &record::not_tried, "starts of one or two winners between the searches",
         "were left out: raise --scan-starts"},
        {"no_rest", &record::no_rest, "starts", "came to no rest"},
        {"no_root", &record::no_root, "starts of Newton's method", "found no state"},
        {"lost", &record::lost, "states and ways out of branch points", "led to no branch"},
        {"not_located", &record::not_located, "changes of stability", "were not located"},
        {"cut_short", &record::cut_short, "searches", "left starts out: there are too many states"},
        {"not_finite", &record::not_finite, "searches", "passed states at which f is no number"}};
    return gaps;
}

const special_point& diagram::at(std::string_view label) const {
    std::vector<std::string_view> labels;
    for (const auto& point : special_points) {
        if (point.label == label) return point;
        labels.push_back(point.label);
    }
    throw invalid_argument(
        "label", fmt::format("'{}' came", label),
        labels.empty() ? std::string("the file has no special points")
                       : fmt::format("the file has no such point{}", did_you_mean(label, labels)));
}

}  // namespace moebius
