// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/compare/known_response.hpp>
#include <moebius/model/margin_loads.hpp>

namespace moebius {

std::shared_ptr<const load_response> known_response(const router& router,
                                                    const token_source& source) {
    const std::size_t experts = source.experts();
    std::vector<double> logits(source.stored().begin(), source.stored().end());
    if (!source.draws_tokens()) {
        logits.assign(experts, 0.0);
        if (router.is_step())
            throw invalid_argument("mean_load", "noise none came without tokens",
                                   "the response of a hard router is then a step");
    }
    if (!logits.empty()) return router.mean_load(std::move(logits), experts);
    const auto noise = router.margin_noise();
    if (experts != 2 || !noise) return nullptr;
    return margin_loads(source.law(*noise));
}

}  // namespace moebius
