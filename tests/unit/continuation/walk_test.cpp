// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch.hpp>
#include <cmath>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/continuation/walk.hpp>
#include <string>
#include <vector>

using namespace moebius;
using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::VectorXd;

namespace {

/// (x - centre)^2 + sign y^2 = level: a circle, or a hyperbola.
struct conic final : dense_curve {
    double centre = 0, sign = 1, level = 1;
    bool gives_numbers_on_edge = true;

    conic() : dense_curve(2) {}

    void evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) override {
        const double a = u[0] - centre, b = u[1];
        f[0] = a * a + sign * b * b - level;
        if (u[0] == 0 && !gives_numbers_on_edge) f[0] = std::nan("");
        df << 2 * a, 2 * sign * b;
    }
};

/// y = 0.
struct straight final : dense_curve {
    std::size_t evaluations = 0;

    straight() : dense_curve(2) {}

    void evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) override {
        ++evaluations;
        f[0] = u[1];
        df << 0, 1;
    }
};

/// Writes down what it is told; the window is that of the first coordinate.
struct written final : walk_kind {
    std::vector<test_function> watched;
    std::vector<VectorXd> met, ends;
    std::function<std::optional<stop_reason>(walk&)> after_each_row;
    bool has_ends = true;

    window inside() const override { return {0, 1}; }
    std::vector<test_function> tests() override { return watched; }
    void row(const walk& /*along*/, const curve_point& at, std::vector<double>& to) override {
        to = {at.u[0], at.u[1]};
    }
    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        if (const auto at = along.locate(seen)) met.push_back(at->u);
        return std::nullopt;
    }
    bool end(walk& along, double arc, const curve_point& at) override {
        if (!has_ends) return false;
        ends.push_back(at.u);
        std::vector<double> last;
        row(along, at, last);
        along.rows().add_row(arc, last);
        return true;
    }
    std::optional<stop_reason> kept(walk& along, bool /*goes_on*/) override {
        return after_each_row ? after_each_row(along) : std::nullopt;
    }
};

struct outcome {
    stop_reason why;
    table rows;
};

outcome followed(curve& on, walk_kind& kind, const Vector2d& from, const Vector2d& towards,
                 const continuation_options& options = {}, const watch& progress = {}) {
    tracer trace(on, options);
    REQUIRE(trace.start(from, towards));
    recorder rows(std::vector<std::string>{"x", "y"});
    rows.add_row(0, std::vector<double>{from[0], from[1]});
    const auto why = walk(kind, trace, rows, options, progress).go();
    diagram result;
    rows.finish({}, result);
    return {why, result.branches[0].columns};
}

conic circle(double centre, double radius) {
    conic on;
    on.centre = centre;
    on.level = radius * radius;
    return on;
}

test_function height(double y, point_type type = point_type::LP) {
    return {type, [y](const curve_point& at) { return at.u[1] - y; }};
}

}  // namespace

TEST_CASE("a closed curve is followed once around, past its first point", "[walk][oracle]") {
    conic on = circle(5, 2);
    written kind;
    kind.watched = {height(0.01), height(-0.01)};

    const auto [why, rows] = followed(on, kind, {7, 0}, {0, 1});

    CHECK(why == stop_reason::closed);
    CHECK(kind.ends.empty());
    CHECK(kind.met.size() == 4);  // that just before the first point, and that just after it once
    const auto& y = rows.columns[1];
    CHECK(y[y.size() - 2] < 0);
    CHECK(y.back() == Approx(0).margin(1e-3));  // a chord's error
    const auto laps = 4 * std::acos(-1.0) / static_cast<double>(y.size());
    CHECK(laps < 0.1);  // steps of at most 0.1
    CHECK(laps > 0.05);
}

TEST_CASE("a curve that crosses itself the other way is not closed there", "[walk][property]") {
    conic on;  // the cross x = y, x = -y around (10, 0), followed along one line
    on.centre = 10;
    on.sign = -1;
    on.level = 0;
    written kind;

    const auto [why, rows] = followed(on, kind, {9, -1}, {1, 1});

    CHECK(why == stop_reason::range_end);
    CHECK(kind.ends.at(0).isApprox(Vector2d(20, 10), 1e-12));
}

