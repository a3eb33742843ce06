// SPDX-License-Identifier: MIT
#include "draw_covariances.hpp"

#include <algorithm>

namespace moebius {
namespace {

/// Means of what lies ahead of numbers that have come out, with draw i among them or not, and with
/// the next draw or not.
struct four_means {
    double both = 0, first = 0, second = 0, neither = 0;
};

four_means means(std::span<const double> with, std::span<const double> without,
                 std::span<const double> ahead) {
    four_means sum;
    for (std::size_t n = 0; n + 1 < ahead.size(); ++n) {
        sum.both += with[n] * ahead[n + 1];
        sum.first += with[n] * ahead[n];
        sum.second += without[n] * ahead[n + 1];
        sum.neither += without[n] * ahead[n];
    }
    sum.first += with.back() * ahead.back();
    sum.neither += without.back() * ahead.back();
    return sum;
}

}  // namespace

draw_covariances::draw_covariances(const weighted_draws<series<0>>& draws,
                                   std::span<const double> weight)
    : draws_(draws), width_(weight.size()), ahead_((draws.size() + 1) * width_) {
    std::copy(weight.begin(), weight.end(), &ahead_[draws.size() * width_]);
    for (std::size_t i = draws.size(); i-- > 0;) {
        const double *after = &ahead_[(i + 1) * width_], yes = draws.yes(i).c[0],
                     no = draws.no(i).c[0];
        double* here = &ahead_[i * width_];
        for (std::size_t n = 0; n < width_; ++n)
            here[n] = no * after[n] + (n + 1 < width_ ? yes * after[n + 1] : 0);
    }
    total_ = ahead_[0];
}

std::span<const double> draw_covariances::ahead(std::size_t i) const {
    return std::span(ahead_).subspan(i * width_, width_);
}

/// Draw i among those that may have come out.
void draw_covariances::pass(std::size_t i, chances& have) const {
    const double yes = draws_.yes(i).c[0], no = draws_.no(i).c[0];
    for (std::size_t n = width_; n-- > 1;) have[n] = have[n] * no + have[n - 1] * yes;
    have[0] *= no;
}

void draw_covariances::among(std::span<const std::size_t> members, std::span<double> out) const {
    const std::size_t count = members.size();
    const double square = total_ * total_;
    chances with(width_), without(width_);
    for (std::size_t a = 0; a < count; ++a) {
        const std::size_t i = members[a];
        const double yes = draws_.yes(i).c[0], no = draws_.no(i).c[0];
        for (std::size_t n = 0; n < width_; ++n) {
            with[n] = n > 0 ? draws_.reached(i, n - 1).c[0] * yes : 0;
            without[n] = draws_.reached(i, n).c[0] * no;
        }
        const auto own = means(with, without, ahead(i + 1));
        out[a * count + a] = own.first * own.neither / square;
        for (std::size_t b = a + 1, j = i + 1; b < count; ++j) {
            if (j == members[b]) {
                const auto [both, first, second, neither] = means(with, without, ahead(j + 1));
                const double at_j = draws_.yes(j).c[0] * draws_.no(j).c[0];
                const double c = at_j * (both * neither - first * second) / square;
                out[a * count + b] = out[b * count + a] = c;
                ++b;
            }
            pass(j, with);
            pass(j, without);
        }
    }
}

}  // namespace moebius
