// SPDX-License-Identifier: MIT
// Special points, each by what defines its type.
#pragma once

#include <map>
#include <string>

#include "coefficients.hpp"
#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

class point_judge {
public:
    point_judge(const claim& of, const whole_space& in, const audit_options& options, tally& to);

    void judge(const special_point& point);

private:
    /// A point with what is known of it.
    struct subject {
        const special_point& point;
        whole_point here;
        whole_jacobian at;
    };

    // Each gives what is wrong, in words that go on from "LP1: "; empty if nothing is.
    void judge_cycle(const special_point& point);
    [[nodiscard]] std::string fault_of(const subject& s);
    [[nodiscard]] std::string fault_of_parameters(const subject& s) const;
    [[nodiscard]] std::string fault_of_place(const subject& s) const;
    [[nodiscard]] std::string fault_of_residual(const subject& s) const;
    [[nodiscard]] std::string fault_of_spectrum(const subject& s) const;
    [[nodiscard]] std::string fault_of_type(const subject& s);
    [[nodiscard]] std::string fault_of_end(const subject& s) const;
    [[nodiscard]] std::string fault_of_fold(const subject& s);
    [[nodiscard]] std::string fault_of_branch_point(const subject& s);
    [[nodiscard]] std::string fault_of_hopf(const subject& s);
    [[nodiscard]] std::string fault_of_passage(const subject& s, const critical_vectors& of,
                                               double omega);
    [[nodiscard]] std::string fault_of_flip(const subject& s);
    [[nodiscard]] std::string fault_of_torus(const subject& s);
    /// Of a map over two parameters.
    [[nodiscard]] std::string fault_of_map_point(const subject& s);
    [[nodiscard]] std::string fault_of_meeting(const subject& s, std::complex<double> z);
    [[nodiscard]] std::string fault_of_vanishing(const subject& s);
    [[nodiscard]] std::string fault_of_multipliers(const subject& s, bool one, bool minus,
                                                   std::size_t pairs) const;
    [[nodiscard]] std::string fault_of_cusp(const subject& s);
    [[nodiscard]] std::string fault_of_double_zero(const subject& s);
    [[nodiscard]] std::string fault_of_zero_hopf(const subject& s);
    [[nodiscard]] std::string fault_of_double_hopf(const subject& s);
    [[nodiscard]] std::string fault_of_generalized_hopf(const subject& s);

    [[nodiscard]] std::string fault_of_count(const subject& s, std::complex<double> z,
                                             std::size_t times) const;
    /// A coefficient against that of the file; `up_to_sign` where the null vector's sign decides.
    [[nodiscard]] std::string fault_of_coefficient(const subject& s, std::string_view name,
                                                   const coefficient& found, bool up_to_sign);
    [[nodiscard]] bool is_zero(const coefficient& of) const;
    [[nodiscard]] bool is_sure(const subject& s, const coefficient& of, std::string_view name);
    [[nodiscard]] std::optional<critical_vectors> vectors(const subject& s, std::complex<double> z);
    [[nodiscard]] std::size_t multiplicity(const subject& s, std::complex<double> z) const;
    [[nodiscard]] double zero(const subject& s) const { return options_.eigenvalue * s.at.size; }
    /// |w f_p| of the varied parameters, against the size of f_p.
    [[nodiscard]] double transversality(const subject& s, const critical_vectors& of) const;
    [[nodiscard]] Eigen::MatrixXd by_varied(const subject& s) const;

    const claim& claim_;
    const whole_space& in_;
    const audit_options& options_;
    tally& to_;
    double unit_;
};

}  // namespace moebius
