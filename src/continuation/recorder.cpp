// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/continuation/recorder.hpp>
#include <numeric>

namespace moebius {

void recorder::add(double arc, const std::vector<double>& row) {
    arcs_.push_back(arc);
    values_.insert(values_.end(), row.begin(), row.end());
}

void recorder::add(double arc, const std::vector<double>& row, special_point point) {
    points_.emplace_back(arcs_.size(), std::move(point));
    add(arc, row);
}

void recorder::turn_back() noexcept {
    for (double& arc : arcs_) arc = -arc;
}

void recorder::finish(branch into, diagram& result) {
    std::vector<std::size_t> order(arcs_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [this](std::size_t l, std::size_t r) { return arcs_[l] < arcs_[r]; });
    std::vector<std::size_t> place(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) place[order[k]] = k;

    const std::size_t width = names_.size();
    into.columns.names = names_;
    into.columns.columns.assign(width, std::vector<double>(order.size()));
    for (std::size_t k = 0; k < order.size(); ++k)
        for (std::size_t c = 0; c < width; ++c)
            into.columns.columns[c][k] = values_[order[k] * width + c];

    for (auto& [row, point] : points_) {
        point.branch = into.id;
        point.row = place[row];
    }
    std::stable_sort(points_.begin(), points_.end(),
                     [](const auto& l, const auto& r) { return l.second.row < r.second.row; });
    for (auto& [row, point] : points_) {
        const auto same =
            std::count_if(result.special_points.begin(), result.special_points.end(),
                          [&](const special_point& known) { return known.type == point.type; });
        if (point.label.empty())
            point.label = std::string(to_string(point.type)) + std::to_string(same + 1);
        result.special_points.push_back(std::move(point));
    }
    result.branches.push_back(std::move(into));
    arcs_.clear();
    values_.clear();
    points_.clear();
}

}  // namespace moebius
