// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/plots.hpp>

#include <moebius/io/json_file.hpp>
#include <random>
#include <set>

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
    // Cells of the raster, up to one of 384 beyond the curve: some 900 of 60,000.
    CHECK_THAT(std::abs(area) / 2, WithinRel(exact, 0.015));
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

TEST_CASE("figures of one name are panels of one picture, others have files of their own", "[io]") {
    if (gnuplot_version().empty()) return;
    const scratch_folder folder;
    auto first = diagram_figure(sample::pitchfork(5)), second = locus_figure(sample::cusp());
    first.title = "upper";
    second.title = "lower";

    CHECK(save_figures(std::vector<named_figure>{{"", first}, {"", second}}, folder / "f.svg") ==
          std::vector{folder / "f.svg"});
    const auto both = read_file(folder / "f.svg");
    CHECK(both.find("upper") < both.find("lower"));
    CHECK(both.find("lower") != std::string::npos);
    CHECK(save_figures(std::vector<named_figure>{{"a", first}, {"b", second}}, folder / "g.svg") ==
          std::vector{folder / "g-a.svg", folder / "g-b.svg"});
    save_figure(first, folder / "alone.svg");
    CHECK(read_file(folder / "alone.svg") == read_file(folder / "g-a.svg"));
    CHECK(folder.files() == 4);
}

namespace {

/// A figure with this text at each place that a figure has for one.
figure with_texts(const std::string& text) {
    figure out{text, text, text, {}, {{text, 0.5, 0.5}}, {}};
    out.layers.push_back({text, layer_look::solid, {}, {}, {0, 1}, {0, 1}, {}, false});
    return out;
}

/// The texts of an SVG, as a reader of XML gives them.
std::vector<std::string> texts_of(const std::string& svg) {
    std::vector<std::string> out;
    const std::string from = "<text>", to = "</text>";
    for (auto at = svg.find(from); at != svg.npos; at = svg.find(from, at)) {
        at += from.size();
        auto text = svg.substr(at, svg.find(to, at) - at);
        const std::pair<const char*, const char*> codes[] = {
            {"&lt;", "<"}, {"&gt;", ">"}, {"&#x26;", "&"}, {"&amp;", "&"}};
        for (const auto& [code, meaning] : codes)
            for (auto i = text.find(code); i != text.npos; i = text.find(code, i + 1))
                text.replace(i, std::strlen(code), meaning);
        out.push_back(text);
    }
    return out;
}

/// How often the figure's SVG shows a text.
std::ptrdiff_t times_shown(const std::string& text, const figure& drawing) {
    const scratch_folder folder;
    save_figure(drawing, folder / "f.svg");
    CHECK(folder.files() == 1);
    const auto texts = texts_of(read_file(folder / "f.svg"));
    return std::count(texts.begin(), texts.end(), text);
}

}  // namespace

TEST_CASE("every text of a figure is shown as it is", "[io][property]") {
    if (gnuplot_version().empty()) return;
    const std::string parts[] = {"`", "$(", ")",   "'", "''", "\"",  "\\", "@a", "%",     "{", "}",
                                 "^", "_",  "#",   "!", ";",  "END", "|",  "&",  "&#x0;", "<", ">",
                                 "~", "/",  "\\n", "$", "é",  "κ",   "[",  "a",  "\\U+41"};
    std::mt19937 random(1);
    for (int trial = 0; trial < 12; ++trial) {
        std::string text;
        for (int part = 0; part < 12; ++part) text += parts[random() % std::size(parts)];
        CAPTURE(text);
        CHECK(times_shown(text, with_texts(text)) == 5);  // title, two axes, legend, label
    }
}

