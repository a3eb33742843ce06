// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace moebius::detail {

/// Tells when a branch of cycles has come to an orbit of infinite period: the period grows while
/// the parameter and the extremes of the cycle stand still. In a canard explosion, where parameters
/// stand still, too, the extremes do not.
class homoclinic_end {
public:
    /// @param tolerance  of a cycle's period and extremes
    explicit homoclinic_end(double tolerance)  // no less than cycles err
        : still_(std::max(std::min(100 * tolerance, 1e-5), tolerance / 10)),
          alike_(std::max(std::min(1e4 * tolerance, 1e-3), tolerance)) {}

    /// To be asked at each cycle of the branch in turn.
    /// @param parameter  scaled
    /// @param extremes   in state scales
    bool reached(double period, double parameter, std::vector<double> extremes) {
        past_.push_back({period, parameter, std::move(extremes)});
        return stands_still(still_, alike_);
    }
    /// Whether it is near one where the branch cannot be followed on.
    [[nodiscard]] bool nears() const { return !past_.empty() && stands_still(1e-3, 1e-2); }

private:
    static constexpr double growth = 1.25;  // of the period, over which nothing else changes

    struct cycle {
        double period, parameter;
        std::vector<double> extremes;
    };

    [[nodiscard]] bool stands_still(double still, double alike) const {
        const auto& now = past_.back();
        for (std::size_t k = past_.size() - 1; k-- > 0;) {
            const auto& then = past_[k];
            if (std::abs(then.parameter - now.parameter) > still) return false;
            for (std::size_t i = 0; i < now.extremes.size(); ++i)
                if (std::abs(then.extremes[i] - now.extremes[i]) > alike) return false;
            if (then.period < now.period / growth) return true;
        }
        return false;
    }

    double still_, alike_;
    std::vector<cycle> past_;
};

/// Tells when a branch of cycles snakes: it goes on for ever between the same two folds, at each of
/// which its cycles have gone round once more, in the same time. They come to an orbit homoclinic
/// to a cycle of that period, and the folds to where its manifolds are tangent.
/// @source  Krauskopf, Osinga & Galan-Vioque (eds.), Numerical Continuation Methods for Dynamical
///          Systems (2007), chapter 6 (homoclinic orbits to equilibria and cycles)
class repeated_folds {
public:
    /// @param tolerance  of a cycle's period
    explicit repeated_folds(double tolerance) : still_(std::min(100 * tolerance, 1e-5)) {}

    /// @param parameter  scaled
    void add(double period, double parameter) { folds_.push_back({period, parameter}); }
    [[nodiscard]] bool repeat() const {
        if (folds_.size() < turns) return false;
        const auto last = folds_.end() - 1;
        return come_back(last) && come_back(last - 1);
    }

private:
    static constexpr std::size_t turns = 6;    // three at each end
    static constexpr double same_time = 1e-2;  // of two rounds

    struct fold {
        double period, parameter;
    };
    using place = std::vector<fold>::const_iterator;
    /// Whether the last three at one end are at one parameter, the periods apart by as much.
    [[nodiscard]] bool come_back(place now) const {
        const auto &then = *(now - 2), &first = *(now - 4);
        const double round = now->period - then.period, before = then.period - first.period;
        return std::abs(now->parameter - then.parameter) < still_ && round > 0 &&
               std::abs(round - before) < same_time * round;
    }

    double still_;
    std::vector<fold> folds_;
};

/// The same of a curve over two parameters, by where one of them turns: at both ends the turns come
/// to rest, by less each time, and the two places stay apart. In a spiral they come to one point.
class repeated_turns {
public:
    void add(double parameter) { turns_.push_back(parameter); }
    [[nodiscard]] bool repeat() const {
        if (turns_.size() < 2 * rounds) return false;
        const std::size_t last = turns_.size() - 1;
        const double width = turns_[last] - turns_[last - 1];
        const double at_rest = width + left_to_go(last) - left_to_go(last - 1);
        return at_rest / width > 0.5;  // no for what is no number
    }

private:
    static constexpr std::size_t rounds = 4;

    /// How far the turns at one end have yet to go, by Aitken's extrapolation; no number if they do
    /// not come to rest.
    [[nodiscard]] double left_to_go(std::size_t now) const {
        const auto moved = [&](std::size_t ago) {
            return turns_[now - 2 * ago] - turns_[now - 2 * ago - 2];
        };
        for (std::size_t k = 0; k + 2 < rounds; ++k) {
            const double slower = moved(k) / moved(k + 1);
            if (!(slower > 0 && slower < 1)) return std::numeric_limits<double>::quiet_NaN();
        }
        return moved(0) * moved(0) / (moved(1) - moved(0));
    }

    std::vector<double> turns_;
};

}  // namespace moebius::detail
