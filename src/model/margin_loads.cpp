// SPDX-License-Identifier: MIT
#include <moebius/model/margin_loads.hpp>
#include <moebius/model/token_response.hpp>

namespace moebius {
namespace {

class margin_response final : public load_response {
public:
    explicit margin_response(margin_law law) : model_(std::move(law)), groups_(singletons(2)) {}

    std::string_view name() const override { return models::token_response::name; }
    std::string_view formula() const override {
        return "(1 +- mean_t gap(beta (a_t + s_1 - s_2)))/2";
    }
    const grouping& groups() const override { return groups_; }
    std::shared_ptr<const load_response> regrouped(grouping) const override { return nullptr; }

    void loads(std::span<const double> s, double beta, std::span<double> p) const override {
        const double gap = model_.mean_gap(s[0] - s[1], beta);
        p[0] = (1 + gap) / 2;
        p[1] = (1 - gap) / 2;
    }

    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        const double x = s[0] - s[1];
        const jet along_x = model_.mean_gap(line(x, 1), line(beta, 0));
        const jet along_beta = model_.mean_gap(line(x, 0), line(beta, 1));
        loads(s, beta, p);
        const double slope = coefficient(along_x, 1) / 2;
        by_score[0] = by_score[3] = slope;
        by_score[1] = by_score[2] = -slope;
        by_beta[0] = coefficient(along_beta, 1) / 2;
        by_beta[1] = -by_beta[0];
    }

    void along(std::span<const double> s, double beta, std::span<const double> v, double q,
               std::span<double> out) const override {
        const jet gap = model_.mean_gap(line(s[0] - s[1], v[0] - v[1]), line(beta, q));
        for (std::size_t k = 0; k < 4; ++k) {
            const double half = coefficient(gap, k) / 2, even = k == 0 ? 0.5 : 0;
            out[2 * k] = even + half;
            out[2 * k + 1] = even - half;
        }
    }

    double within(std::span<const double>, double, std::size_t) const override { return 0; }

private:
    models::token_response model_;
    grouping groups_;
};

}  // namespace

std::shared_ptr<const load_response> margin_loads(margin_law law) {
    return std::make_shared<margin_response>(std::move(law));
}

}  // namespace moebius