TEST_CASE("a walk lands on the window's edge", "[walk][oracle]") {
    conic on = circle(0.5, 1);  // x = 0 at y = sqrt(3) / 2
    written kind;

    const auto [why, rows] = followed(on, kind, {1.5, 0}, {0, 1});

    CHECK(why == stop_reason::range_end);
    REQUIRE(kind.ends.size() == 1);
    CHECK(kind.ends[0][0] == 0);
    CHECK(kind.ends[0][1] == Approx(std::sqrt(0.75)).epsilon(1e-14));

    kind.has_ends = false;  // then the row itself stands on the edge
    const auto plain = followed(on, kind, {1.5, 0}, {0, 1}).rows;
    CHECK(plain.columns[0].back() == 0);
    CHECK(plain.rows() == rows.rows());
}

TEST_CASE("a walk that starts outwards from the edge has nothing to follow", "[walk][edge]") {
    conic on = circle(0.5, 1);
    written kind;
    const Vector2d at{0, std::sqrt(0.75)};

    const auto out = followed(on, kind, at, {-1, 0});
    CHECK(out.why == stop_reason::range_end);
    CHECK(out.rows.rows() == 1);
    CHECK(kind.ends.empty());

    CHECK(followed(on, kind, at, {1, 0}).rows.rows() > 10);
}

TEST_CASE("where nothing can land on the edge a walk ends as near to it as steps go",
          "[walk][edge]") {
    conic on = circle(0.5, 1);
    on.gives_numbers_on_edge = false;
    written kind;
    continuation_options options;
    options.min_step = 1e-6;

    const auto [why, rows] = followed(on, kind, {1.5, 0}, {0, 1}, options);

    CHECK(why == stop_reason::range_end);
    REQUIRE(kind.ends.size() == 1);
    CHECK(kind.ends[0][0] > 0);
    CHECK(kind.ends[0][0] < 4e-6);
}

TEST_CASE("events are met once each, hidden pairs too", "[walk][oracle]") {
    conic on = circle(10, 2);
    written kind;
    kind.watched = {height(1), height(1.9999)};

    CHECK(followed(on, kind, {12, 0}, {0, 1}).why == stop_reason::closed);

    REQUIRE(kind.met.size() == 4);
    for (const auto& u : kind.met) CHECK(std::abs(u[1] - 1) * std::abs(u[1] - 1.9999) < 1e-12);
}

TEST_CASE("a long step is looked at once where its middle is what its ends foretell",
          "[walk][property]") {
    straight on;
    written kind;
    kind.watched = {{point_type::LP, [](const curve_point& at) { return 30 - at.u[0]; }}};

    const auto [why, rows] = followed(on, kind, {0, 0}, {1, 0}, {.max_step = 8});

    CHECK(why == stop_reason::range_end);
    CHECK(kind.met.empty());
    CHECK(rows.columns[0].back() == 20);
    const std::size_t start = 4, edge = 3;  // linearizations there: a landing looks twice
    CHECK(on.evaluations <= start + edge + 2 * rows.rows());
}

TEST_CASE("a pair of events that shows half-way along a long step is found", "[walk][oracle]") {
    const double width = 0.55;  // they are farther apart than the shortest places
    const double centre = GENERATE(range(1.3, 19.0, 0.7));
    straight on;
    written kind;
    kind.watched = {{point_type::LP, [=](const curve_point& at) {  // zero at centre -+ width
                         const double away = (at.u[0] - centre) / width;
                         return 1 - 2 / (1 + away * away);
                     }}};

    CHECK(followed(on, kind, {0, 0}, {1, 0}, {.max_step = 8}).why == stop_reason::range_end);

    CAPTURE(centre);
    REQUIRE(kind.met.size() == 2);
    CHECK(kind.met[0][0] == Approx(centre - width).epsilon(1e-12));
    CHECK(kind.met[1][0] == Approx(centre + width).epsilon(1e-12));
}

