// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/solve/linearization.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd generic_vector(Index size) {
    constexpr double golden = 0.6180339887498949;  // multiples of it never settle into a pattern
    VectorXd result(size);
    for (Index i = 0; i < size; ++i) {
        const double turns = golden * static_cast<double>(i + 1);
        result[i] = 0.5 + (turns - std::floor(turns));
    }
    return result;
}

double probed_regularity(const linearization& factored, double sign, const VectorXd& row,
                         const VectorXd& row_lengths, const VectorXd& tangent) {
    const Index m = row_lengths.size();
    VectorXd y = generic_vector(m + 1);
    const double across = y[m], length = y.norm();
    y.head(m).array() *= row_lengths.array();
    factored.solve_in_place(y);
    // From the solution for `row` to the one for the tangent: DF t = 0, so only t . y is mended.
    y += (across - tangent.dot(y)) * tangent;
    const double size = y.norm();
    // Where [DF; row] itself is singular up to overflow, so is [DF; t].
    if (!std::isfinite(size) || size == 0) return 0;
    return std::copysign(length / size, sign * row.dot(tangent));
}

dense_linearization::dense_linearization(Index unknowns)
    : bordered_(Eigen::MatrixXd::Zero(unknowns, unknowns)) {}

void dense_linearization::factor(const VectorXd& row) {
    bordered_.row(bordered_.rows() - 1) = row.transpose();
    lu_.compute(bordered_);
}

double dense_linearization::regularity(const VectorXd& tangent) const {
    const Index m = bordered_.rows() - 1;
    const auto df = bordered_.topRows(m);
    if (m + 1 > dense_lu::small)
        return probed_regularity(*this, lu_.sign(), bordered_.row(m).transpose(),
                                 df.rowwise().norm(), tangent);
    double rows = 1;
    for (Index i = 0; i < m; ++i) rows *= df.row(i).norm();
    // det [DF; t] = det [DF; row] / (row . t), since t = z/|z| for z = [DF; row]^-1 e
    return rows > 0 ? lu_.determinant() / (bordered_.row(m).dot(tangent) * rows) : 0;
}

}  // namespace moebius
