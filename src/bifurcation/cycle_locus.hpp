// SPDX-License-Identifier: MIT
// What the curves of special cycles over two parameters have in common.
#pragma once

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cycle_walk.hpp"

namespace moebius::detail {

constexpr double near_its_start = 0.1;  // scaled distance that a start may have from its curve

/// @tparam Curve  cycle_fold_curve or cycle_multiplier_curve
template <typename Curve>
class cycle_locus : protected cycle_walk<Curve> {
public:
    /// Follows the curve both ways and adds it to the diagram.
    /// @throws invalid_argument if there is none near the start
    void both_ways() {
        if (!begin()) no_curve();
        const Curve there = curve_;
        const curve_point first = trace_.current();
        go_one_way();
        made_.first = made_.last;
        if (made_.last != stop_reason::closed) {
            rows_.turn_back();
            curve_ = there;
            if (!trace_.resume(first.u, -first.tangent)) no_curve();
            this->look_at(trace_.current());
            turned();
            made_.first = this->go();
            rows_.turn_back();
        }
        finish();
    }

protected:
    using cycle_walk<Curve>::curve_;
    using cycle_walk<Curve>::trace_;
    using cycle_walk<Curve>::rows_;

    /// @param columns  besides the two parameters, the period and the extremes
    cycle_locus(diagram& to, Curve followed, std::string kind, const special_point& start,
                const continuation_options& options, const watch& progress,
                const std::vector<std::string>& columns)
        : cycle_walk<Curve>(followed, start.cycle->period, options, progress,
                            column_names(followed, columns)),
          start_(start),
          made_(new_branch(to, kind, start.label, followed.base())),
          result_(to) {
        made_.turn = followed.turn();
    }

    /// The unknowns near the start; empty if there are none.
    [[nodiscard]] virtual Eigen::VectorXd guess() = 0;
    /// The row of the place that was last looked at.
    [[nodiscard]] virtual std::vector<double> row_at(const Eigen::VectorXd& u) = 0;
    /// Before the second way.
    virtual void turned() {}

    /// A row but for the columns of its kind.
    [[nodiscard]] std::vector<double> facts(const problem& at, const piecewise& values,
                                            double period) const {
        std::vector<double> row;
        for (const std::size_t k : curve_.free()) row.push_back(at.parameters[k]);
        row.push_back(period);
        const auto extremes = cycle_extremes(at, values, period);
        row.insert(row.end(), extremes.begin(), extremes.end());
        return row;
    }

    void row(const walk& /*along*/, const curve_point& at, std::vector<double>& to) override {
        this->remember(at.u);
        to = row_at(at.u);
    }

    /// Puts the tracer on the curve, to go the way on which the first parameter rises.
    /// @return false if there is none near the start
    [[nodiscard]] bool begin() {
        const Eigen::VectorXd from = guess();  // a torus has the cosine, too
        return from.size() > 0 &&
               begin(from, Eigen::VectorXd::Unit(from.size(), curve_.coordinate(0)));
    }
    /// The same, to go the way of a direction.
    [[nodiscard]] bool begin(const Eigen::VectorXd& towards) { return begin(guess(), towards); }
    [[nodiscard]] bool begin(const Eigen::VectorXd& from, const Eigen::VectorXd& towards) {
        return from.size() > 0 && curve_.adapt(from) && trace_.start(from, towards) &&
               (trace_.current().u - from).norm() < near_its_start && this->rebase();
    }
    void go_one_way() {
        rows_.add_row(0, row_at(trace_.current().u));
        made_.last = this->go();
    }
    void finish() { rows_.finish(std::move(made_), result_); }

    special_point start_;
    branch made_;

private:
    [[noreturn]] void no_curve() const {
        throw invalid_argument("locus", fmt::format("{} came as a start", start_.label),
                               fmt::format("no {} is near it", made_.kind));
    }

    static std::vector<std::string> column_names(const Curve& of,
                                                 const std::vector<std::string>& more) {
        std::vector<std::string> names;
        for (const std::size_t k : of.free())
            names.emplace_back(of.base().model->parameters()[k].name);
        names.emplace_back("period");
        for (auto& name : extreme_names(*of.base().model)) names.push_back(std::move(name));
        names.insert(names.end(), more.begin(), more.end());
        return names;
    }

    diagram& result_;
};

}  // namespace moebius::detail
