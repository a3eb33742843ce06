// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/tokens/token_source.hpp>

namespace moebius {
namespace {

void check_two_experts(std::size_t experts) {
    if (experts != 2)
        throw invalid_argument("token_source", fmt::format("a margin law of {} experts", experts),
                               "margins are between two");
}

class no_token_source final : public token_source {
public:
    explicit no_token_source(std::size_t experts) : experts_(experts) {}

    std::size_t experts() const noexcept override { return experts_; }
    bool draws_tokens() const noexcept override { return false; }

    void fill(batch_key, std::uint32_t, std::span<const random_block>,
              std::span<double> out) const override {
        std::fill(out.begin(), out.end(), 0.0);
    }

    margin_law law(noise_law noise) const override {
        check_two_experts(experts_);
        return {{margin_node{}}, noise};
    }

private:
    std::size_t experts_;
};

class stored_token_source final : public token_source {
public:
    stored_token_source(std::vector<double> logits, std::size_t experts)
        : logits_(std::move(logits)), experts_(experts), tokens_(logits_.size() / experts) {}

    std::size_t experts() const noexcept override { return experts_; }
    std::span<const double> stored() const noexcept override { return logits_; }

    void fill(batch_key, std::uint32_t, std::span<const random_block> words,
              std::span<double> out) const override {
        auto to = out.begin();
        for (const auto& word : words) {  // floor(tokens u): even to a share of tokens / 2^32
            const std::size_t token =
                static_cast<std::size_t>((std::uint64_t{word[3]} * tokens_) >> 32);
            const auto from = logits_.begin() + static_cast<std::ptrdiff_t>(token * experts_);
            for (std::size_t e = 0; e < experts_; ++e) *to++ = from[static_cast<std::ptrdiff_t>(e)];
        }
    }

    margin_law law(noise_law noise) const override {
        check_two_experts(experts_);
        std::vector<double> margins(tokens_);
        for (std::size_t t = 0; t < tokens_; ++t) margins[t] = logits_[2 * t] - logits_[2 * t + 1];
        return law_of_margins(margins, noise);
    }

private:
    std::vector<double> logits_;
    std::size_t experts_;
    std::uint64_t tokens_;
};

/// Point nodes that stand for a Gaussian bump.
/// @source trapezoidal rule, spectrally accurate for analytic integrands: Trefethen and
///         Weideman, SIAM Rev. 56 (2014), section 5
void expand(const margin_node& node, std::vector<margin_node>& out) {
    constexpr int half = 256;      // 2 half + 1 nodes
    constexpr double reach = 8.0;  // widths; the Gaussian is 1e-14 of its peak there
    const std::size_t first = out.size();
    double total = 0;
    for (int k = -half; k <= half; ++k) {
        const double t = reach * k / half;
        out.push_back({node.center + node.width * t, std::exp(-t * t / 2), 0});
        total += out.back().weight;
    }
    for (std::size_t i = first; i < out.size(); ++i) out[i].weight *= node.weight / total;
}

class mixture_token_source final : public token_source {
public:
    explicit mixture_token_source(std::vector<margin_node> nodes) : nodes_(std::move(nodes)) {
        double sum = 0;
        for (const auto& node : nodes_) cumulative_.push_back(sum += node.weight);
        cumulative_.back() = 1;  // so that rounding leaves no u above it
    }

    std::size_t experts() const noexcept override { return 2; }
    std::span<const margin_node> mixture() const noexcept override { return nodes_; }

    void fill(batch_key key, std::uint32_t first, std::span<const random_block> words,
              std::span<double> out) const override {
        for (std::size_t t = 0; t < words.size(); ++t) {
            const double margin = draw(key, first + static_cast<std::uint32_t>(t), words[t][3]);
            out[2 * t] = margin / 2;
            out[2 * t + 1] = -margin / 2;
        }
    }

    margin_law law(noise_law noise) const override {
        if (noise == noise_law::gaussian || noise == noise_law::none) return {nodes_, noise};
        margin_law result{{}, noise};
        for (const auto& node : nodes_) {
            if (node.width > 0)
                expand(node, result.nodes);
            else
                result.nodes.push_back(node);
        }
        return result;
    }

private:
    double draw(batch_key key, std::uint32_t token, std::uint32_t word) const {
        const auto above = std::lower_bound(cumulative_.begin(), cumulative_.end(), uniform(word));
        const auto& node = nodes_[static_cast<std::size_t>(above - cumulative_.begin())];
        if (node.width == 0) return node.center;
        const auto w = random_words(key.seed, random_stream::mixture, key.step, token);
        return node.center +
               node.width * normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3])).first;
    }

    std::vector<margin_node> nodes_;
    std::vector<double> cumulative_;
};

void check_nodes(const std::vector<margin_node>& nodes) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("mixture_tokens", got, needed);
    };
    if (nodes.empty()) reject("no nodes came", "at least one is needed");
    double sum = 0;
    for (const auto& [center, weight, width] : nodes) {
        require("mixture_tokens")
            .finite("a center", center)
            .positive("a weight", weight)
            .not_negative("a width", width);
        sum += weight;
    }
    if (!(std::abs(sum - 1) < 1e-9))
        reject(fmt::format("the weights sum to {}", sum), "they must sum to 1");
}

}  // namespace

void token_source::logits(std::uint64_t seed, std::uint64_t step, std::uint32_t token,
                          std::span<double> out) const {
    const auto words = random_words(seed, random_stream::token, step, token);
    fill({seed, step}, token, {&words, 1}, out);
}

std::shared_ptr<const token_source> no_tokens(std::size_t experts) {
    if (experts == 0)
        throw invalid_argument("no_tokens", "no experts came", "at least one is needed");
    return std::make_shared<no_token_source>(experts);
}

std::shared_ptr<const token_source> stored_tokens(std::vector<double> logits, std::size_t experts) {
    if (experts == 0 || logits.empty() || logits.size() % experts != 0)
        throw invalid_argument("stored_tokens",
                               fmt::format("{} logits came for {} experts", logits.size(), experts),
                               "at least one token with one logit for each expert is needed");
    return std::make_shared<stored_token_source>(std::move(logits), experts);
}

std::shared_ptr<const token_source> mixture_tokens(std::vector<margin_node> nodes) {
    check_nodes(nodes);
    return std::make_shared<mixture_token_source>(std::move(nodes));
}

}  // namespace moebius
