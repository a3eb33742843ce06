// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/soft_moe.hpp>
#include <utility>

#include "row_matrix.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

using detail::as_matrix;
using detail::index;
using matrix = detail::row_matrix;

std::vector<double> flat(const matrix& from) { return {from.data(), from.data() + from.size()}; }

void check(std::string_view who, const soft_moe_layer& layer, std::span<const double> tokens) {
    const auto reject = [&](std::string_view got, std::string_view needed) {
        throw invalid_argument(who, got, needed);
    };
    if (layer.width < 1 || layer.experts < 1 || layer.slots < 1)
        reject(fmt::format("width is {}, experts {} and slots {}", layer.width, layer.experts,
                           layer.slots),
               "all must be >= 1");
    if (layer.slot_vectors.size() != layer.width * layer.all_slots())
        reject(fmt::format("{} numbers came for slot vectors", layer.slot_vectors.size()),
               fmt::format("{} slots of width {} are needed", layer.all_slots(), layer.width));
    require(who).positive("eps", layer.eps).finite("scale", layer.scale);
    if (!layer.scores.empty() && layer.scores.size() != layer.experts)
        reject(fmt::format("{} scores came", layer.scores.size()),
               fmt::format("the {} experts need one each, or none", layer.experts));
    for (const double score : layer.scores) require(who).finite("a score", score);
    for (const double value : layer.slot_vectors)
        if (!std::isfinite(value))
            reject(fmt::format("a slot vector holds {}", value), "all must be finite");
    if (tokens.size() % layer.width != 0)
        reject(fmt::format("{} numbers came for tokens of width {}", tokens.size(), layer.width),
               "each token needs one a feature");
}

/// X without the rows that are not finite, which are 0 instead, and which those are.
struct clean_tokens {
    matrix x;
    std::vector<bool> kept;
};
clean_tokens clean(std::span<const double> tokens, std::size_t width) {
    clean_tokens out{as_matrix(tokens, width), {}};
    for (Eigen::Index t = 0; t < out.x.rows(); ++t) {
        out.kept.push_back(out.x.row(t).allFinite());
        if (!out.kept.back()) out.x.row(t).setZero();
    }
    return out;
}

/// What a vector of norm r is divided by.
double divisor(const soft_moe_layer& layer, double r) {
    switch (layer.unit) {
        case unit_law::none:
            break;
        case unit_law::inverse_root:
            return std::sqrt(r * r + layer.eps);
        case unit_law::added:
            return r + layer.eps;
    }
    return 1;
}

matrix unit_rows(const soft_moe_layer& layer, matrix x) {
    for (Eigen::Index t = 0; t < x.rows(); ++t) x.row(t) /= divisor(layer, x.row(t).norm());
    return x;
}

/// dL/dx from dL/du for u = x / divisor(|x|): (du - slope (x.du) x / (|x| divisor)) / divisor, with
/// slope = d divisor / d|x|.
matrix unit_rows_backward(const soft_moe_layer& layer, const matrix& x, matrix by_unit) {
    if (layer.unit == unit_law::none) return by_unit;
    for (Eigen::Index t = 0; t < x.rows(); ++t) {
        const double r = x.row(t).norm(), by = divisor(layer, r);
        const double along = x.row(t).dot(by_unit.row(t));
        // slope / |x| is 1 / divisor for the root, and 1 / |x| for the sum, where x = 0 adds 0
        const double factor = layer.unit == unit_law::inverse_root ? 1 / by : r > 0 ? 1 / r : 0;
        by_unit.row(t) = (by_unit.row(t) - along * factor / by * x.row(t)) / by;
    }
    return by_unit;
}

/// L (m, n p), of clean tokens.
matrix logits_of(const soft_moe_layer& layer, const matrix& units) {
    const matrix slots =
        unit_rows(layer, as_matrix(layer.slot_vectors, layer.all_slots()).transpose());
    matrix logits = layer.scale * units * slots.transpose();
    if (!layer.scores.empty())
        for (Eigen::Index j = 0; j < logits.cols(); ++j)
            logits.col(j).array() += layer.scores[static_cast<std::size_t>(j) / layer.slots];
    return logits;
}

/// The softmax of each row, or of each column over the kept rows; 0 in the others.
matrix softmax_of_rows(const matrix& logits, const std::vector<bool>& kept) {
    matrix out = matrix::Zero(logits.rows(), logits.cols());
    for (Eigen::Index t = 0; t < logits.rows(); ++t) {
        if (!kept[static_cast<std::size_t>(t)]) continue;
        out.row(t) = (logits.row(t).array() - logits.row(t).maxCoeff()).exp();
        out.row(t) /= out.row(t).sum();
    }
    return out;
}
matrix softmax_of_columns(const matrix& logits, const std::vector<bool>& kept) {
    matrix out = matrix::Zero(logits.rows(), logits.cols());
    for (Eigen::Index j = 0; j < logits.cols(); ++j) {
        double top = -std::numeric_limits<double>::infinity(), sum = 0;
        for (Eigen::Index t = 0; t < logits.rows(); ++t)
            if (kept[static_cast<std::size_t>(t)]) top = std::max(top, logits(t, j));
        for (Eigen::Index t = 0; t < logits.rows(); ++t)
            if (kept[static_cast<std::size_t>(t)]) sum += out(t, j) = std::exp(logits(t, j) - top);
        if (sum > 0) out.col(j) /= sum;
    }
    return out;
}