TEST_CASE("a walk ends at the first stop, and meets nothing beyond it", "[walk][oracle]") {
    conic on = circle(10, 2);
    written kind;
    // All within one step of 0.1, near height 1.
    kind.watched = {height(1.02), height(1.01, point_type::EP), height(1.0)};
    continuation_options options;
    for (const double step : {0.05, 0.1, 0.4}) {
        options.max_step = step;
        kind.met.clear();
        kind.ends.clear();

        const auto [why, rows] = followed(on, kind, {12, 0}, {0, 1}, options);

        CHECK(why == stop_reason::stop_event);
        REQUIRE(kind.met.size() == 1);
        CHECK(kind.met[0][1] == Approx(1.0).epsilon(1e-12));
        REQUIRE(kind.ends.size() == 1);
        CHECK(kind.ends[0][1] == Approx(1.01).epsilon(1e-12));
        CHECK(rows.columns[1].back() == kind.ends[0][1]);
    }
}

TEST_CASE("a stop that hides within a step ends the rows there", "[walk][oracle]") {
    conic on = circle(10, 2);
    written kind;
    const double top = 2 - 1e-6;
    kind.watched = {height(top, point_type::EP)};

    const auto [why, rows] = followed(on, kind, {12, 0}, {0, 1});

    CHECK(why == stop_reason::stop_event);
    CHECK(kind.ends.at(0)[1] == Approx(top).epsilon(1e-12));
    CHECK(kind.ends[0][0] > 10);
    for (const double x : rows.columns[0]) CHECK(x >= kind.ends[0][0]);
}

TEST_CASE("a jump over the gap of an imperfect crossing is taken back", "[walk][property]") {
    conic on;  // two branches of a hyperbola, 2e-4 apart at (10, 0)
    on.centre = 10;
    on.sign = -1;
    on.level = 1e-8;
    written kind;

    const auto [why, rows] = followed(on, kind, {12, 2}, {-1, -1});

    CHECK(why == stop_reason::range_end);
    for (const double x : rows.columns[0]) CHECK(x > 10);  // never on the other branch
    CHECK(kind.ends.at(0)[1] == Approx(-10).epsilon(1e-6));
}

TEST_CASE("a walk stops within a step when its watch asks", "[walk][error]") {
    conic on = circle(10, 2);
    written kind;
    std::atomic<bool> stop = false;
    watch impatient;
    impatient.stop = &stop;
    std::size_t steps = 0;
    kind.after_each_row = [&](walk&) {
        stop = ++steps == 3;
        return std::nullopt;
    };

    std::size_t told = 0;
    impatient.report = [&](std::size_t done, std::size_t total) {
        told += done;
        CHECK(total == 0);
    };

    const auto [why, rows] = followed(on, kind, {12, 0}, {0, 1}, {}, impatient);

    CHECK(why == stop_reason::stopped);
    CHECK(steps == 3);
    CHECK(told == 3);
    CHECK(rows.rows() >= 4);  // what was followed is kept
}

TEST_CASE("a walk keeps to the points it was allowed", "[walk][edge]") {
    conic on = circle(10, 2);
    written kind;
    continuation_options options;
    options.max_points = 7;

    const auto [why, rows] = followed(on, kind, {12, 0}, {0, 1}, options);

    CHECK(why == stop_reason::max_points);
    CHECK(rows.rows() == 7);
}

TEST_CASE("a rebase in the middle of a curve loses no event and no arclength", "[walk][property]") {
    conic on = circle(10, 2);
    written kind;
    kind.watched = {height(1), height(1.9999)};
    double arc = 0;
    kind.after_each_row = [&](walk& along) -> std::optional<stop_reason> {
        const curve_point here = along.trace().current();
        CHECK(along.arc() > arc);
        arc = along.arc();
        if (!along.trace().start(here.u, here.tangent)) return stop_reason::step_too_small;
        along.rebased();
        return std::nullopt;
    };

    CHECK(followed(on, kind, {12, 0}, {0, 1}).why == stop_reason::closed);

    CHECK(kind.met.size() == 4);                              // two hide within a step
    CHECK(arc == Approx(4 * std::acos(-1.0)).epsilon(0.02));  // once around and a step
}
