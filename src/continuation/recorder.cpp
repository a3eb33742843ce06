// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/continuation/recorder.hpp>
#include <numeric>

namespace moebius {

recorder::recorder(const problem& base, const scaling& units,
                   std::span<const std::string_view> extras)
    : model_(base.model.get()),
      units_(&units),
      x_(base.model->dimension()),
      p_(base.parameters),
      loads_(base.model->experts()) {
    for (const std::size_t k : units.free()) names_.emplace_back(model_->parameters()[k].name);
    for (const auto name : model_->state_names()) names_.emplace_back(name);
    for (std::size_t e = 1; e <= loads_.size(); ++e) names_.push_back(fmt::format("load_{}", e));
    for (const auto name : extras) names_.emplace_back(name);
}

void recorder::add_row(double arc, std::span<const double> row) {
    arcs_.push_back(arc);
    values_.insert(values_.end(), row.begin(), row.end());
}

void recorder::add_row(double arc, std::span<const double> row, special_point point) {
    points_.emplace_back(arcs_.size(), std::move(point));
    add_row(arc, row);
}

std::vector<double> recorder::row(const Eigen::VectorXd& u, std::span<const double> extras) const {
    units_->unscale(u, x_, p_);
    model_->loads(x_.data(), p_.data(), loads_.data());
    std::vector<double> result;
    result.reserve(names_.size());
    for (const std::size_t k : units_->free()) result.push_back(p_[k]);
    for (const auto* part : {&x_, &loads_}) result.insert(result.end(), part->begin(), part->end());
    result.insert(result.end(), extras.begin(), extras.end());
    return result;
}

void recorder::add(double arc, const Eigen::VectorXd& u, std::span<const double> extras) {
    add_row(arc, row(u, extras));
}

void recorder::add(double arc, const Eigen::VectorXd& u, std::span<const double> extras,
                   special_point point) {
    point.parameter_names = parameter_names(*model_);
    points_.emplace_back(arcs_.size(), std::move(point));
    add(arc, u, extras);
}

void recorder::end_at_last() {
    const std::size_t width = names_.size();
    std::size_t kept = 0;
    for (std::size_t row = 0; row < arcs_.size(); ++row) {
        const bool beyond = arcs_[row] > arcs_.back();
        if (beyond) std::erase_if(points_, [&](const auto& at) { return at.first == kept; });
        for (auto& point : points_)
            if (beyond && point.first > kept) --point.first;
        if (beyond) continue;
        arcs_[kept] = arcs_[row];
        std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                    values_.begin() + static_cast<std::ptrdiff_t>(kept * width));
        ++kept;
    }
    arcs_.resize(kept);
    values_.resize(kept * width);
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
    for (auto& entry : points_) {
        special_point& point = entry.second;  // clang 14 captures no structured binding
        const auto same =
            std::count_if(result.special_points.begin(), result.special_points.end(),
                          [&](const special_point& known) { return known.type == point.type; });
        if (point.label.empty()) point.label = fmt::format("{}{}", to_string(point.type), same + 1);
        result.special_points.push_back(std::move(point));
    }
    result.branches.push_back(std::move(into));
    arcs_.clear();
    values_.clear();
    points_.clear();
}

}  // namespace moebius
