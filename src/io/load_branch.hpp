// SPDX-License-Identifier: MIT
// A branch of a diagram of experts, as it is drawn.
#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <moebius/continuation/diagram.hpp>
#include <string>
#include <vector>

#include "drawn_table.hpp"
#include "layers.hpp"

namespace moebius {

/// A branch of the diagram by its largest load.
class load_branch {
public:
    load_branch(const branch& curve, std::size_t index)
        : columns_(curve.columns, fmt::format("/equilibria/branches/{}/columns", index)) {
        largest_ = columns_.at("load_1");
        std::size_t groups = curve.groups.size();  // none: each expert by itself
        if (groups == 0)
            groups = static_cast<std::size_t>(
                std::count_if(curve.columns.names.begin(), curve.columns.names.end(),
                              [](const std::string& name) { return name.starts_with("load_"); }));
        most_.assign(largest_.size(), 0);
        for (std::size_t g = 2; g <= groups; ++g) {
            const auto& load = columns_.at(fmt::format("load_{}", g));
            for (std::size_t row = 0; row < load.size(); ++row)
                if (load[row] > largest_[row]) largest_[row] = load[row], most_[row] = g - 1;
        }
        for (const auto& group : curve.groups.groups) sizes_.push_back(group.size());
    }

    /// Over how much feedback it is stable: 0 for a branch that only starts at a stable point.
    [[nodiscard]] double stable_length() const {
        const auto& on = columns_.at("stable");
        double length = 0;
        for (std::size_t row = 1; row < on.size(); ++row)
            if (on[row] != 0 && on[row - 1] != 0) length += std::abs(x()[row] - x()[row - 1]);
        return length;
    }

    /// The row in the middle of its stable rows.
    [[nodiscard]] std::size_t middle() const {
        const auto& on = columns_.at("stable");
        const double length = stable_length();
        double before = 0;
        for (std::size_t row = 1; row < on.size(); ++row) {
            if (on[row] != 0 && on[row - 1] != 0) before += std::abs(x()[row] - x()[row - 1]);
            if (2 * before >= length) return row;
        }
        return 0;
    }

    /// Experts with the largest load there; 0 if all have it.
    [[nodiscard]] std::size_t winners(std::size_t row) const {
        return sizes_.size() < 2 ? 0 : sizes_[most_[row]];
    }

    void draw(figure_layer& stable, figure_layer& unstable) const {
        const auto& on = columns_.at("stable");
        for (std::size_t row = 0; row < on.size(); ++row) {
            auto& to = on[row] != 0 ? stable : unstable;
            if (row == 0 || on[row] != on[row - 1]) {
                add(to, pen_up, pen_up);
                if (row > 0) add(to, x()[row - 1], largest_[row - 1]);
            }
            add(to, x()[row], largest_[row]);
        }
    }

    /// The group with the largest load there.
    [[nodiscard]] std::size_t leader(std::size_t row) const { return most_[row]; }

    [[nodiscard]] const std::vector<double>& x() const { return columns_.at("feedback"); }
    [[nodiscard]] const std::vector<double>& largest() const noexcept { return largest_; }

private:
    drawn_table columns_;
    std::vector<double> largest_;
    std::vector<std::size_t> most_;  ///< the group that has it
    std::vector<std::size_t> sizes_;
};

}  // namespace moebius
