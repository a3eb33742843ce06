// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/error.hpp>
#include <moebius/io/result.hpp>
#include <optional>
#include <string>
#include <utility>

namespace moebius::cli {

/// Makes a result say that it is incomplete, and why: the option "incomplete" of its heading, once.
void mark_incomplete(result_heading& heading);

/// Why a result of this run is incomplete, as it says itself; nothing if it is whole.
[[nodiscard]] std::optional<std::string> incomplete_because(const result_heading& heading);

/// @return interrupt_code() for an incomplete result, else `otherwise`
[[nodiscard]] int outcome_of(const result_heading& heading, int otherwise);

/// What a work comes to; or what it came to until an interrupt, and then the heading says so.
/// @throws interrupted if an interrupt came before there was anything, and what the work throws
template <typename Work>
[[nodiscard]] auto until_interrupted(result_heading& heading, const Work& work) {
    using result = decltype(work());
    try {
        return work();
    } catch (cut_short<result>& cut) {
        mark_incomplete(heading);
        return std::move(cut.so_far);
    }
}

/// Adds what a work comes to, or came to until an interrupt, to a result.
template <typename Work>
void add_section(result_document& to, std::string name, const Work& work) {
    auto made = until_interrupted(to.heading, work);
    to.sections.push_back({std::move(name), std::move(made)});
}

}  // namespace moebius::cli
