// SPDX-License-Identifier: MIT
#include "summary.hpp"

#include <catch.hpp>
#include <cmath>
#include <string>

using namespace moebius;

TEST_CASE("a label that is not solved to its digits says so", "[summary]") {
    diagram_document result;
    result.heading.schema = diagram_schema;
    branch curve;
    curve.columns = {{"b"}, {{7.5}}};
    result.data.branches.push_back(curve);
    for (const double residual : {1e-12, 0.28}) {
        special_point point;
        point.type = point_type::PD;
        point.label = residual < 1e-3 ? "PD1" : "PD2";
        point.parameter_names = {"b"};
        point.parameters = {7.5};
        point.state = {1};
        point.residual = residual;
        result.data.special_points.push_back(point);
    }
    const std::string text = cli::summary_of(result);
    const auto second = text.find("PD2");
    REQUIRE(second != std::string::npos);
    CHECK(text.substr(0, second).find("residual") == std::string::npos);
    CHECK(text.find(", residual 2.8e-01", second) != std::string::npos);
}

TEST_CASE("rows whose multipliers say nothing are counted", "[summary]") {
    diagram_document result;
    result.heading.schema = diagram_schema;
    branch curve;
    curve.id = 1;
    curve.kind = "cycle";
    curve.columns = {{"b", "accuracy"}, {{1, 2, 3}, {1e-9, NAN, 0.5}}};
    result.data.branches.push_back(curve);
    CHECK(cli::summary_of(result).find("branch 1: multipliers are not resolved in 2 of 3 rows") !=
          std::string::npos);
    result.data.branches[0].columns.columns[1] = {1e-9, 1e-8, 0};
    CHECK(cli::summary_of(result).find("not resolved") == std::string::npos);
}
