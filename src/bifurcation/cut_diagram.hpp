// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/continuation/diagram.hpp>
#include <string_view>
#include <utility>

namespace moebius::detail {

/// Whether a watch stopped one of the branches.
[[nodiscard]] inline bool was_stopped(const diagram& of) {
    return std::any_of(of.branches.begin(), of.branches.end(), [](const branch& one) {
        return one.first == stop_reason::stopped || one.last == stop_reason::stopped;
    });
}

/// The diagram that `follow` fills.
/// @throws cut_short<diagram>  with what is in it, if the watch stopped a branch, or `follow` by
///                             `interrupted`
template <typename Follow>
diagram filled(std::string_view operation, diagram& to, const Follow& follow) {
    try {
        follow();
    } catch (const interrupted&) {
        throw cut_short<diagram>(operation, std::move(to));
    }
    if (was_stopped(to)) throw cut_short<diagram>(operation, std::move(to));
    return std::move(to);
}

}  // namespace moebius::detail
