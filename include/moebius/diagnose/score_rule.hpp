// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <moebius/diagnose/score_rounding.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace moebius {

/// How the changes of logged scores go with loads. The rules that are known make a step's change of
/// the loads that the step itself had: feedback n - decay s, -gain n - leak b, -u sign(n - 1/E),
/// and sums of these. So changes are regressed on loads, their signs and the scores, with an
/// intercept of each expert, of loads some steps apart.
class score_rule {
public:
    explicit score_rule(std::size_t experts);

    /// @param shares, scores  (E) of the step, its scores before they follow the loads, or behind
    void take(std::int64_t step, std::span<const double> shares, std::span<const double> scores);

    /// What a change gains per unit of load, of its sign and of score, with standard errors.
    struct relation {
        int after = 0;  ///< steps from scores before the change to the loads that it is made of
        double of = 0;  ///< part of the changes' squares that it makes
        Eigen::Vector3d gains{0, 0, 0}, errors{0, 0, 0};
        /// Whether a gain is told: of what rests, or moves as another does, none is.
        std::array<bool, 3> known{};
        /// Squares and products of loads, signs and scores over the changes' squares.
        Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
        /// Of own(): the part of each expert whose scores move.
        std::vector<std::pair<std::size_t, double>> experts{};
    };
    /// Of the loads by which most is made, of the step's own or, as scores may be logged behind
    /// their change, of the next; empty before there are 200 changes, where half of the steps have
    /// none, or where rounding of the scores may make what is seen of them.
    [[nodiscard]] std::optional<relation> own() const;
    /// The same of loads that are further apart.
    [[nodiscard]] relation apart() const;

private:
    static constexpr int reach = 4;  ///< steps before the loads of the step, and behind the next
    static constexpr std::size_t lags = 2 * reach + 2;
    using array = Eigen::ArrayXd;
    struct row {
        array loads, signs, scores;
    };
    struct sums {
        array n, s, nn, ns, ss, dn, ds, zn, zs;  ///< (E), of the loads of that lag
    };
    struct products;
    void add();
    [[nodiscard]] products products_of(std::size_t lag) const;
    [[nodiscard]] double rounding() const;
    void find_experts(relation& of) const;
    [[nodiscard]] relation at(std::size_t lag) const;
    [[nodiscard]] relation best(std::size_t from, std::size_t to) const;

    std::size_t experts_;
    std::deque<row> rows_;  ///< that follow each other, less the first of all
    std::optional<row> first_;
    std::int64_t last_ = 0;
    double steps_ = 0, moved_ = 0;
    score_rounding rounding_;
    array raw_;  ///< squares of scores
    array d_, z_, dd_, zz_, dz_;
    std::array<sums, lags> lags_;
};

}  // namespace moebius
