// SPDX-License-Identifier: MIT
// Follows the curves of one kind through a window of two parameters, each once.
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/bifurcation/critical_curve.hpp>
#include <moebius/continuation/recorder.hpp>
#include <string>
#include <vector>

namespace moebius {

class locus_follower {
public:
    /// All of them must outlive the follower.
    locus_follower(critical_curve& followed, const continuation_options& options,
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
        std::vector<Eigen::VectorXd> points;
        [[nodiscard]] bool passes(const Eigen::VectorXd& u, double max_turn) const;
    };

    bool stand_on(tracer& ahead, const special_point& start);
    stop_reason go(tracer& trace, recorder& rows, way& travelled);
    stop_reason run(tracer& trace, recorder& rows, way& travelled);
    std::optional<Eigen::VectorXd> end_near(Eigen::VectorXd u);
    std::optional<stop_reason> reach_end(tracer& trace, event_finder& events, recorder& rows,
                                         way& travelled);
    void note(const bracket& seen, const event_finder& events, tracer& trace, recorder& rows);
    bool land_on_edge(tracer& trace);
    [[nodiscard]] bool is_outside(const Eigen::VectorXd& u) const;
    [[nodiscard]] bool is_beyond_end(const Eigen::VectorXd& u) const;
    [[nodiscard]] std::optional<stop_reason> leads_out(const curve_point& at) const;

    critical_curve& curve_;
    continuation_options options_;
    const watch& watch_;
    diagram& result_;
    Eigen::Index first_;  ///< coordinate of the first parameter
    std::vector<way> known_;
};

}  // namespace moebius
