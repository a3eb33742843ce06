// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/train/moe_network.hpp>
#include <span>
#include <vector>

namespace moebius {

using row_matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

/// What a perceptron keeps of a forward pass for the backward one.
struct perceptron_trace {
    std::vector<row_matrix> inputs;  ///< of each linear map (B, in)
    std::vector<row_matrix> sums;    ///< of each hidden layer, before the activation (B, hidden)
};

/// A multilayer perceptron whose parameters are somebody else's array: for each linear map the
/// weights (in, out), row-major, and the biases (out).
class perceptron {
public:
    /// @param widths  input, hidden layers, output
    /// @param heeded  asked amid large batches (interrupted); null: nobody
    perceptron(std::vector<std::size_t> widths, activation between, const watch* heeded = nullptr);

    [[nodiscard]] std::size_t parameters() const noexcept { return parameters_; }
    [[nodiscard]] std::size_t outputs() const noexcept { return widths_.back(); }

    /// The standard deviations (P) of the parameters at the start.
    [[nodiscard]] std::vector<double> spreads() const;

    /// (B, out); keeps what `backward` needs.
    [[nodiscard]] row_matrix forward(std::span<const double> parameters, row_matrix inputs,
                                     perceptron_trace& trace) const;

    /// Adds dL/dparameters to `gradient`.
    /// @param by_outputs  (B, out)
    /// @return dL/dinputs (B, in), or nothing unless it is wanted
    row_matrix backward(std::span<const double> parameters, const perceptron_trace& trace,
                        row_matrix by_outputs, std::span<double> gradient,
                        bool inputs_wanted) const;

private:
    std::vector<std::size_t> widths_;
    activation between_;
    const watch* heeded_;
    std::size_t parameters_ = 0;
};

}  // namespace moebius
