// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/mixed_loads.hpp>
#include <numeric>
#include <utility>

namespace moebius {
namespace {

bool same_within_groups(const std::vector<double>& constant, const grouping& groups) {
    return std::all_of(groups.groups.begin(), groups.groups.end(), [&](const auto& group) {
        return std::all_of(group.begin(), group.end(),
                           [&](std::size_t e) { return constant[e] == constant[group.front()]; });
    });
}

class mixed_response final : public load_response {
public:
    mixed_response(std::shared_ptr<const load_response> base, double share,
                   std::vector<double> constant, bool at_one_beta)
        : base_(std::move(base)),
          share_(share),
          constant_(std::move(constant)),
          at_one_beta_(at_one_beta),
          name_(fmt::format("mixed-{}", base_->name())),
          formula_(fmt::format("{} ({}) + {} c_e", 1 - share_, base_->formula(), share_)) {}

    std::string_view name() const override { return name_; }
    std::string_view formula() const override { return formula_; }
    const grouping& groups() const override { return base_->groups(); }

    std::shared_ptr<const load_response> regrouped(grouping groups) const override {
        if (!same_within_groups(constant_, groups)) return nullptr;
        auto base = base_->regrouped(std::move(groups));
        if (!base) return nullptr;
        return std::make_shared<mixed_response>(std::move(base), share_, constant_, at_one_beta_);
    }

    bool knows_one_beta() const override { return at_one_beta_ || base_->knows_one_beta(); }

    void loads(std::span<const double> s, double beta, std::span<double> p) const override {
        base_->loads(s, beta, p);
        mix(p);
    }

    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        base_->slopes(s, beta, p, by_score, by_beta);
        mix(p);
        shrink(by_score);
        shrink(by_beta);
    }

    void along(std::span<const double> s, double beta, std::span<const double> v, double q,
               std::span<double> out) const override {
        base_->along(s, beta, v, q, out);
        mix(out.first(size()));
        shrink(out.subspan(size()));
    }

    double within(std::span<const double> s, double beta, std::size_t g) const override {
        return (1 - share_) * base_->within(s, beta, g);
    }

    std::size_t rank() const override { return base_->rank(); }

    void low_rank(std::span<const double> s, double beta, std::span<double> p,
                  std::span<double> diagonal, std::span<double> left,
                  std::span<double> right) const override {
        base_->low_rank(s, beta, p, diagonal, left, right);
        mix(p);
        shrink(diagonal);
        shrink(left);
    }

    bool curvature(std::span<const double> s, double beta, std::span<const double> w,
                   std::span<const double> v, std::span<double> by_score,
                   double& by_beta) const override {
        if (!base_->curvature(s, beta, w, v, by_score, by_beta)) return false;
        shrink(by_score);
        by_beta *= 1 - share_;
        return true;
    }

private:
    [[nodiscard]] std::size_t size() const { return groups().size(); }

    void mix(std::span<double> p) const {
        for (std::size_t g = 0; g < size(); ++g)
            p[g] = (1 - share_) * p[g] + share_ * constant_[groups().groups[g].front()];
    }

    void shrink(std::span<double> values) const {
        for (double& value : values) value *= 1 - share_;
    }

    std::shared_ptr<const load_response> base_;
    double share_;
    std::vector<double> constant_;  // (N), by expert
    bool at_one_beta_;
    std::string name_, formula_;
};

}  // namespace

std::shared_ptr<const load_response> mixed_loads(std::shared_ptr<const load_response> base,
                                                 double share, std::vector<double> constant,
                                                 bool at_one_beta) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("mixed_loads", got, needed);
    };
    if (!base) reject("no base came", "a response is needed");
    require("mixed_loads").share("share", share);
    const std::size_t experts = base->groups().members();
    if (constant.size() != experts)
        reject(fmt::format("{} constant loads came", constant.size()),
               fmt::format("the {} experts need one each", experts));
    for (const double load : constant) require("mixed_loads").share("a constant load", load);
    const double sum = std::accumulate(constant.begin(), constant.end(), 0.0);
    if (std::abs(sum - 1) > 1e-9)  // loads from counts are good to rounding; this finds slips
        reject(fmt::format("the constant loads sum to {}", sum), "they must sum to 1");
    if (!same_within_groups(constant, base->groups()))
        reject("constant loads differ within a group of the base", "they must agree there");
    return std::make_shared<mixed_response>(std::move(base), share, std::move(constant),
                                            at_one_beta);
}

}  // namespace moebius