/// dL/dslot_inputs (n p, d) from dL/doutput, through the experts.
std::vector<double> experts_backward(const soft_moe_layer& layer, const soft_moe_pass& pass,
                                     const matrix& by_output, const expert_gradient& expert) {
    const auto by_outputs =
        flat(as_matrix(pass.combine, layer.all_slots()).transpose() * by_output);
    std::vector<double> by_inputs(by_outputs.size());
    const std::size_t of_expert = layer.slots * layer.width;
    for (std::size_t e = 0; e < layer.experts; ++e)
        expert(e, row_of(pass.slot_inputs, e, of_expert), row_of(by_outputs, e, of_expert),
               row_of(by_inputs, e, of_expert));
    return by_inputs;
}

/// Through softmax along rows or columns: p o (by_p - the mean of by_p under p).
matrix rows_backward(const matrix& p, const matrix& by_p) {
    const Eigen::VectorXd means = p.cwiseProduct(by_p).rowwise().sum();
    return p.cwiseProduct(by_p.colwise() - means);
}
matrix columns_backward(const matrix& p, const matrix& by_p) {
    const Eigen::RowVectorXd means = p.cwiseProduct(by_p).colwise().sum();
    return p.cwiseProduct(by_p.rowwise() - means);
}

void check_pass(const soft_moe_layer& layer, std::span<const double> tokens,
                const soft_moe_pass& pass, std::span<const double> by_output) {
    if (by_output.size() == tokens.size() &&
        pass.combine.size() * layer.width == tokens.size() * layer.all_slots() &&
        pass.slot_outputs.size() == layer.all_slots() * layer.width)
        return;
    throw invalid_argument(
        "soft_moe_backward",
        fmt::format("{} derivatives and a pass of {} weights came for {} numbers of tokens",
                    by_output.size(), pass.combine.size(), tokens.size()),
        "they must be of the same tokens");
}

}  // namespace

std::string_view to_string(unit_law law) noexcept {
    switch (law) {
        case unit_law::none:
            return "none";
        case unit_law::inverse_root:
            return "inverse-root";
        case unit_law::added:
            return "added";
    }
    return "unknown";
}

soft_moe_pass soft_moe(const soft_moe_layer& layer, std::span<const double> tokens,
                       const expert_function& expert) {
    check("soft_moe", layer, tokens);
    const auto [x, kept] = clean(tokens, layer.width);
    const matrix units = unit_rows(layer, x);
    const matrix logits = logits_of(layer, units);
    const matrix dispatch = softmax_of_columns(logits, kept);
    const matrix combine = softmax_of_rows(logits, kept);

    soft_moe_pass out;
    out.slot_inputs = flat(dispatch.transpose() * (layer.mix_units ? units : x));
    out.slot_outputs.resize(out.slot_inputs.size());
    const std::size_t of_expert = layer.slots * layer.width;
    for (std::size_t e = 0; e < layer.experts; ++e)
        expert(e, row_of(std::as_const(out.slot_inputs), e, of_expert),
               row_of(out.slot_outputs, e, of_expert));
    out.output = flat(combine * as_matrix(out.slot_outputs, layer.width));
    out.dispatch = flat(dispatch);
    out.combine = flat(combine);
    return out;
}

soft_moe_gradient soft_moe_backward(const soft_moe_layer& layer, std::span<const double> tokens,
                                    const soft_moe_pass& pass, std::span<const double> by_output,
                                    const expert_gradient& expert) {
    check("soft_moe_backward", layer, tokens);
    check_pass(layer, tokens, pass, by_output);
    const auto [x, kept] = clean(tokens, layer.width);
    const matrix units = unit_rows(layer, x);
    const matrix phi = as_matrix(layer.slot_vectors, layer.all_slots()).transpose();
    const matrix slots = unit_rows(layer, phi);
    const matrix combine = as_matrix(pass.combine, layer.all_slots());
    const matrix dispatch = as_matrix(pass.dispatch, layer.all_slots());
    matrix by_y = as_matrix(by_output, layer.width);
    for (Eigen::Index t = 0; t < by_y.rows(); ++t)
        if (!kept[static_cast<std::size_t>(t)]) by_y.row(t).setZero();

    const auto by_inputs = experts_backward(layer, pass, by_y, expert);
    const auto by_slots = as_matrix(by_inputs, layer.width);
    const matrix by_c = by_y * as_matrix(pass.slot_outputs, layer.width).transpose();
    const matrix by_d = (layer.mix_units ? units : x) * by_slots.transpose();
    const matrix by_l = rows_backward(combine, by_c) + columns_backward(dispatch, by_d);
    const matrix mixed = dispatch * by_slots;  // to the tokens that D mixes
    const matrix by_unscaled = by_l.transpose() * units;
    matrix by_units = layer.scale * by_l * slots;
    if (layer.mix_units) by_units += mixed;
    matrix by_x = unit_rows_backward(layer, x, by_units);
    if (!layer.mix_units) by_x += mixed;

    soft_moe_gradient out;
    out.by_tokens = flat(by_x);
    out.by_slot_vectors =
        flat(unit_rows_backward(layer, phi, layer.scale * by_unscaled).transpose());
    out.by_scale = by_unscaled.cwiseProduct(slots).sum();
    out.by_scores.assign(layer.experts, 0);
    for (Eigen::Index j = 0; j < by_l.cols(); ++j)
        out.by_scores[static_cast<std::size_t>(j) / layer.slots] += by_l.col(j).sum();
    return out;
}

}  // namespace moebius
