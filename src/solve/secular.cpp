// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <moebius/solve/secular.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double roundings = 8 * std::numeric_limits<double>::epsilon();

/// Takes the poles from above and the zeros of the secular function between them.
class secular_search {
public:
    secular_search(const rank_one_update& a, std::size_t count)
        : d_(a.diagonal), w_(a.weights), count_(count), reach_(w_.sum()) {
        tolerance_ = roundings * (d_.cwiseAbs().maxCoeff() + std::abs(reach_));
        order_.resize(static_cast<std::size_t>(d_.size()));
        for (std::size_t i = 0; i < order_.size(); ++i)
            order_[i] = {d_[static_cast<Index>(i)], static_cast<Index>(i)};
        std::make_heap(order_.begin(), order_.end());
    }

    std::vector<double> falling() {
        bool first = true, enough = false;
        pole last{};
        while (!order_.empty() && !enough) {
            const pole next = take_group();
            if (next.weight == 0) continue;  // a zero above it may still come
            if (!first)
                found_.push_back(zero_between(next, last));
            else if (reach_ > 0)
                found_.push_back(zero_beyond(next, next.at + reach_));
            first = false;
            last = next;
            enough = found_.size() >= count_;
        }
        if (!enough && !first && reach_ < 0) found_.push_back(zero_beyond(last, last.at + reach_));
        std::sort(found_.begin(), found_.end(), std::greater<>());
        found_.resize(std::min(count_, found_.size()));
        return std::move(found_);
    }

private:
    struct pole {
        double at = 0;
        double weight = 0;
    };

    /// The largest d_i left and all that equal it; notes the eigenvalues that stay there.
    pole take_group() {
        pole group{order_.front().first, 0};
        std::size_t members = 0;
        do {
            const Index i = order_.front().second;
            std::pop_heap(order_.begin(), order_.end());
            order_.pop_back();
            ++members;
            d_[i] = group.at;
            group.weight += w_[i];
            group_.push_back(i);
        } while (!order_.empty() && order_.front().first >= group.at - tolerance_);
        if (std::sqrt(std::abs(group.weight * reach_)) <= tolerance_) {
            group.weight = 0;  // its pole is as good as none
            for (const Index i : group_) d_[i] = std::numeric_limits<double>::infinity();
        }
        group_.clear();
        found_.insert(found_.end(), group.weight == 0 ? members : members - 1, group.at);
        return group;
    }

    /// f at origin + x.
    [[nodiscard]] double value(double origin, double x) const {
        return 1 + (w_.array() / ((d_.array() - origin) - x)).sum();
    }

    /// The zero of f between two neighbouring poles, as its distance from the nearer one.
    [[nodiscard]] double zero_between(const pole& lower, const pole& upper) const {
        const double gap = upper.at - lower.at, half = gap / 2;
        const double middle = value(lower.at, half);
        const bool near_lower = (middle > 0) == (reach_ > 0);  // f rises iff w > 0
        const double origin = near_lower ? lower.at : upper.at;
        const double from = near_lower ? 0 : -gap, to = near_lower ? gap : 0;
        const auto smooth = [&](double x) { return value(origin, x) * (to - x) * (x - from); };
        const double at_middle = middle * half * half;
        return origin + (near_lower ? zero(smooth, 0, half, -lower.weight * gap, at_middle)
                                    : zero(smooth, -half, 0, at_middle, upper.weight * gap));
    }

    /// The zero of f outside of all poles, between the outermost one and `end`.
    [[nodiscard]] double zero_beyond(const pole& outermost, double end) const {
        const double far = end - outermost.at;
        const auto smooth = [&](double x) { return value(outermost.at, x) * x; };
        const double at_end = smooth(far);
        if (at_end == 0 || (at_end > 0) == (-outermost.weight > 0)) return end;  // only one pole
        return outermost.at + (far > 0 ? zero(smooth, 0, far, -outermost.weight, at_end)
                                       : zero(smooth, far, 0, at_end, -outermost.weight));
    }

    template <typename Function>
    [[nodiscard]] double zero(const Function& smooth, double a, double b, double at_a,
                              double at_b) const {
        if (at_a == 0) return a;
        if (at_b == 0 || (at_a > 0) == (at_b > 0)) return b;
        std::uintmax_t evaluations = 100;
        const double close = tolerance_ / 4;
        const auto [low, high] = boost::math::tools::toms748_solve(
            smooth, a, b, at_a, at_b, [close](double l, double h) { return h - l <= close; },
            evaluations);
        return (low + high) / 2;
    }

    VectorXd d_, w_;
    std::size_t count_;
    double reach_, tolerance_ = 0;                 // sum of the weights; of equality
    std::vector<std::pair<double, Index>> order_;  // a heap of the d_i not yet taken
    std::vector<Index> group_;
    std::vector<double> found_;
};

}  // namespace

bool has_real_spectrum(const rank_one_update& a) {
    return (a.weights.array() >= 0).all() || (a.weights.array() <= 0).all();
}

std::size_t positive_eigenvalues(const rank_one_update& a) {
    double at_zero = 1, sum = 0;
    std::ptrdiff_t positive = 0;
    bool pole_at_zero = false;
    for (Index i = 0; i < a.diagonal.size(); ++i) {
        const double d = a.diagonal[i], w = a.weights[i];
        positive += d > 0 ? 1 : 0;
        sum += w;
        if (w == 0) continue;
        pole_at_zero = pole_at_zero || d == 0;
        at_zero += w / d;
    }
    if (sum > 0) positive += pole_at_zero || at_zero < 0 ? 1 : 0;
    if (sum < 0 && !pole_at_zero) positive -= at_zero > 0 ? 0 : 1;
    return static_cast<std::size_t>(positive);
}

std::vector<double> leading_eigenvalues(const rank_one_update& a, std::size_t count) {
    const auto n = static_cast<std::size_t>(a.diagonal.size());
    return n == 0 ? std::vector<double>{} : secular_search(a, std::min(count, n)).falling();
}

}  // namespace moebius
