// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/compare/router_sampler.hpp>
#include <utility>

namespace moebius {
namespace {

load_sample held_at(const std::vector<double>& scores, const token_source& source,
                    const router& router, const held_loop_options& options, std::uint64_t seed) {
    const std::size_t experts = scores.size();
    const auto n = static_cast<Eigen::Index>(experts);
    std::vector<random_block> words(options.tokens);
    std::vector<double> logits(experts * options.tokens);
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(n);
    Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(n, n);
    for (std::size_t b = 0; b < options.batches; ++b) {
        const batch_key key{seed, b};
        random_words(key.seed, random_stream::token, key.step, 0, words);
        source.fill(key, 0, words, logits);
        const auto load = router.route({experts, logits, scores, key}).load;
        const Eigen::Map<const Eigen::VectorXd> loads(load.data(), n);
        const Eigen::VectorXd before = loads - mean;  // Welford's recurrence
        mean += before / static_cast<double>(b + 1);
        squares += before * (loads - mean).transpose();
    }
    const auto batches = static_cast<double>(options.batches);
    return {{mean.data(), mean.data() + n}, squares / (batches * (batches - 1))};
}

}  // namespace

load_sampler sample_router(std::shared_ptr<const token_source> source,
                           std::shared_ptr<const router> router, const held_loop_options& options) {
    if (source == nullptr || router == nullptr)
        throw invalid_argument("sample_router", "no tokens or no router came", "both are needed");
    require("sample_router")
        .at_least("tokens", options.tokens, 1)
        .at_least("batches", options.batches, 2);
    router->check(source->experts());
    return [source = std::move(source), router = std::move(router), options,
            held = std::uint64_t{0}](std::span<const std::vector<double>> scores) mutable {
        std::vector<load_sample> out(scores.size());
        parallel_for(scores.size(), options.threads, [&](std::size_t i) {
            out[i] =
                held_at(scores[i], *source, *router, options, derived_seed(options.seed, held + i));
        });
        held += scores.size();
        return out;
    };
}

}  // namespace moebius
