// SPDX-License-Identifier: MIT
#include "critical_space.hpp"

#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;

critical_space::critical_space(const problem& at, std::optional<std::size_t> group)
    : model_(at.model), size_(at.model->dimension()) {
    if (!group) return;
    const cell_field& cells = *model_->cells();
    group_ = *group;
    size_ = cells.cell_states();
    finer_ = cells.regrouped(split(cells.groups(), group_, 1));
    const auto owner = group_of_members(cells.groups());
    for (const auto& each : finer_->groups().groups) origin_.push_back(owner[each.front()]);
    first_ = group_;  // split puts it right before the rest
    rest_ = group_ + 1;
}

MatrixXd critical_space::jacobian(std::span<const double> x, std::span<const double> p) const {
    const auto n = static_cast<Index>(size_);
    MatrixXd fx(n, n);
    if (finer_) {
        model_->cells()->within(x, p, group_, view(fx));
    } else {
        Eigen::VectorXd f(n);
        MatrixXd fp(n, static_cast<Index>(p.size()));
        model_->linear(x, p, view(f), view(fx), view(fp));
    }
    return fx;
}

void critical_space::along(std::span<const enclosed> x, std::span<const enclosed> p,
                           std::span<const enclosed> line, std::span<enclosed> out) const {
    const auto moved = [](enclosed at, const enclosed& by, double share) {
        for (std::size_t k = 1; k < enclosed::size; ++k)
            at.set(k, share == 1 ? by.coefficient(k) : by.coefficient(k) / share);
        return at;
    };
    std::vector<enclosed> at;
    if (!finer_) {
        for (std::size_t i = 0; i < size_; ++i) at.push_back(moved(x[i], line[i], 1));
        static_cast<void>(model_->enclose(at, p, out));
        return;
    }
    const std::size_t shared = finer_->shared_parameters(),
                      groups = model_->cells()->groups().size();
    const auto others = static_cast<double>(finer_->groups().groups[rest_].size());
    std::vector<enclosed> q(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(shared));
    for (std::size_t j = shared; j < p.size(); j += groups)
        for (const std::size_t g : origin_) q.push_back(p[j + g]);
    for (std::size_t c = 0; c < size_; ++c)
        for (std::size_t g = 0; g < origin_.size(); ++g) {
            const enclosed& here = x[c * groups + origin_[g]];
            if (g == first_)
                at.push_back(moved(here, line[c], 1));
            else
                at.push_back(g == rest_ ? moved(here, line[c], -others) : here);
        }
    std::vector<enclosed> f(at.size());
    static_cast<void>(finer_->enclose(at, q, f));
    for (std::size_t c = 0; c < size_; ++c) out[c] = f[c * origin_.size() + first_];
}

}  // namespace moebius
