// SPDX-License-Identifier: MIT
#include "perceptron.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <numbers>
#include <string_view>
#include <utility>

namespace moebius {
namespace {

using weights_map = Eigen::Map<const row_matrix>;
using bias_map = Eigen::Map<const Eigen::RowVectorXd>;

/// Phi, the distribution function of the standard normal.
double normal_share(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

void activate(activation kind, row_matrix& x) {
    if (kind == activation::relu)
        x = x.cwiseMax(0.0);
    else
        x = x.unaryExpr([](double v) { return v * normal_share(v); });
}

/// by_x <- by_x * activation'(x)
void deactivate(activation kind, const row_matrix& x, row_matrix& by_x) {
    if (kind == activation::relu) {
        by_x = (x.array() > 0).select(by_x, 0.0);
        return;
    }
    const double scale = 1 / std::sqrt(2 * std::numbers::pi);
    by_x = by_x.cwiseProduct(x.unaryExpr(
        [scale](double v) { return normal_share(v) + v * scale * std::exp(-0.5 * v * v); }));
}

/// Calls part(first, count) for the rows of a product of `cost` operations a row: for all at once,
/// unless that takes so long that the watch must be asked in between.
template <typename Part>
void in_parts(Eigen::Index rows, std::size_t cost, const watch* heeded, const Part& part) {
    constexpr std::size_t long_work = 500'000'000;  // about 0.2 s of a core
    const auto most = std::max<Eigen::Index>(1, index(long_work / cost));
    for (Eigen::Index first = 0; first < rows; first += most) {
        if (heeded != nullptr && heeded->stopping()) throw interrupted("train");
        part(first, std::min(most, rows - first));
    }
}

}  // namespace

perceptron::perceptron(std::vector<std::size_t> widths, activation between, const watch* heeded)
    : widths_(std::move(widths)), between_(between), heeded_(heeded) {
    constexpr std::string_view who = "widths of an expert";
    for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
        const std::size_t inputs = checked_sum(who, {widths_[l], 1});
        parameters_ =
            checked_sum(who, {parameters_, checked_product(who, {inputs, widths_[l + 1]})});
    }
}

std::vector<double> perceptron::spreads() const {
    std::vector<double> result;
    for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
        const bool last = l + 2 == widths_.size();
        const double spread = std::sqrt((last ? 1 : 2) / static_cast<double>(widths_[l]));
        result.insert(result.end(), widths_[l] * widths_[l + 1], spread);
        result.insert(result.end(), widths_[l + 1], 0.0);
    }
    return result;
}

row_matrix perceptron::forward(std::span<const double> parameters, row_matrix inputs,
                               perceptron_trace& trace) const {
    const double* at = parameters.data();
    row_matrix x = std::move(inputs);
    for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
        const std::size_t in = widths_[l], out = widths_[l + 1];
        row_matrix sums(x.rows(), index(out));
        const weights_map weights(at, index(in), index(out));
        in_parts(x.rows(), in * out, heeded_, [&](Eigen::Index first, Eigen::Index count) {
            sums.middleRows(first, count).noalias() = x.middleRows(first, count) * weights;
        });
        sums.rowwise() += bias_map(at + in * out, index(out));
        at += (in + 1) * out;
        trace.inputs.push_back(std::move(x));
        x = std::move(sums);
        if (l + 2 < widths_.size()) {
            trace.sums.push_back(x);
            activate(between_, x);
        }
    }
    return x;
}

row_matrix perceptron::backward(std::span<const double> parameters, const perceptron_trace& trace,
                                row_matrix by_outputs, std::span<double> gradient,
                                bool inputs_wanted) const {
    const double* at = parameters.data() + parameters_;
    double* to = gradient.data() + parameters_;
    row_matrix by_x = std::move(by_outputs);
    for (std::size_t l = widths_.size() - 1; l-- > 0;) {
        const std::size_t in = widths_[l], out = widths_[l + 1];
        at -= (in + 1) * out;
        to -= (in + 1) * out;
        Eigen::Map<row_matrix> by_weights(to, index(in), index(out));
        const auto& x = trace.inputs[l];
        in_parts(x.rows(), in * out, heeded_, [&](Eigen::Index first, Eigen::Index count) {
            by_weights.noalias() +=
                x.middleRows(first, count).transpose() * by_x.middleRows(first, count);
        });
        Eigen::Map<Eigen::RowVectorXd>(to + in * out, index(out)) += by_x.colwise().sum();
        if (l == 0 && !inputs_wanted) return {};
        row_matrix by_inputs(by_x.rows(), index(in));
        const weights_map weights(at, index(in), index(out));
        in_parts(by_x.rows(), in * out, heeded_, [&](Eigen::Index first, Eigen::Index count) {
            by_inputs.middleRows(first, count).noalias() =
                by_x.middleRows(first, count) * weights.transpose();
        });
        if (l > 0) deactivate(between_, trace.sums[l - 1], by_inputs);
        by_x = std::move(by_inputs);
    }
    return by_x;
}

}  // namespace moebius
