// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/json_file.hpp>

#include "catch.hpp"
#include "sample_results.hpp"
#include "scratch_folder.hpp"

using namespace moebius;

namespace {

using limits = std::numeric_limits<double>;

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
    std::vector<std::uint64_t> out;
    for (const double value : values) out.push_back(std::bit_cast<std::uint64_t>(value));
    return out;
}

/// Doubles of all magnitudes, by their bits (xorshift); never NaN or infinite.
std::vector<double> doubles_of_all_sizes(std::size_t count) {
    std::vector<double> out{0.0,
                            -0.0,
                            1.0,
                            0.1,
                            -1e23,
                            9007199254740993.0,
                            limits::denorm_min(),
                            limits::min(),
                            limits::max(),
                            -limits::max(),
                            limits::epsilon()};
    std::uint64_t state = 88172645463325252u;
    while (out.size() < count) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if (const double value = std::bit_cast<double>(state); std::isfinite(value))
            out.push_back(value);
    }
    return out;
}

std::string sentence_of(const std::filesystem::path& path) {
    try {
        (void)read_diagram(path);
    } catch (const error& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a diagram reads back bit for bit", "[io][property]") {
    const scratch_folder folder;
    auto written = sample::pitchfork(50);
    auto& curve = written.data.branches[1];
    curve.columns.columns[1] = doubles_of_all_sizes(2000);
    for (auto& column : curve.columns.columns) column.resize(2000, 0.3);
    curve.columns.columns[4].assign(2000, 1);  // whether it is stable
    written.data.special_points[0].eigenvalues = {{limits::denorm_min(), -0.0}, {1.0 / 3, -1e300}};

    curve.groups = split(one_group(9), 0, 2);
    curve.copies = 36;
    written.data.special_points[0].groups = curve.groups;
    written.data.special_points[0].cycle = orbit{
        .period = 1.0 / 3, .degree = 2, .times = {0, 0.25, 1}, .states = doubles_of_all_sizes(12)};

    written.data.special_points[0].proof = certificate{limits::epsilon(), ""};
    for (const char* label : {"BP2", "BP3"})
        written.data.special_points.push_back(sample::at_pitchfork(label, point_type::BP, 1, 0));
    written.data.special_points[1].proof = certificate{0, "it is a point of a cycle"};

    write_file(folder / "d.json", to_json(written));
    const auto read = read_diagram(folder / "d.json");

    CHECK(read.data.special_points[0].proof->radius == limits::epsilon());
    CHECK(read.data.special_points[1].proof->refusal == "it is a point of a cycle");
    CHECK_FALSE(read.data.special_points[2].proof);
    REQUIRE(read.data.branches.size() == 3);
    CHECK(read.data.branches[1].groups == curve.groups);
    CHECK(read.data.branches[1].copies == 36);
    const auto& cycle = read.data.special_points[0].cycle;
    REQUIRE(cycle);
    CHECK(read.data.special_points[0].groups == curve.groups);
    CHECK(bits(cycle->states) == bits(written.data.special_points[0].cycle->states));
    CHECK((cycle->period == 1.0 / 3 && cycle->degree == 2 && cycle->times[1] == 0.25));
    for (std::size_t b = 0; b < 3; ++b) {
        const auto& was = written.data.branches[b];
        const auto& is = read.data.branches[b];
        CHECK(is.columns.names == was.columns.names);
        for (std::size_t c = 0; c < was.columns.columns.size(); ++c)
            CHECK(bits(is.columns.columns[c]) == bits(was.columns.columns[c]));
        CHECK((is.id == was.id && is.kind == was.kind && is.from == was.from));
        CHECK((is.first == was.first && is.last == was.last));
    }
    const auto& was = written.data.special_points[0];
    const auto& is = read.data.special_points[0];
    CHECK(bits(is.parameters) == bits(was.parameters));
    CHECK(is.eigenvalues == was.eigenvalues);
    CHECK(std::signbit(is.eigenvalues[0].imag()));
    CHECK((is.label == was.label && is.type == was.type && is.row == was.row));
    CHECK((is.normal_form == was.normal_form && is.criticality == was.criticality));
    CHECK(to_json(read) == to_json(written));
}

TEST_CASE("what a search left out reads back, and is none in files that do not say it", "[io]") {
    const scratch_folder folder;
    const auto path = folder / "d.json";
    auto written = sample::cusp(3);
    written.data.search = {10, 3, true, 4, 5, 6, 7, 8, 9, 11, 13};
    written.data.stable = {{0, 1, -1, 1}, {{{0.5, 0.25}, 2}}, 7, 0.125, 12};
    std::string text = to_json(written);
    const auto read_of = [&] {
        write_file(path, text);
        return read_diagram(path).data;
    };
    CHECK(to_json({written.heading, read_of()}) == text);
    CHECK(read_of().search.too_deep == 5);
    CHECK(read_of().search.not_tried == 6);
    CHECK(read_of().search.no_rest == 7);
    CHECK(read_of().search.no_root == 8);
    CHECK(read_of().search.lost == 9);
    CHECK(read_of().search.not_located == 11);
    CHECK(read_of().search.cut_short == 13);
    CHECK(read_of().stable.no_rest == 12);
    CHECK(read_of().stable.uncounted == 7);
    CHECK(read_of().stable.left_out == 0.125);

    const auto rename = [&](std::string_view was, std::string_view now) {
        text.replace(text.find(was), was.size(), now);
    };
    rename("\"left_out\": 0.125", "\"left_out\": 1.5");
    CHECK_THROWS_WITH(read_of(), ContainsSubstring("/stable_states/left_out is 1.5"));
    rename("\"left_out\"", "\"was_left\"");
    rename("\"uncounted\"", "\"was_uncounted\"");
    rename("\"too_deep\"", "\"was_deep\"");
    rename("\"not_tried\"", "\"was_not_tried\"");
    rename("\"no_rest\"", "\"was_no_rest\"");
    CHECK(read_of().search.not_followed == 4);
    CHECK(read_of().search.too_deep == 0);
    CHECK(read_of().search.not_tried == 0);
    CHECK(read_of().search.no_rest == 0);
    CHECK(read_of().stable.uncounted == 0);
    CHECK(read_of().stable.left_out == 0);
}

TEST_CASE("numbers that JSON does not know come back as they were", "[io]") {
    const scratch_folder folder;
    result_document written{sample::heading(simulate_schema), {}};
    written.heading.seed = std::numeric_limits<std::uint64_t>::max();
    const std::vector<double> three{0, 1, 2};
    written.sections = {{"records", table{{"replica", "step"}, {three, three}}},
                        {"summary", table{}},
                        {"samples", table{{"a"}, {{limits::infinity(), -limits::infinity(), 0.5}}}},
                        {"gap", limits::quiet_NaN()},
                        {"status", std::string("converged")},
                        {"cusp", named_numbers{{"feedback", 2}, {"bias", -0.0}}}};

    write_file(folder / "s.json", to_json(written));
    const auto read = std::get<result_document>(read_result(folder / "s.json"));

    CHECK(read.heading.seed == written.heading.seed);
    CHECK(read.table_of("samples").columns == written.table_of("samples").columns);
    CHECK(to_json(written).find("\"gap\": null") != std::string::npos);
    CHECK(std::isnan(std::get<double>(read.sections[3].data)));
    CHECK(std::get<std::string>(read.sections[4].data) == "converged");
    CHECK(std::signbit(std::get<named_numbers>(read.sections[5].data)[1].second));
}

TEST_CASE("whole columns are integers and others are not", "[io]") {
    const auto text = to_json(sample::pitchfork(3));

    CHECK(text.find("\"n_unstable\": [0,1,1]") != std::string::npos);
    CHECK(text.find("\"feedback\": [0.5,10.25,20.0]") != std::string::npos);
}

TEST_CASE("a bad file is refused with its name and the place in it", "[io][error]") {
    const scratch_folder folder;
    const auto path = folder / "d.json";
    const std::string good = to_json(sample::pitchfork(3));
    const auto with = [&](std::string_view what, std::string_view instead) {
        std::string text = good;
        text.replace(text.find(what), what.size(), instead);
        write_file(path, text);
        return sentence_of(path);
    };
    const std::string name = path.string();

    CHECK(with("[0.5,10.25,20.0]", "[0.5,\"x\",20.0]") ==
          name + ": /branches/0/columns/feedback/1 is \"x\", but it must be a number");
    CHECK(with("[0.5,10.25,20.0]", "[0.5,10.25,20.0,3]") ==
          name +
              ": /branches/0/columns/x is [0,0,0], but it must be as long as the other columns "
              "(4)");
    CHECK(with("\"kind\"", "\"sort\"") == name + ": /branches/0/kind is missing");
    CHECK(with("\"id\": 1", "\"id\": 1.5") ==
          name + ": /branches/0/id is 1.5, but it must be a whole number");
    CHECK(with("range_end", "range_eend").find("/branches/0/first") != std::string::npos);
    CHECK(with("moebius.diagram/1", "moebius.diagram/2") ==
          name + ": /schema is \"moebius.diagram/2\", but it must be moebius.<name>/1");
    write_file(path, to_json(result_document{sample::heading(sweep_schema), {}}));
    CHECK(sentence_of(path) ==
          name + ": /schema is \"moebius.sweep/1\", but a diagram or a locus is needed");
    CHECK(with("{", "[").starts_with(name + ": it is no JSON at line "));
    CHECK(sentence_of(folder / "absent.json") ==
          (folder / "absent.json").string() + ": No such file or directory");
}
