// SPDX-License-Identifier: MIT
#include <moebius/solve/linearization.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using moebius::dense_linearization;

namespace {

/// The unit null vector of df (m, m + 1), with a fixed sign.
VectorXd tangent_of(const MatrixXd& df) {
    const VectorXd t = dense_oracle::null_vector(df);
    return t[0] < 0 ? VectorXd(-t) : t;
}

double determinant_over(const MatrixXd& df, const VectorXd& t) {
    MatrixXd square(t.size(), t.size());
    square << df, t.transpose();
    return dense_oracle::determinant(square);
}

}  // namespace

TEST_CASE("the regularity has the sign of the determinant, whatever row was factored",
          "[solve][oracle]") {
    const Index n = GENERATE(2, 4, 5, 30);  // on both sides of dense_lu::small
    for (int repeat = 0; repeat < 20; ++repeat) {
        dense_linearization df(n);
        df.matrix().setRandom();
        const VectorXd t = tangent_of(df.matrix());
        df.factor(VectorXd::Random(n));
        const double once = df.regularity(t);
        df.factor(VectorXd::Random(n));
        const double again = df.regularity(t);

        CAPTURE(n, repeat);
        CHECK((once > 0) == (determinant_over(df.matrix(), t) > 0));
        CHECK_THAT(again, WithinRel(once, 1e-8));  // a random row may lie nearly across t
    }
}

TEST_CASE("the regularity passes zero linearly where two curves cross", "[solve][property]") {
    const Index n = GENERATE(3, 12);
    // DF = [diag(s, 1, 2, ...), 0] has the tangent e_n, and is singular over it at s = 0.
    const auto at = [n](double s) {
        dense_linearization df(n);
        df.matrix().setZero();
        for (Index i = 0; i + 1 < n; ++i) df.matrix()(i, i) = i == 0 ? s : static_cast<double>(i);
        df.matrix()(0, 1) = 1;  // so that no row is short
        const VectorXd t = VectorXd::Unit(n, n - 1);
        df.factor(t);
        return df.regularity(t);
    };

    const double h = 1e-6;
    CHECK(at(h) > 0);
    CHECK_THAT(at(-h), WithinRel(-at(h), 10 * h));  // their difference is of second order
    CHECK_THAT(at(2 * h), WithinRel(2 * at(h), 10 * h));
}
