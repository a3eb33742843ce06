// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstring>
#include <moebius/router/best_rows.hpp>

#include "products.hpp"

namespace moebius {
namespace {

std::size_t rounded_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

/// Rows of `width` numbers in rows of `stride`, each turned into what is stored.
template <typename T, typename Turn>
std::vector<T> in_rows(const std::vector<float>& from, std::size_t width, std::size_t rows,
                       std::size_t stride, Turn turn) {
    std::vector<T> out(rows * stride);
    for (std::size_t i = 0; i < from.size(); ++i)
        out[i / width * stride + i % width] = turn(from[i]);
    return out;
}

}  // namespace

packed_batch::packed_batch(const gated_batch& batch)
    : experts(batch.experts),
      width(batch.width),
      tokens(batch.tokens.size() / batch.width),
      stride(rounded_up(width, 32)),
      rows(rounded_up(experts, logit_padding)),
      longest(0),
      bf16(batch.bf16) {
    const std::size_t all = rounded_up(tokens, block_of_tokens);
    const auto same = [](float value) { return value; };
    if (bf16) {
        halves = in_rows<std::uint16_t>(batch.tokens, width, all, stride, to_bf16);
        gate_halves = in_rows<std::uint16_t>(batch.gate, width, rows, stride, to_bf16);
    } else {
        floats = in_rows<float>(batch.tokens, width, all, stride, same);
        gate = in_rows<float>(batch.gate, width, rows, stride, same);
    }
    for (std::size_t e = 0; e < experts; ++e) {
        double square = 0;
        for (std::size_t i = 0; i < width; ++i) square += std::pow(weight(e, i), 2);
        if (!std::isnan(longest) && !(std::sqrt(square) <= longest)) longest = std::sqrt(square);
    }
}

double packed_batch::feature(std::size_t token, std::size_t i) const {
    const std::size_t at = token * stride + i;
    return static_cast<double>(bf16 ? from_bf16(halves[at]) : floats[at]);
}

double packed_batch::weight(std::size_t expert, std::size_t i) const {
    const std::size_t at = expert * stride + i;
    return static_cast<double>(bf16 ? from_bf16(gate_halves[at]) : gate[at]);
}

double packed_batch::logit(std::size_t token, std::size_t expert) const {
    double sum = 0;
    for (std::size_t i = 0; i < width; ++i) sum += feature(token, i) * weight(expert, i);
    return sum;
}

void pair_up(const packed_batch& batch, std::size_t experts, std::uint32_t* pairs) {
    const std::size_t half = batch.stride / 2;
    auto* out = pairs + experts * half;
    for (std::size_t e = 0; e < 16; ++e) {
        const auto* row = batch.gate_halves.data() + (experts + e) * batch.stride;
        for (std::size_t i = 0; i < half; ++i) std::memcpy(out + 16 * i + e, row + 2 * i, 4);
    }
}

}  // namespace moebius
