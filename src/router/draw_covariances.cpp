// SPDX-License-Identifier: MIT
#include "draw_covariances.hpp"

#include <algorithm>

namespace moebius {
namespace {

/// Means of what lies ahead of numbers that have come out, with draw i among them or not, and with
/// the next draw or not.
template <typename number>
struct four_means {
    number both{}, first{}, second{}, neither{};
};

template <typename number>
four_means<number> means(std::span<const number> with, std::span<const number> without,
                         std::span<const number> ahead) {
    four_means<number> sum;
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

template <std::size_t Order>
draw_covariances<Order>::draw_covariances(const weighted_draws<number>& draws,
                                          std::span<const double> weight)
    : draws_(draws), width_(weight.size()), ahead_((draws.size() + 1) * width_) {
    for (std::size_t n = 0; n < width_; ++n)
        ahead_[draws.size() * width_ + n] = number{{weight[n]}};
    for (std::size_t i = draws.size(); i-- > 0;) {
        const number *after = &ahead_[(i + 1) * width_], &yes = draws.yes(i), &no = draws.no(i);
        number* here = &ahead_[i * width_];
        for (std::size_t n = 0; n < width_; ++n) {
            here[n] = no * after[n];
            if (n + 1 < width_) here[n] += yes * after[n + 1];
        }
    }
    total_ = ahead_[0];
}

template <std::size_t Order>
std::span<const series<Order>> draw_covariances<Order>::ahead(std::size_t i) const {
    return std::span(ahead_).subspan(i * width_, width_);
}

/// Draw i among those that may have come out.
template <std::size_t Order>
void draw_covariances<Order>::pass(std::size_t i, chances& have) const {
    const number &yes = draws_.yes(i), &no = draws_.no(i);
    for (std::size_t n = width_; n-- > 1;) {
        have[n] = have[n] * no;
        have[n] += have[n - 1] * yes;
    }
    have[0] = have[0] * no;
}

template <std::size_t Order>
void draw_covariances<Order>::among(std::span<const std::size_t> members,
                                    std::span<number> out) const {
    const std::size_t count = members.size();
    const number square = total_ * total_;
    chances with(width_), without(width_);
    for (std::size_t a = 0; a < count; ++a) {
        const std::size_t i = members[a];
        for (std::size_t n = 0; n < width_; ++n) {
            with[n] = n > 0 ? draws_.reached(i, n - 1) * draws_.yes(i) : number{};
            without[n] = draws_.reached(i, n) * draws_.no(i);
        }
        const auto own = means<number>(with, without, ahead(i + 1));
        out[a * count + a] = own.first * own.neither / square;
        for (std::size_t b = a + 1, j = i + 1; b < count; ++j) {
            if (j == members[b]) {
                const auto found = means<number>(with, without, ahead(j + 1));
                number apart = found.both * found.neither;
                apart -= found.first * found.second;
                const number c = draws_.yes(j) * draws_.no(j) * apart / square;
                out[a * count + b] = out[b * count + a] = c;
                ++b;
            }
            pass(j, with);
            pass(j, without);
        }
    }
}

template class draw_covariances<0>;
template class draw_covariances<1>;

}  // namespace moebius
