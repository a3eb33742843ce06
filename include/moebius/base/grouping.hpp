// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Which of N interchangeable things agree: every one is a member of exactly one group.
///
/// Members are positions from 0; those of a group rise, and groups stand in the order in which they
/// were made. A state that is constant on the groups lies in the fixed-point space of the product
/// of their symmetric groups.
/// @source  Golubitsky & Stewart, The Symmetry Perspective, section 1.4
struct grouping {
    std::vector<std::vector<std::size_t>> groups;

    [[nodiscard]] std::size_t size() const noexcept { return groups.size(); }
    [[nodiscard]] std::size_t members() const noexcept;  ///< of all groups: N

    friend bool operator==(const grouping&, const grouping&) = default;
};

/// All in one group.
[[nodiscard]] grouping one_group(std::size_t members);
/// Every one alone.
[[nodiscard]] grouping singletons(std::size_t members);

/// The first `count` members of a group leave it and form a new group right before the rest.
/// @throws invalid_argument unless 1 <= count < size of the group
[[nodiscard]] grouping split(const grouping& from, std::size_t group, std::size_t count);

/// The group of each member. Shape (N).
[[nodiscard]] std::vector<std::size_t> group_of_members(const grouping& of);

/// How many groupings look like `fine` when the members of each group of `coarse` are renamed.
///
/// `fine` must refine `coarse`. Infinite where it exceeds a double.
[[nodiscard]] double copies(const grouping& coarse, const grouping& fine);

/// "1,2-8": members counted from 1, groups separated by spaces.
[[nodiscard]] std::string to_string(const grouping& of);
/// @param most  members at most: a range is counted before it is spelt out
/// @throws invalid_argument for a text that to_string does not write, or of more members
[[nodiscard]] grouping grouping_from(std::string_view text,
                                     std::size_t most = std::size_t{1} << 20);

}  // namespace moebius
