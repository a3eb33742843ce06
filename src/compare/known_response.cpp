// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/compare/known_response.hpp>
#include <moebius/model/margin_loads.hpp>

namespace moebius {

std::shared_ptr<const load_response> known_response(const router& router,
                                                    const token_source& source, noise_law noise) {
    const std::size_t experts = source.experts();
    std::vector<double> logits(source.stored().begin(), source.stored().end());
    if (!source.draws_tokens()) {
        logits.assign(experts, 0.0);
        const bool hard = router.name().starts_with("top-");
        if (hard && noise == noise_law::none)
            throw invalid_argument("mean_load", "noise none came without tokens",
                                   "the response of a hard router is then a step");
    }
    if (!logits.empty()) return router.mean_load(std::move(logits), experts);
    if (experts != 2) return nullptr;
    if (router.name() == "soft-moe") return margin_loads(source.law(noise_law::gumbel));
    if (router.name() == "top-1") return margin_loads(source.law(noise));
    return nullptr;
}

}  // namespace moebius
