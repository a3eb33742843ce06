// SPDX-License-Identifier: MIT
#include "defining_system.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/solve/spectrum.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double around = 1e-6;  // of a parameter, for which f(0, p) = 0 must hold

bool is_zero(std::span<const enclosed> f) {
    return std::all_of(f.begin(), f.end(),
                       [](const enclosed& each) { return each.value().is_zero(); });
}

/// f(0, p) for enclosed parameters.
std::vector<enclosed> at_zero(const field& model, std::span<const enclosed> p) {
    std::vector<enclosed> x(model.dimension()), f(model.dimension());
    static_cast<void>(model.enclose(x, p, f));
    return f;
}

}  // namespace

defining_system::defining_system(const problem& at, std::vector<double> x,
                                 std::vector<std::size_t> free, bool rests,
                                 std::vector<critical_mode> modes)
    : at_(at), x_(std::move(x)), free_(std::move(free)), rests_(rests), modes_(std::move(modes)) {}

defining_system defining_system::of_crossing(const problem& at, std::vector<double> x,
                                             std::size_t free) {
    defining_system made(at, std::move(x), {free}, false, {});
    made.crosses_ = true;
    made.left_ = null_vectors(critical_space(at).jacobian(made.x_, at.parameters)).left;
    return made;
}

std::vector<enclosed> defining_system::parameters(std::span<const enclosed> of_free) const {
    std::vector<enclosed> p(at_.parameters.begin(), at_.parameters.end());
    for (std::size_t k = 0; k < free_.size(); ++k) p[free_[k]] = of_free[k];
    return p;
}

void defining_system::operator()(std::span<const enclosed> y, std::span<enclosed> out) const {
    const std::size_t n = states();
    const auto p = parameters(y.subspan(n));
    const std::vector<enclosed> zero(x_.size());
    const auto x = rests_ ? std::span<const enclosed>(zero) : y.first(n);
    if (!rests_) static_cast<void>(at_.model->enclose(x, p, out.first(n)));
    std::size_t own = n + free_.size(), row = n;
    if (crosses_) return crossing(x, p, y.subspan(own), out);
    for (const auto& mode : modes_) {
        const auto unknowns = static_cast<std::size_t>(mode.guess.size());
        mode.evaluate(x, p, y.subspan(own, unknowns), out.subspan(row, mode.equations));
        own += unknowns;
        row += mode.equations;
    }
}

/// Derivatives along each state and the parameter are coefficients of s, one line after another.
void defining_system::crossing(std::span<const enclosed> x, std::span<const enclosed> p,
                               std::span<const enclosed> own, std::span<enclosed> out) const {
    const std::size_t n = x_.size();
    const enclosed& imperfection = own[0];
    const auto w = own.subspan(1);
    for (std::size_t i = 0; i < n; ++i) out[i] += imperfection * w[i];
    std::vector<enclosed> at(x.begin(), x.end()), q(p.begin(), p.end()), f(n);
    enclosed length = -1.0;
    for (std::size_t j = 0; j <= n; ++j) {
        enclosed& moved = j < n ? at[j] : q[free_[0]];
        const enclosed still = moved;
        moved.set(1, 1.0);
        static_cast<void>(at_.model->enclose(at, q, f));
        moved = still;
        out[n + j] = 0.0;
        for (std::size_t i = 0; i < n; ++i) out[n + j] += w[i] * f[i].coefficient(1);
    }
    for (std::size_t i = 0; i < n; ++i) length += left_[static_cast<Index>(i)] * w[i];
    out[2 * n + 1] = length;
}

VectorXd defining_system::guess() const {
    std::vector<double> y;
    if (!rests_) y = x_;
    for (const std::size_t k : free_) y.push_back(at_.parameters[k]);
    for (const auto& mode : modes_) y.insert(y.end(), mode.guess.begin(), mode.guess.end());
    if (crosses_) {
        y.push_back(0);
        y.insert(y.end(), left_.begin(), left_.end());
    }
    return Eigen::Map<const VectorXd>(y.data(), static_cast<Index>(y.size()));
}

VectorXd defining_system::units(double state, std::span<const double> of_parameters) const {
    VectorXd units = guess().cwiseAbs().cwiseMax(1.0);
    const auto n = static_cast<Index>(states());
    units.head(n).setConstant(state);
    for (std::size_t k = 0; k < free_.size(); ++k)
        units[n + static_cast<Index>(k)] = of_parameters[k];
    return units;
}

bool defining_system::holds_on(std::span<const bounds> box) const {
    if (crosses_) return box[x_.size() + 1].contains(0);
    std::size_t own = states() + free_.size();
    for (const auto& mode : modes_) {
        if (mode.rate > 0 && box[own + mode.rate - 1].contains(0)) return false;
        own += static_cast<std::size_t>(mode.guess.size());
    }
    if (!rests_) return true;
    std::vector<enclosed> of_free;
    for (std::size_t k = 0; k < free_.size(); ++k) of_free.emplace_back(box[k]);
    return is_zero(at_zero(*at_.model, parameters(of_free)));
}

bool rests_at_zero(const problem& at, std::span<const std::size_t> free) {
    std::vector<enclosed> p(at.parameters.begin(), at.parameters.end());
    for (const std::size_t k : free) {
        const double value = at.parameters[k], by = around * std::max(1.0, std::abs(value));
        p[k] = enclosed({value - by, value + by});
    }
    return is_zero(at_zero(*at.model, p));
}

}  // namespace moebius
