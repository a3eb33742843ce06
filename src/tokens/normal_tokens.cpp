// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/coarse_normal.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/tokens/token_source.hpp>

#include "normal_logits.hpp"

namespace moebius {
namespace {

class normal_token_source final : public token_source {
public:
    normal_token_source(std::vector<float> gate, std::size_t experts)
        : gate_(std::move(gate)), experts_(experts), width_(gate_.size() / experts) {
        for (float& weight : gate_) weight = from_bf16(to_bf16(weight));
    }

    std::size_t experts() const noexcept override { return experts_; }
    linear_gate fresh() const noexcept override { return {width_, gate_}; }

    void fill(batch_key key, std::uint32_t first, std::span<const random_block> words,
              std::span<double> out) const override {
        if (normal_logits(key, first, gate_, width_, experts_, out)) return;
        std::vector<double> features(width_);
        for (std::size_t t = 0; t < words.size(); ++t) {
            draw(key, first + static_cast<std::uint32_t>(t), features);
            for (std::size_t e = 0; e < experts_; ++e) {
                double sum = 0;
                for (std::size_t i = 0; i < width_; ++i)
                    sum += features[i] * static_cast<double>(gate_[e * width_ + i]);
                out[t * experts_ + e] = sum;
            }
        }
    }

    margin_law law(noise_law noise) const override {
        if (experts_ != 2)
            throw invalid_argument("token_source",
                                   fmt::format("a margin law of {} experts", experts_),
                                   "margins are between two");
        double square = 0;
        for (std::size_t i = 0; i < width_; ++i)
            square +=
                std::pow(static_cast<double>(gate_[i]) - static_cast<double>(gate_[width_ + i]), 2);
        return mixture_tokens({margin_node{0, 1, std::sqrt(square)}})->law(noise);
    }

private:
    static void draw(batch_key key, std::uint32_t token, std::span<double> features) {
        for (std::size_t i = 0; i < features.size(); i += 8) {
            const auto stream = block(random_stream::feature, static_cast<std::uint32_t>(i / 8));
            const auto words = random_words(key.seed, stream, key.step, token);
            for (std::size_t k = 0; k < 8 && i + k < features.size(); k += 2) {
                const auto [a, b] = coarse_normals(words[k / 2]);
                features[i + k] = static_cast<double>(from_bf16(to_bf16(a)));
                if (i + k + 1 < features.size())
                    features[i + k + 1] = static_cast<double>(from_bf16(to_bf16(b)));
            }
        }
    }

    std::vector<float> gate_;
    std::size_t experts_, width_;
};

}  // namespace

std::shared_ptr<const token_source> normal_tokens(std::vector<float> gate, std::size_t experts) {
    if (experts == 0 || gate.empty() || gate.size() % experts != 0)
        throw invalid_argument("normal_tokens",
                               fmt::format("{} weights came for {} experts", gate.size(), experts),
                               "each expert needs as many, one at least");
    for (const float weight : gate)
        require("normal_tokens").finite("a weight", static_cast<double>(weight));
    return std::make_shared<normal_token_source>(std::move(gate), experts);
}

std::vector<float> random_gate(std::size_t experts, std::size_t width, std::uint64_t seed) {
    std::vector<float> gate;
    std::vector<double> row(width);
    for (std::size_t e = 0; e < experts; ++e) {
        double square = 0;
        for (std::size_t i = 0; i < width; ++i) {
            const auto w =
                random_words(seed, random_stream::gate, e, static_cast<std::uint32_t>(i));
            row[i] = normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3])).first;
            square += row[i] * row[i];
        }
        for (const double value : row)
            gate.push_back(static_cast<float>(value / std::sqrt(square)));
    }
    return gate;
}

}  // namespace moebius
