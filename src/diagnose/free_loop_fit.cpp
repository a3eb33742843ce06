// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/loop_fit.hpp>
#include <utility>
#include <vector>

namespace moebius {
namespace {

constexpr double fewest_memories = 10;  ///< that a log has to hold, for any gain

/// A known one lies between two that are next to it: through those of twice and of half the
/// likelihood of a long log is no parabola.
std::vector<double> tried_forgets(double around) {
    const double near = std::sqrt(std::sqrt(2.0));
    std::vector<double> out;
    if (around > 0) {
        for (const double factor :
             {1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1 / near, 1.0, near, 2.0, 4.0, 8.0, 16.0})
            out.push_back(around * factor);
        return out;
    }
    for (double e = 1e-3; e <= 0.5; e *= near) out.push_back(e);
    return out;
}

bool more_likely(const free_loop_fit::result& a, const free_loop_fit::result& b) {
    return a.loop.misfit < b.loop.misfit;
}

}  // namespace

free_loop_fit::free_loop_fit(std::size_t experts, loop_terms terms, double around) {
    const double centre = around > 0 ? around : 0.02;
    terms.skip = static_cast<std::size_t>(4 / centre);  // the same for all
    for (const double e : tried_forgets(around)) {
        if (e > 0.9) break;
        if (around > 0) terms.per_load *= e / terms.forget;  // of another rate, not feedback
        terms.forget = e;
        if (e <= 1.001 * centre) middle_ = forgets_.size();
        forgets_.push_back(e);
        fits_.emplace_back(experts, terms);
    }
}

void free_loop_fit::take(std::span<const double> shares) {
    for (auto& fit : fits_) fit.take(shares);
}

std::size_t free_loop_fit::first_part() const { return fits_[middle_].first_part(); }

std::vector<free_loop_fit::result> free_loop_fit::ready(std::size_t from) const {
    std::vector<result> out;
    for (std::size_t i = 0; i < fits_.size(); ++i)
        if (const auto fit = fits_[i].whole(from))
            if (fit->steps * forgets_[i] >= fewest_memories) out.push_back({*fit, forgets_[i]});
    return out;
}

double free_loop_fit::fewest_steps() const {
    return static_cast<double>(fits_.back().skipped()) +
           std::max(fewest_memories / forgets_.back(), loop_fit::fewest_steps);
}

std::optional<free_loop_fit::range> free_loop_fit::within(double more, std::size_t from) const {
    const auto all = ready(from);
    if (all.empty()) return std::nullopt;
    const auto least = std::min_element(all.begin(), all.end(), more_likely)->loop.misfit;
    std::optional<range> out;
    for (const auto& [loop, forget] : all) {
        if (loop.misfit > least + more) continue;
        const double half = normal_90 * loop.error;
        if (!out) out = {forget, forget, loop.gain, loop.gain};
        out->high = forget;
        out->least = std::min(out->least, loop.gain - half);
        out->most = std::max(out->most, loop.gain + half);
    }
    return out;
}

std::optional<free_loop_fit::result> free_loop_fit::whole(std::size_t from) const {
    const auto ready = this->ready(from);
    if (ready.empty()) return std::nullopt;
    const auto top = std::min_element(ready.begin(), ready.end(), more_likely);
    auto out = *top;
    if (top == ready.begin() || top + 1 == ready.end()) return out;
    // -2 ln likelihood and gain as parabolas of ln(forget) through the best and its neighbours
    const auto &before = top[-1].loop, &after = top[1].loop;
    const double down = std::log(top->forget / top[-1].forget);
    const double up = std::log(top[1].forget / top->forget);
    const auto parabola = [&](double fitted_loop::*of) {  // its slope and bend at the best
        const double left = (out.loop.*of - before.*of) / down;
        const double right = (after.*of - out.loop.*of) / up;
        return std::pair{(left * up + right * down) / (down + up),
                         2 * (right - left) / (down + up)};
    };
    const auto [slope, bend] = parabola(&fitted_loop::misfit);
    const auto [rise, curve] = parabola(&fitted_loop::gain);
    if (!(bend > 0)) return out;
    const double shift = std::clamp(-slope / bend, -down, up), there = rise + curve * shift;
    out.forget *= std::exp(shift);
    out.loop.gain += rise * shift + curve * shift * shift / 2;
    out.loop.error = std::sqrt(out.loop.error * out.loop.error + there * there * 2 / bend);
    out.loop.misfit += slope * shift + bend * shift * shift / 2;
    return out;
}

}  // namespace moebius
