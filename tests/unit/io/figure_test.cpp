// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/plots.hpp>

#include "catch.hpp"
#include "sample_results.hpp"
#include "scratch_folder.hpp"

using namespace moebius;

TEST_CASE("another ending than svg, png and pdf is refused by name", "[io][error]") {
    CHECK_THROWS_WITH(save_figure(diagram_figure(sample::pitchfork(5)), "f.jpg"),
                      "figure: 'f.jpg' came, but its name must end in .svg, .png or .pdf");
}

TEST_CASE("a figure without a finite point is refused", "[io][error]") {
    figure empty;
    empty.layers.push_back({"",
                            layer_look::solid,
                            layer_color::blue,
                            layer_marker::circle,
                            {std::numeric_limits<double>::quiet_NaN()},
                            {0},
                            {}});

    CHECK_THROWS_WITH(box_of(empty), "figure: no finite point came, but there must be one to draw");
}

TEST_CASE("a diagram shows every stable point solid and every unstable one dashed", "[io]") {
    const auto result = sample::pitchfork(40);

    const auto drawing = diagram_figure(result);

    REQUIRE(drawing.layers.size() == 3);
    CHECK(drawing.layers[0].look == layer_look::solid);
    CHECK(drawing.layers[1].look == layer_look::dashed);
    for (std::size_t i = 0; i < drawing.layers[1].x.size(); ++i)  // one point is shared
        if (drawing.layers[1].x[i] > 2) CHECK(drawing.layers[1].y[i] == 0);
    CHECK(drawing.layers[2].title == "branch point (BP)");
    CHECK(drawing.labels.at(0).text == "BP1");
    CHECK(drawing.x_axis == "feedback κ");
    CHECK(drawing.y_axis == "load gap m = n₁ − n₂");
}

TEST_CASE("the shaded region of a cusp lies between its arms", "[io]") {
    const auto drawing = locus_figure(sample::cusp());

    const auto& region = drawing.layers.at(0);
    REQUIRE(region.look == layer_look::region);
    double area = 0;  // shoelace
    for (std::size_t i = 0, j = region.x.size() - 1; i < region.x.size(); j = i++)
        area += region.x[j] * region.y[i] - region.x[i] * region.y[j];
    // Between the arms, with v = 2u: 2 int 2 (v/2 - sinh(v)/2) d(cosh v) from 0 to 3, sign dropped:
    // int (sinh v - v) 2 sinh v dv = (sinh 2v)/2 - v - 2 v cosh v + 2 sinh v.
    const double v = 3;
    const double exact = std::sinh(2 * v) / 2 - v - 2 * v * std::cosh(v) + 2 * std::sinh(v);
    CHECK_THAT(std::abs(area) / 2, WithinRel(exact, 1e-3));  // 300 chords of a curve of length 25
}

TEST_CASE("each kind of figure file is what its ending says", "[io]") {
    if (gnuplot_version().empty()) return;  // figures are the only thing that needs it
    const scratch_folder folder;
    const auto drawing = locus_figure(sample::cusp());

    for (const auto& [name, start] :
         {std::pair{"f.svg", "<?xml"}, {"f.png", "\x89PNG"}, {"f.pdf", "%PDF"}}) {
        save_figure(drawing, folder / name);
        CHECK(read_file(folder / name).starts_with(start));
    }
    CHECK(read_file(folder / "f.svg").find("feedback κ") != std::string::npos);
    CHECK(folder.files() == 3);
}
