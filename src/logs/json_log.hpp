// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "expert_map.hpp"
#include "json_families.hpp"
#include "json_numbers.hpp"
#include "log_builder.hpp"
#include "router_trace.hpp"

namespace moebius {

/// A record a line.
class json_log final : public line_parser {
public:
    using json = nlohmann::json;

    json_log(log_builder& to, std::string file) : to_(to), file_(std::move(file)) {}

    void take(std::string_view line) override {
        constexpr std::size_t longest = std::size_t{1} << 26;
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        ++line_;
        if (line_ == 1 && line.starts_with(byte_order_mark))
            line.remove_prefix(byte_order_mark.size());
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
        if (line.size() > longest)
            fail(fmt::format("it has {} bytes, but {} are the most of a record", line.size(),
                             longest));
        try {
            take_record(json::parse(line));
        } catch (const json::exception& e) {
            const std::string_view words = e.what();
            fail(fmt::format(
                "it is no JSON record: {}",
                excerpt(words.substr(std::min(words.find("] ") + 2, words.size())), 120)));
        }
    }

    [[nodiscard]] bool ends_step() const override { return ends_step_; }

    bool take_without_end(std::string_view line) override {
        if (!json::accept(line)) return false;
        take(line);
        return true;
    }

private:
    [[nodiscard]] json_place here() const { return {file_, line_}; }
    [[nodiscard]] std::string place() const { return here().text(); }
    [[nodiscard]] std::string place(std::string_view name) const { return here().of(name); }
    [[noreturn]] void fail(std::string_view reason) const { throw io_error(place(), reason); }

    void take_record(const json& record);
    void find_members(const json& record);
    [[nodiscard]] bool has_loads_of_all() const {
        return arrays_.loads != nullptr ||
               best_family(flat_, family_kind::contents::loads) != nullptr;
    }
    void take_settings(const json& record);
    void find_member(const std::string& name, const json& value);
    void find_step(const std::string& name, const json& value);
    void find_loads(const std::string& name, const json& value);
    void find_flat(std::string_view name, const json& value);
    void find_nested(const std::string& name, const json& object, int depth);
    void take_by_expert(std::string_view layer, const json& loads);
    [[nodiscard]] double number(const json& value, std::string_view what) const {
        return json_number(value, what, here());
    }
    void take_cell();
    void take_arrays();
    void take_row(std::string_view layer, const array_set& of,
                  std::optional<std::string_view> row = {});
    void take_trace(const json& record);
    void take_flat();
    void add_row(std::string_view layer, std::span<const double> loads, const probes& beside = {});
    /// Of a record of loads; others may have any. NaN: none.
    [[nodiscard]] double feedback() const {
        return feedback_.value == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                          : number(*feedback_.value, feedback_.name);
    }
    /// Of a record of loads; others may have any.
    void require_step() {
        if (said_step_.value == nullptr && no_step_.value != nullptr)
            (void)number(*no_step_.value, no_step_.name);  // says what it is
        if (said_step_.value == nullptr) fail("a record of loads has no step, but each needs one");
        step_ = checked_step(said_step_.value->get<double>(),
                             [this] { return place(said_step_.name); });
    }

    log_builder& to_;
    std::string file_;
    std::size_t line_ = 0;
    bool ends_step_ = false;
    expert_map map_;
    router_trace trace_;

    // of the record at hand
    std::int64_t step_ = 0;
    std::string layer_;
    bool has_layer_ = false;  ///< whether it says one, and so is of that alone
    struct named_member {
        const json* value = nullptr;
        std::string name{};
    };
    named_member expert_, copy_, said_step_, feedback_;  ///< copy_: the physical one
    named_member no_step_;       ///< has the name of a step, and is no number
    array_set arrays_, single_;  ///< of all experts, and of one
    json_families flat_;
};

}  // namespace moebius
