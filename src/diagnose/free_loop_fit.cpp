// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/loop_fit.hpp>
#include <utility>

namespace moebius {

free_loop_fit::free_loop_fit(std::size_t experts, loop_terms terms, double around) {
    const double low = around > 0 ? around / 16 : 1e-3, high = around > 0 ? around * 16 : 0.5;
    const double factor = around > 0 ? 2 : std::sqrt(std::sqrt(2.0));
    const double centre = around > 0 ? around : 0.02;
    terms.skip = static_cast<std::size_t>(4 / centre);  // the same for all
    for (double e = low; e <= high * 1.001; e *= factor) {
        if (e > 0.9) break;
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

std::optional<free_loop_fit::result> free_loop_fit::whole(std::size_t from) const {
    std::vector<std::pair<double, fitted_loop>> ready;
    for (std::size_t i = 0; i < fits_.size(); ++i)
        if (const auto fit = fits_[i].whole(from))
            if (fit->steps * forgets_[i] >= 10) ready.emplace_back(forgets_[i], *fit);
    if (ready.empty()) return std::nullopt;
    const auto top = std::min_element(ready.begin(), ready.end(), [](auto& a, auto& b) {
        return a.second.misfit < b.second.misfit;
    });
    result out{top->second, top->first};
    if (top == ready.begin() || top + 1 == ready.end()) return out;
    // -2 ln likelihood and gain as parabolas of ln(forget) through the best and its neighbours
    const auto &before = top[-1].second, &after = top[1].second;
    const double h = std::log(top[1].first / top->first);
    const double slope = (after.misfit - before.misfit) / (2 * h);
    const double bend = (after.misfit - 2 * out.loop.misfit + before.misfit) / (h * h);
    const double rise = (after.gain - before.gain) / (2 * h);
    const double curve = (after.gain - 2 * out.loop.gain + before.gain) / (h * h);
    if (!(bend > 0)) return out;
    const double shift = std::clamp(-slope / bend, -h, h), there = rise + curve * shift;
    out.forget *= std::exp(shift);
    out.loop.gain += rise * shift + curve * shift * shift / 2;
    out.loop.error = std::sqrt(out.loop.error * out.loop.error + there * there * 2 / bend);
    out.loop.misfit += slope * shift + bend * shift * shift / 2;
    return out;
}

}  // namespace moebius
