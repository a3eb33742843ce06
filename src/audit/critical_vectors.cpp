// SPDX-License-Identifier: MIT
#include "critical_vectors.hpp"

#include <cmath>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double differs = 1e-6;  // of the length, from where on two entries of a vector differ
constexpr double no_eigenvector = 1e-6;  // of the size of the Jacobian, for |a q - z q|

/// Replaces the entries of some cells by their mean, for each state of a cell.
void average(VectorXcd& of, std::span<const std::size_t> members, Index cells) {
    for (Index kind = 0; kind < of.size() / cells; ++kind) {
        complex sum = 0;
        for (const std::size_t e : members) sum += of[kind * cells + static_cast<Index>(e)];
        for (const std::size_t e : members)
            of[kind * cells + static_cast<Index>(e)] = sum / static_cast<double>(members.size());
    }
}

/// How far the entries of a group are from their mean.
double spread(const VectorXcd& of, const std::vector<std::size_t>& members, Index cells) {
    VectorXcd mean = of;
    average(mean, members, cells);
    return (of - mean).norm();
}

void average(VectorXcd& of, const grouping& groups, Index cells) {
    for (const auto& members : groups.groups) average(of, members, cells);
}

/// The groups as they are if the vector has a part that is constant on them; else the first member
/// of the group in which it differs most goes its own way.
grouping groups_of(const VectorXcd& q, const grouping& groups, Index cells) {
    VectorXcd on_them = q;
    average(on_them, groups, cells);
    if (on_them.norm() > differs * q.norm()) return groups;
    std::size_t widest = 0;
    double most = 0;
    for (std::size_t g = 0; g < groups.size(); ++g)
        if (const double here = spread(q, groups.groups[g], cells); here > most) {
            most = here;
            widest = g;
        }
    return split(groups, widest, 1);
}

double length_on(const whole_space& in, const grouping& groups, const VectorXcd& q) {
    const VectorXd re = q.real(), im = q.imag();
    return std::hypot(in.on_groups(groups, re).norm(), in.on_groups(groups, im).norm());
}

}  // namespace

std::optional<critical_vectors> critical_vectors_at(const whole_space& in, const whole_jacobian& at,
                                                    const grouping& groups, complex z) {
    auto [q, w] = eigenvectors_at(at, z);
    critical_vectors out{q, w, 0, groups};
    if (in.cells() > 0 && groups.size() > 0) {
        const auto cells = static_cast<Index>(in.cells());
        out.groups = groups_of(q, groups, cells);
        average(out.q, out.groups, cells);
        average(out.w, out.groups, cells);
    }
    if (!((at.fx * out.q - z * out.q).norm() <= no_eigenvector * at.size * out.q.norm()))
        return std::nullopt;
    out.w.normalize();
    out.q /= out.q.norm();
    out.cosine = std::abs(out.w.dot(out.q));
    // a real eigenvector times a number of length 1 is made real
    Index largest = 0;
    out.q.cwiseAbs().maxCoeff(&largest);
    out.q *= std::conj(out.q[largest]) / std::abs(out.q[largest]);
    out.q /= length_on(in, out.groups, out.q);
    if (out.cosine > 0) out.w /= std::conj(out.w.dot(out.q));
    return out;
}

}  // namespace moebius