TEST_CASE("what no line of text may hold is shown as U+FFFD, and a long text is cut", "[io]") {
    if (gnuplot_version().empty()) return;
    const std::string unknown = "\xef\xbf\xbd";
    CHECK(times_shown("a" + unknown + "!touch b", with_texts("a\n!touch b")) == 5);
    CHECK(times_shown("a" + unknown + "b", with_texts("a\xff"
                                                      "b")) == 5);  // no UTF-8
    CHECK(times_shown("a" + unknown + unknown + "b", with_texts("a\xc0\xa7"
                                                                "b")) == 5);  // a long quote
    CHECK(times_shown("a" + unknown, with_texts("a\xe2\x82")) == 5);          // cut off
    CHECK(times_shown("a" + unknown + "b", with_texts("a\xe2\x80\xae"
                                                      "b")) == 5);  // turns round
    CHECK(times_shown("a" + unknown + "b", with_texts(std::string("a\0b", 3))) == 5);
    std::string shown;
    for (int i = 0; i < 160; ++i) shown += "é";
    CHECK(times_shown(shown + "…", with_texts(shown + std::string(1'000'000, 'x'))) == 5);
}

TEST_CASE("a figure's cost is that of what is in view", "[io]") {
    if (gnuplot_version().empty()) return;
    const scratch_folder folder;
    const double far = GENERATE(1e12, 1e300, 1.7e308);
    figure drawing{"", "", "", {}, {{"near", 0.5, 0.5}, {"far", far, far}}, {}};
    drawing.layers.push_back({"", layer_look::solid, {}, {}, {0, far, 1}, {0, far, 0}, {}, false});
    drawing.layers.push_back(
        {"", layer_look::points, {}, {}, {0, far}, {0, far}, {far, far}, false});
    drawing.view = {0, 1, 0, 1};

    save_figure(drawing, folder / "f.svg");

    const auto picture = read_file(folder / "f.svg");
    CHECK(picture.size() < 50'000);
    CHECK(picture.find("near") != picture.npos);
    CHECK(picture.find("far") == picture.npos);
}

TEST_CASE("an axis that no number can span, parts that do not fit, an empty view are refused",
          "[io][error]") {
    const auto line = [](std::vector<double> x, std::vector<double> y) {
        figure out;
        out.layers.push_back({"l", layer_look::solid, {}, {}, x, y, {}, false});
        return out;
    };
    CHECK_THROWS_WITH(save_figure(line({-1e308, 1e308}, {0, 1}), "f.svg"),
                      "figure: x runs from -1e+308 to 1e+308, but an axis takes numbers up to "
                      "1e+300");
    CHECK_THROWS_WITH(save_figure(line({0, 1, 2}, {0, 1}), "f.svg"),
                      "figure: 'l' has 3 x, 2 y and 0 errors, but there must be as many of each");
    auto away = line({0, 1}, {0, 1});
    away.view = {5, 6, 5, 6};
    CHECK_FALSE(has_points(away));
    CHECK_THROWS_WITH(save_figure(away, "f.svg"),
                      "figure: no line or point lies in its frame, but there must be one to draw");
}

TEST_CASE("a picture has no more layers and labels than it has room for", "[io][error]") {
    figure drawing;
    drawing.layers.push_back({"l", layer_look::solid, {}, {}, {0, 1}, {0, 1}, {}, false});
    drawing.labels.assign(600, {"label", 0.5, 0.5});
    if (!gnuplot_version().empty()) CHECK(times_shown("label", drawing) == 500);

    drawing.layers.resize(501, drawing.layers.front());
    CHECK_THROWS_WITH(save_figure(drawing, "f.svg"),
                      "figure: it has 501 layers, but a picture takes 500");
}

TEST_CASE("each type of special point has a marker of its own", "[io]") {
    auto result = sample::cusp();
    for (const auto type :
         {point_type::BP, point_type::LP, point_type::HB, point_type::PD, point_type::NS,
          point_type::LPC, point_type::BT, point_type::GH, point_type::ZH, point_type::HH})
        result.data.special_points.push_back(sample::at_pitchfork("point", type, 1, 5));

    std::set<layer_marker> markers;
    for (const auto& layer : locus_figure(result).layers)
        if (layer.look == layer_look::points) markers.insert(layer.marker);

    CHECK(markers.size() == 11);
}

TEST_CASE("a figure of what a file holds never reads beyond it", "[io][error]") {
    auto result = sample::cusp(3);
    SECTION("a row that is not there") {
        result.data.special_points.at(0).row = GENERATE(7U, std::size_t(-1));
        CHECK_THROWS_WITH(locus_figure(result),
                          ContainsSubstring("special point 'CP1': its row is ") &&
                              ContainsSubstring(", but branch 1 has 7 rows"));
    }
    SECTION("columns of different length") {
        result.data.branches.at(0).columns.columns.at(1).pop_back();
        CHECK_THROWS_WITH(locus_figure(result),
                          "/branches/0/columns: column 'bias' has 6 rows, but the first has 7");
    }
    SECTION("no columns") {
        result.data.branches.at(0).columns = {};
        CHECK_THROWS_WITH(locus_figure(result),
                          "/branches/0/columns: it has 0 columns, but its figure needs one more");
    }
    SECTION("a branch that is not drawn, far off all others, with a cusp") {
        auto other = result.data.branches.at(0);
        other.kind = "unknown";
        other.id = 2;
        for (auto& column : other.columns.columns)
            for (double& value : column) value = -1e9 + 1e8 * value;
        result.data.branches.push_back(other);
        result.data.special_points.push_back(sample::at_pitchfork("CP2", point_type::CP, 2, 3));
        CHECK(locus_figure(result).layers.size() == 3);  // the region, the folds, the cusps
    }
    SECTION("numbers that are none") {
        auto& x = result.data.branches.at(0).columns.columns.at(0);
        x.at(GENERATE(0U, 6U)) = GENERATE(std::numeric_limits<double>::infinity(),
                                          std::numeric_limits<double>::quiet_NaN());
        CHECK(locus_figure(result).layers.size() == 3);  // the counts still say where
    }
    SECTION("a vertical line") {
        for (double& x : result.data.branches.at(0).columns.columns.at(0)) x = 1;
        CHECK(locus_figure(result).layers.size() == 3);
    }
    SECTION("no counts") {
        result.data.stable = {};
        CHECK(locus_figure(result).layers.size() == 2);  // no region
    }
}

TEST_CASE("a figure of tables that lack something says what, and where", "[io][error]") {
    result_document grid{sample::heading(grid_schema), {}};
    grid.sections.push_back({"grid", table{{"stable_states"}, {{1, 2, 3}}}});
    CHECK_THROWS_WITH(figures_of(grid), "/grid: it has 1 columns, but its figure needs one more");

    result_document compared{sample::heading(compare_schema), {}};
    compared.sections.push_back({"folds", table{{"router", "feedback", "bias"}, {{0}, {1}, {1}}}});
    compared.sections.push_back({"comparison", table{{"router", "judged"}, {{0, 1}, {0, 0}}}});
    compared.sections.push_back({"routers", std::vector<std::string>{"one"}});
    CHECK_THROWS_WITH(figures_of(compared), "/routers: it has 1 names, but /comparison has 2 rows");
}

TEST_CASE("a jump is marked at the sample nearest to it, of its own direction", "[io]") {
    result_document sweep{sample::heading(sweep_schema), {}};
    sweep.sections.push_back(
        {"samples", table{{"direction", "bias", "x"},
                          {{1, 1, 1, -1, -1, -1}, {0, 1, 2, 2, 1, 0}, {10, 11, 12, 22, 21, 20}}}});
    sweep.sections.push_back(
        {"jumps", table{{"direction", "bias"}, {{1, 1, -1, -1, 1}, {1.4, 9, 0.6, -9, 0.5}}}});

    const auto drawing = figures_of(sweep).at(0).drawing;

    REQUIRE(drawing.layers.size() == 3);
    CHECK(drawing.layers[2].y == std::vector<double>{11, 12, 21, 20, 10});  // of two, the first
}
