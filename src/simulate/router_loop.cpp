// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/simulate/router_loop.hpp>

namespace moebius {

router_loop::router_loop(std::shared_ptr<const token_source> source,
                         std::shared_ptr<const router> router, const loop_options& options,
                         std::vector<double> scores)
    : source_(std::move(source)), router_(std::move(router)), options_(options), scores_({}) {
    if (router_ == nullptr)
        throw invalid_argument("router_loop", "no router came", "one is needed");
    auto checked = options;
    checked.noise = noise_law::gumbel;  // the router brings its own
    const closed_loop sound(source_, checked, scores);
    router_->check(source_->experts());
    scores_ = loop_scores({sound.scores().begin(), sound.scores().end()});
    logits_.resize(options_.tokens * source_->experts());
    words_.resize(options_.tokens);
}

std::span<const double> router_loop::advance(const feedback_rule& rule) {
    check(rule, source_->experts());
    const batch_key key{options_.seed, steps_};
    if (source_->draws_tokens()) random_words(key.seed, random_stream::token, key.step, 0, words_);
    source_->fill(key, 0, words_, logits_);
    auto routed = router_->route({source_->experts(), logits_, scores_.sum(), key});
    loads_ = std::move(routed.load);
    unrouted_ += routed.unrouted;
    scores_.follow(rule, loads_);
    ++steps_;
    return loads_;
}

}  // namespace moebius
