// SPDX-License-Identifier: MIT
// Follows the curves of one kind through a window of two parameters, each once.
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/bifurcation/bifurcation_curve.hpp>
#include <moebius/continuation/walk.hpp>
#include <string>
#include <vector>

namespace moebius {

class locus_follower final : private walk_kind {
public:
    /// All of them must outlive the follower.
    locus_follower(bifurcation_curve& followed, const continuation_options& options,
                   const watch& progress, diagram& result)
        : curve_(followed),
          options_(options),
          watch_(progress),
          result_(result),
          first_(static_cast<Eigen::Index>(followed.units().states())) {}

    /// Follows the curve through a point both ways, unless it is known.
    /// @return false if there is no such curve near the point
    bool follow(const special_point& start, const std::string& from);

private:
    /// A curve that has been followed, for telling whether a start lies on it.
    struct way {
        std::vector<Eigen::VectorXd> points;  ///< states and free parameters
        std::vector<double> rates;            ///< bifurcation_curve::rate
        void add(const bifurcation_curve& of, const Eigen::VectorXd& u);
        [[nodiscard]] bool passes(const Eigen::VectorXd& u, double rate, double max_turn) const;
    };

    bool stand_on(tracer& ahead, const special_point& start);
    stop_reason go(tracer& trace, recorder& rows);
    std::optional<Eigen::VectorXd> end_near(const bifurcation_curve::end& end, Eigen::VectorXd u);
    std::optional<stop_reason> reaches(const bifurcation_curve::end& end, walk& along);

    [[nodiscard]] window inside() const override { return {first_, 2}; }
    [[nodiscard]] std::vector<test_function> tests() override;
    void row(const walk& along, const curve_point& at, std::vector<double>& to) override;
    std::optional<stop_reason> meet(walk& along, const bracket& seen) override;
    std::optional<stop_reason> overruns(walk& along) override;
    [[nodiscard]] std::optional<stop_reason> left_box(walk& along) const;
    [[nodiscard]] bool leads_out(const curve_point& at) const;
    [[nodiscard]] bool holds(const curve_point& at) override { return curve_.holds_at(at.u); }
    std::optional<stop_reason> kept(walk& along, bool goes_on) override;

    bifurcation_curve& curve_;
    continuation_options options_;
    const watch& watch_;
    diagram& result_;
    Eigen::Index first_;  ///< coordinate of the first parameter
    std::vector<way> known_;
    way travelled_;  ///< of the curve that is being followed
};

}  // namespace moebius
