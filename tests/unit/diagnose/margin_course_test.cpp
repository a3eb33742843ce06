// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/diagnose/margin.hpp>
#include <moebius/diagnose/margin_course.hpp>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

TEST_CASE("the course of a margin is empty where the layer had collapsed", "[diagnose]") {
    std::mt19937_64 random(5);
    log_head head;
    head.experts = 4;
    layer_margin layer(head);
    margin_course course;
    load_record record;
    for (record.step = 1; record.step <= 1200; ++record.step) {
        const auto counts = drawn({record.step <= 600 ? 0.0 : 9.0, 0, 0, 0}, 512, random);
        record.loads = counts;
        layer.take(record);
        course.take(layer, record.step);
    }
    REQUIRE(layer.result().verdict == load_verdict::collapsed);
    const auto rows = course.rows(layer.result());
    REQUIRE_FALSE(rows.empty());
    CHECK(rows.back().step == 1200);
    int told = 0;
    for (const auto& row : rows) {
        const bool has_margin = !std::isnan(row.nearest.value);
        CHECK((!has_margin || row.step < 800));  // the window of loads is that of the verdict
        told += has_margin ? 1 : 0;
    }
    CHECK(told > 0);
    CHECK(std::isnan(rows.back().nearest.value));
}

TEST_CASE("the course of a margin has few rows and ends at what is told", "[diagnose]") {
    const auto counts = loop_counts(4, 512, {.feedback = 1, .step = 0.05}, 1700, 1);
    layer_margin layer(head_of(4, 1));
    margin_course course;
    CHECK(course.rows(layer.result()).empty());
    load_record record;
    for (const auto& step : counts) {
        ++record.step;
        record.loads = step;
        layer.take(record);
        course.take(layer, record.step);
    }
    const auto told = layer.result();
    const auto rows = course.rows(told);
    REQUIRE(rows.size() > margin_course::most_rows / 4);
    CHECK(rows.size() <= margin_course::most_rows);
    CHECK(rows.back().step == 1700);
    CHECK(rows.back().nearest.value == told.margins[0].value);
    for (std::size_t i = 0; i + 1 < rows.size(); ++i)  // 64 of every 16th reach to step 1024
        CHECK(rows[i].step % 32 == 0);
    // noise dies down
    const auto width = [](const auto& row) { return row.nearest.high - row.nearest.low; };
    CHECK(width(rows.back()) < width(rows.front()));
}
