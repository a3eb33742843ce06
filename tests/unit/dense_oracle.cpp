// SPDX-License-Identifier: MIT
#include "dense_oracle.hpp"

#include <Eigen/LU>

namespace dense_oracle {

using Eigen::MatrixXd;
using Eigen::VectorXd;

VectorXd solution(const MatrixXd& a, const VectorXd& b) { return a.fullPivLu().solve(b); }

double determinant(const MatrixXd& a) { return a.fullPivLu().determinant(); }

double condition(const MatrixXd& a) { return a.norm() * a.fullPivLu().inverse().norm(); }

VectorXd null_vector(const MatrixXd& a) { return a.fullPivLu().kernel().col(0).normalized(); }

}  // namespace dense_oracle
