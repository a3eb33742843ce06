// SPDX-License-Identifier: MIT
#include "points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>

#include "cycle_points.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using complex = std::complex<double>;

point_judge::point_judge(const claim& of, const whole_space& in, const audit_options& options,
                         tally& to)
    : claim_(of), in_(in), options_(options), to_(to), unit_(in.unit()) {}

void point_judge::judge(const special_point& point) {
    const auto kind = to_string(point.type);
    try {
        if (point.cycle) return judge_cycle(point);
        const auto here = in_.point(point);
        const subject s{point, here, whole_jacobian(here)};
        auto fault = fault_of(s);
        if (!fault.empty()) fault = fmt::format("{}: {}", point.label, fault);
        to_.judge(kind, std::move(fault));
    } catch (const invalid_argument& e) {
        to_.wrong(kind,
                  fmt::format("{}: it is no point of this problem: {}", point.label, e.what()));
    }
}

void point_judge::judge_cycle(const special_point& point) {
    bool resolved = true;
    auto fault = fault_of_cycle(claim_, in_, point, options_, resolved);
    if (!fault.empty()) fault = fmt::format("{}: {}", point.label, fault);
    to_.judge(fmt::format("{} of cycles", to_string(point.type)), std::move(fault));
    if (!resolved)
        to_.not_judged("multipliers",
                       "integration does not resolve them: that of the flow is not 1");
}

std::string point_judge::fault_of(const subject& s) {
    if (!s.at.fx.allFinite() || !s.at.f.allFinite()) return "the model is not finite there";
    for (const auto part : {&point_judge::fault_of_parameters, &point_judge::fault_of_place,
                            &point_judge::fault_of_residual, &point_judge::fault_of_spectrum})
        if (auto fault = (this->*part)(s); !fault.empty()) return fault;
    return fault_of_type(s);
}

/// What does not vary is the same all over the file, to the last digit.
std::string point_judge::fault_of_parameters(const subject& s) const {
    const auto varied = in_.varied();
    for (std::size_t k = 0; k < s.here.at.parameters.size(); ++k) {
        const double own = s.here.at.parameters[k], of_file = in_.base().parameters[k];
        if (own == of_file || std::find(varied.begin(), varied.end(), k) != varied.end()) continue;
        return fmt::format("{} is {:.17g}, and {:.17g} of the file",
                           s.here.at.model->parameters()[k].name, own, of_file);
    }
    return {};
}

std::string point_judge::fault_of_place(const subject& s) const {
    constexpr double written = 1e-14;  // relative: a point is its row
    const auto& curves = claim_.data.branches;
    const auto on = std::find_if(curves.begin(), curves.end(),
                                 [&](const branch& one) { return one.id == s.point.branch; });
    if (on == curves.end() || s.point.row >= on->columns.rows())
        return "its branch has no such row";
    const auto row = in_.row(*on, s.point.row);
    for (std::size_t i = 0; i < in_.varied().size(); ++i) {
        const std::size_t k = in_.varied()[i];
        const double off = std::abs(row.at.parameters[k] - s.here.at.parameters[k]);
        if (!(off <= written * std::abs(row.at.parameters[k])))
            return fmt::format("{} is {:.17g}, and {:.17g} in its row", claim_.ranges[i].name,
                               s.here.at.parameters[k], row.at.parameters[k]);
    }
    const double off = (in_.sorted(row.x) - in_.sorted(s.here.x)).cwiseAbs().maxCoeff();
    if (!(off <= options_.place * (unit_ + s.here.x.cwiseAbs().maxCoeff())))
        return fmt::format("its state is {:.3g} from that of its row", off);
    return {};
}

std::string point_judge::fault_of_residual(const subject& s) const {
    const double residual = s.at.residual(s.here.x, unit_);
    if (!(residual <= options_.residual))
        return fmt::format("it is no equilibrium: the residual of f is {:.3g}", residual);
    if (const double off = s.at.off_differences(s.here, unit_); off > options_.eigenvalue)
        return fmt::format("first derivatives of the model are {:.3g} from differences", off);
    return {};
}

std::string point_judge::fault_of_spectrum(const subject& s) const {
    // a double one of a defective matrix is known to half the digits
    const double within = 10 * zero(s);
    if (claim_.step) return {};
    for (const auto& z : s.point.eigenvalues)
        if (count_near(s.at.eigenvalues, z, within) == 0)
            return fmt::format("the Jacobian has no eigenvalue {:.6g} {:+.6g} i", z.real(),
                               z.imag());
    return {};
}

