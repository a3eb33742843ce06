// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/random.hpp>
#include <moebius/io/simulation_log.hpp>
#include <string_view>
#include <vector>

namespace moebius {
namespace {

/// Draws the tokens of batches again.
class batch_products {
public:
    batch_products(const token_source& source, double beta, std::size_t tokens)
        : source_(source), beta_(beta), tokens_(tokens) {}

    /// Appends the batch's sum over tokens of p p^T, row-major.
    /// @param scores  (E) that it was routed by
    void add(batch_key key, std::span<const double> scores, std::vector<double>& to) {
        constexpr std::size_t chunk = 256;  // as closed_loop's: all stays in the first cache
        const std::size_t experts = scores.size(), at = to.size();
        to.resize(at + experts * experts);
        for (std::size_t first = 0; first < tokens_; first += chunk) {
            const std::size_t n = std::min(chunk, tokens_ - first);
            logits_.assign(n * experts, 0);
            if (source_.draws_tokens()) {
                words_.resize(n);
                const auto index = static_cast<std::uint32_t>(first);
                random_words(key.seed, random_stream::token, key.step, index, words_);
                source_.fill(key, index, words_, logits_);
            }
            add_products(logits_, scores, beta_, std::span(to).subspan(at));
        }
    }

private:
    const token_source& source_;
    double beta_;
    std::size_t tokens_;
    std::vector<random_block> words_;
    std::vector<double> logits_;
};

/// The columns NAME_1, ..., NAME_E; none where there is no NAME_1.
std::vector<std::span<const double>> columns_of(const table& records, std::string_view name,
                                                std::size_t experts) {
    std::vector<std::span<const double>> out;
    if (std::find(records.names.begin(), records.names.end(), fmt::format("{}_1", name)) ==
        records.names.end())
        return out;
    for (std::size_t e = 1; e <= experts; ++e)
        out.emplace_back(records.at(fmt::format("{}_{}", name, e)));
    return out;
}

}  // namespace

log_probes probes_of(const simulation& measured, const token_source& source, double beta,
                     const loop_options& loop, const score_probe& probe) {
    log_probes out;
    if (!(probe.dither > 0) && !probe.moments) return out;
    const auto& replica = measured.records.at("replica");
    const auto& step = measured.records.at("step");
    const auto length = static_cast<std::size_t>(
        std::find_if(replica.begin(), replica.end(), [&](double r) { return r != replica[0]; }) -
        replica.begin());
    std::vector<double> dither(source.experts()), scores(dither.size());
    const auto of_rule = columns_of(measured.records, "score", scores.size());
    const auto of_controller = columns_of(measured.records, "control", scores.size());
    batch_products products(source, beta, loop.tokens);
    for (std::size_t t = 1; t < length; ++t)
        for (std::size_t row = t; row < replica.size(); row += length) {
            // the record of a batch says how many there were with it
            const batch_key key{derived_seed(loop.seed, static_cast<std::uint64_t>(replica[row])),
                                static_cast<std::uint64_t>(step[row]) - 1};
            if (probe.dither > 0) {
                dither_of(probe.dither, key.seed, key.step, dither);
                out.dither.insert(out.dither.end(), dither.begin(), dither.end());
            }
            if (!probe.moments) continue;
            for (std::size_t e = 0; e < scores.size(); ++e)  // after the batch before
                scores[e] =
                    of_rule[e][row - 1] + (of_controller.empty() ? 0 : of_controller[e][row - 1]);
            products.add(key, scores, out.moments);
        }
    return out;
}

}  // namespace moebius
