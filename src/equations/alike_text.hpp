// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <moebius/base/grouping.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "symmetry.hpp"
#include "tape.hpp"
#include "text_model.hpp"

namespace moebius::detail {

/// Equations of alike cells on G groups of them, k states each: what the members of a group have in
/// common is computed once. Parameters are those of all cells, then each kind's of the G groups.
struct group_steps {
    tape rates;   ///< (k G) of the k G states
    tape loads;   ///< (G), or nothing
    tape bounds;  ///< low and high of the parameters, or nothing
    tape scale;   ///< one of the parameters, or nothing
    /// For each group the k rates of its first member, whose states, and the second's, stand by
    /// themselves behind those of the groups. Of a group of one: nothing.
    std::vector<tape> within;

    [[nodiscard]] std::size_t size() const noexcept;  ///< steps of all
};

/// A text of interchangeable cells. As nothing but the sizes of groups matters to them, it is
/// compiled once for each list of sizes, for consecutive cells. Threads share it.
class alike_text {
public:
    alike_text(text_model text, cell_layout layout)
        : text_(std::move(text)), layout_(std::move(layout)) {}

    [[nodiscard]] const text_model& text() const noexcept { return text_; }
    [[nodiscard]] const cell_layout& layout() const noexcept { return layout_; }
    [[nodiscard]] std::shared_ptr<const group_steps> on(const grouping& groups) const;

private:
    text_model text_;
    cell_layout layout_;
    mutable std::mutex guard_;  // of what follows
    mutable std::map<std::vector<std::size_t>, std::shared_ptr<const group_steps>> known_;
    mutable std::size_t kept_ = 0;  // steps
};

}  // namespace moebius::detail