std::string point_judge::fault_of_type(const subject& s) {
    switch (s.point.type) {
        case point_type::EP:
            return fault_of_end(s);
        case point_type::LP:
            return fault_of_fold(s);
        case point_type::BP:
            return fault_of_branch_point(s);
        case point_type::HB:
            return fault_of_hopf(s);
        case point_type::PD:
            return fault_of_flip(s);
        case point_type::NS:
            return fault_of_torus(s);
        case point_type::CP:
            return fault_of_cusp(s);
        case point_type::BT:
            return fault_of_double_zero(s);
        case point_type::GH:
            return fault_of_generalized_hopf(s);
        case point_type::ZH:
            return fault_of_zero_hopf(s);
        case point_type::HH:
            return fault_of_double_hopf(s);
        case point_type::LPC:  // of cycles alone
            return "it has no cycle";
        default:
            break;
    }
    return claim_.step ? fault_of_map_point(s) : "it has no cycle";
}

/// An end that is there because the range ends is on its edge.
std::string point_judge::fault_of_end(const subject& s) const {
    const auto& curve = *std::find_if(claim_.data.branches.begin(), claim_.data.branches.end(),
                                      [&](const branch& one) { return one.id == s.point.branch; });
    const bool first = s.point.row == 0;
    if (!first && s.point.row + 1 != curve.columns.rows())
        return "it is in the middle of its branch";
    if ((first ? curve.first : curve.last) != stop_reason::range_end) return {};
    for (std::size_t i = 0; i < claim_.ranges.size(); ++i) {
        const auto& [name, from, to] = claim_.ranges[i];
        const double value = s.here.at.parameters[in_.varied()[i]];
        if (std::min(std::abs(value - from), std::abs(value - to)) <= options_.place * (to - from))
            return {};
    }
    return "it is the end of a range, and inside of it";
}

MatrixXd point_judge::by_varied(const subject& s) const {
    constexpr double rounding = 1e-10;  // of the size of f's terms, of which f_p is then nothing
    const double terms = s.at.size * (unit_ + s.here.x.cwiseAbs().maxCoeff());
    MatrixXd out(s.at.fp.rows(), static_cast<Index>(in_.varied().size()));
    for (Index i = 0; i < out.cols(); ++i) {
        const auto& range = claim_.ranges[static_cast<std::size_t>(i)];
        out.col(i) = s.at.fp.col(static_cast<Index>(in_.varied()[static_cast<std::size_t>(i)]));
        const double length =
            std::max({range.to - range.from, std::abs(range.from), std::abs(range.to)});
        if (out.col(i).norm() * length <= rounding * terms) out.col(i).setZero();
    }
    return out;
}

double point_judge::transversality(const subject& s, const critical_vectors& of) const {
    const MatrixXd fp = by_varied(s);
    return (of.w.adjoint() * fp).norm() / (of.w.norm() * std::max(fp.norm(), 1e-300));
}

std::string point_judge::fault_of_count(const subject& s, complex z, std::size_t times) const {
    const std::size_t found = count_near(s.at.eigenvalues, z, zero(s));
    if (found == times) return {};
    return fmt::format("{} eigenvalues are {:.6g} {:+.6g} i, and {} it says", found, z.real(),
                       z.imag(), times);
}

std::optional<critical_vectors> point_judge::vectors(const subject& s, complex z) {
    auto out = critical_vectors_at(in_, s.at, s.point.groups, z);
    if (!out)
        to_.not_judged("normal forms", "several eigenvectors, and none within one group of cells");
    return out;
}

bool point_judge::is_zero(const coefficient& of) const {
    return std::abs(of.value) <= std::max(options_.coefficient / 100 * of.terms, of.doubt);
}

bool point_judge::is_sure(const subject& s, const coefficient& of, std::string_view name) {
    if (of.doubt <= options_.coefficient / 10 * of.terms) return true;
    to_.not_judged("normal forms", fmt::format("{} of {}: differences of two steps disagree", name,
                                               to_string(s.point.type)));
    return false;
}

std::string point_judge::fault_of_coefficient(const subject& s, std::string_view name,
                                              const coefficient& found, bool up_to_sign) {
    const auto& form = s.point.normal_form;
    const auto stated =
        std::find_if(form.begin(), form.end(), [&](const auto& one) { return one.first == name; });
    if (stated == form.end() || !is_sure(s, found, name)) return {};
    const double value = stated->second;
    const double off = up_to_sign ? std::abs(std::abs(found.value) - std::abs(value))
                                  : std::abs(found.value - value);
    if (off <= options_.coefficient * (std::abs(found.value) + found.terms / 100)) {
        to_.right("normal forms");
        return {};
    }
    return fmt::format("{} is {:.8g}, and {:.8g} by differences", name, value, found.value);
}

}  // namespace moebius
