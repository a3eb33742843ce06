// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/continuation/recorder.hpp>
#include <moebius/model/cell_field.hpp>

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
    check_column_names(names_);
}

void recorder::add_row(double arc, std::span<const double> row) {
    entries_.push_back({arc, cells_.size() / names_.size(), none});
    cells_.insert(cells_.end(), row.begin(), row.end());
}

void recorder::add_row(double arc, std::span<const double> row, special_point point) {
    add_row(arc, row);
    entries_.back().point = points_.size();
    points_.push_back(std::move(point));
}

void recorder::replace_row(std::span<const double> row) {
    std::copy(row.begin(), row.end(),
              cells_.begin() + static_cast<std::ptrdiff_t>(entries_.back().row * names_.size()));
}

void recorder::row(const Eigen::VectorXd& u, std::span<const double> extras,
                   std::vector<double>& to) const {
    units_->unscale(u, x_, p_);
    model_->loads(x_, p_, loads_);
    to.clear();
    for (const std::size_t k : units_->free()) to.push_back(p_[k]);
    for (const auto* part : {&x_, &loads_}) to.insert(to.end(), part->begin(), part->end());
    to.insert(to.end(), extras.begin(), extras.end());
}

void recorder::add(double arc, const Eigen::VectorXd& u, std::span<const double> extras) {
    row(u, extras, row_);
    add_row(arc, row_);
}

void recorder::add(double arc, const Eigen::VectorXd& u, std::span<const double> extras,
                   special_point point) {
    point.parameter_names = parameter_names(*model_);
    if (const cell_field* cells = model_->cells()) point.groups = cells->groups();
    row(u, extras, row_);
    add_row(arc, row_, std::move(point));
}

void recorder::end_at_last() {
    const double last = entries_.back().arc;
    std::erase_if(entries_, [last](const entry& each) { return each.arc > last; });
}

void recorder::turn_back() noexcept {
    for (auto& each : entries_) each.arc = -each.arc;
    std::reverse(entries_.begin(), entries_.end());  // those of one place, too
}

void recorder::finish(branch into, diagram& result) {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const entry& l, const entry& r) { return l.arc < r.arc; });
    into.columns.names = names_;
    into.columns.columns.assign(names_.size(), std::vector<double>(entries_.size()));
    for (std::size_t k = 0; k < entries_.size(); ++k) {
        const double* row = cells_.data() + entries_[k].row * names_.size();
        for (std::size_t c = 0; c < names_.size(); ++c) into.columns.columns[c][k] = row[c];
        if (entries_[k].point == none) continue;
        auto& point = points_[entries_[k].point];
        point.branch = into.id;
        point.row = k;
        const auto same = static_cast<std::size_t>(
            std::count_if(result.special_points.begin(), result.special_points.end(),
                          [&](const special_point& known) { return known.type == point.type; }));
        if (point.label.empty()) point.label = label_of(point.type, same + 1);
        result.special_points.push_back(std::move(point));
    }
    result.branches.push_back(std::move(into));
    entries_.clear();
    cells_.clear();
    points_.clear();
}

branch new_branch(const diagram& to, std::string_view kind, std::string_view from,
                  const problem& base) {
    branch made;
    made.id = static_cast<int>(to.branches.size()) + 1;
    made.kind = kind;
    made.from = from;
    if (const cell_field* cells = base.model->cells()) made.groups = cells->groups();
    return made;
}

}  // namespace moebius
