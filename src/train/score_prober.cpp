// SPDX-License-Identifier: MIT
#include "score_prober.hpp"

#include <algorithm>
#include <functional>

namespace moebius {

score_prober::score_prober(const score_probe& asked, const training_run& run)
    : asked_(asked), run_(run), dither_(asked.dither > 0 ? run.model->scores() : 0) {
    if (asked.moments) products_.resize(run.model->experts() * run.model->experts());
}

std::span<const double> score_prober::scores(const training_state& state) {
    if (dither_.empty()) return state.scores;
    dither_of(asked_.dither, run_.seed, state.step, dither_);
    std::transform(dither_.begin(), dither_.end(), state.scores.begin(), dither_.begin(),
                   std::plus<>{});
    return dither_;
}

void score_prober::take(const training_state& state, std::span<const double> routed_by,
                        std::span<const double> inputs) {
    if (products_.empty()) return;
    add_products(run_.model->logits(state.parameters, routed_by, inputs), routed_by,
                 run_.model->routing()->rule()->beta, products_);
}

void score_prober::end_record(training_state& to) {
    to.products.insert(to.products.end(), products_.begin(), products_.end());
    std::fill(products_.begin(), products_.end(), 0.0);
}

}  // namespace moebius
