// SPDX-License-Identifier: MIT
// The parts of a log that loop_fit sums by themselves, and which of them are used.
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/loop_fit.hpp>

namespace moebius {

loop_fit::sums& loop_fit::sums::operator+=(const sums& other) {
    for (auto sum : {&sums::steps, &sums::xy, &sums::yy, &sums::yq, &sums::signs})
        this->*sum += other.*sum;
    for (auto sum : {&sums::x, &sums::y, &sums::q, &sums::xx, &sums::xq, &sums::qq, &sums::xxq,
                     &sums::xxx, &sums::xxxx, &sums::qqq})
        this->*sum += other.*sum;
    return *this;
}

loop_fit::sums loop_fit::of_parts(std::size_t from, std::size_t to) const {
    sums out = empty();
    for (std::size_t part = from; part < to; ++part) out += parts_[part];
    return out;
}

/// The part from which on there is a third of the steps or more.
std::size_t loop_fit::last_third() const {
    double all = 0, behind = 0;
    for (const auto& part : parts_) all += part.steps;
    std::size_t from = parts_.size();
    while (from > 0 && behind < all / 3) behind += parts_[--from].steps;
    return from;
}

std::size_t loop_fit::first_part() const {
    std::size_t from = last_third();
    sums rest = of_parts(from, parts_.size());
    const double memories = terms_.forget / 2 * static_cast<double>(q_.size() - 1);
    for (; from > 0; --from) {
        const auto& part = parts_[from - 1];
        // 4 standard errors, and what the mean of so few memories takes from one and gives the
        // other
        const double few = 1 + 4 / (rest.steps * terms_.forget);
        const double most = (1 + 4 * std::sqrt(2 / (part.steps * memories))) * few * few;
        const Eigen::ArrayXd mean = rest.x / rest.steps;
        const double here = (part.xx - 2 * mean * part.x + part.steps * mean.square()).sum();
        const double there = (rest.xx - rest.steps * mean.square()).sum();
        if (here / part.steps > most * there / rest.steps) break;
        rest += part;
    }
    return from;
}

std::optional<fitted_loop> loop_fit::whole(std::size_t from) const {
    return fit_of(of_parts(from, parts_.size()));
}

std::array<std::optional<fitted_loop>, 2> loop_fit::late_and_early(std::size_t from) const {
    const auto late = std::max(last_third(), from);
    return {fit_of(of_parts(late, parts_.size())), fit_of(of_parts(from, late))};
}

}  // namespace moebius
