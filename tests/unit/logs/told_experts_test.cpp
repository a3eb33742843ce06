// SPDX-License-Identifier: MIT
// What a log says of its experts and choices, held against its loads.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;
using sample::refusal_of;
using sample::says;

namespace told_experts {
namespace {

/// Six steps of a layer of 4 experts, of which those from `used` on have no load but the last one
/// in the last step.
std::string counts(int used, int last = 0) {
    std::string out;
    for (int s = 0; s < 6; ++s)
        for (int e = 0; e < 4; ++e)
            sample::append<std::int32_t>(out, s == 5 && e == 3 && used < 4 ? last
                                              : e < used                   ? 10 + (s * e) % 3
                                                                           : 0);
    return sample::npy("<i4", "(6, 1, 4)", out);
}
std::string text_array(const std::string& text) {
    return sample::npy("|S" + std::to_string(text.size()), "()", text);
}
std::string archive(const std::string& array, const std::string& config) {
    return sample::zip({{"counts.npy", array}, {"config.npy", text_array(config)}});
}
std::size_t experts_in(const std::string& bytes, const log_options& options = {}) {
    auto log = sample::open({bytes}, options);
    load_record one;
    REQUIRE(log.source->next(one));
    CHECK(one.loads.size() == log.source->head().experts);
    return one.loads.size();
}

}  // namespace
}  // namespace told_experts

TEST_CASE("a config that says other experts than a log has is told", "[logs]") {
    const std::string said = "it says that experts is 16, and its loads are of 4, which were taken";
    const std::string config = R"({"num_experts": 16})";
    const std::string loads = R"("counts": [5, 4, 3, 2])";
    const std::string files[] = {
        told_experts::archive(told_experts::counts(4), config),
        "# " + config + "\nstep,e0,e1,e2,e3\n0,5,4,3,2\n1,4,5,2,3\n",
        "{\"config\": " + config + "}\n{\"step\": 0, " + loads + "}\n{\"step\": 1, " + loads +
            "}\n",
        "{\"step\": 0, \"num_experts\": 16, " + loads + "}\n",
    };
    for (const auto& bytes : files) {
        const auto log = sample::open({bytes});
        CHECK(says(log.notes, said + ": where these are the experts of one rank"));
        CHECK(log.source->head().experts == 4);
        CHECK_FALSE(says(sample::open({bytes}, {.experts = 4}).notes, "it says that"));
    }
    const auto fewer = told_experts::archive(told_experts::counts(4), R"({"experts": 3})");
    CHECK(says(sample::open({fewer}).notes, "experts is 3, and its loads are of 4, which were"));
    CHECK_FALSE(says(
        sample::open({told_experts::archive(told_experts::counts(4), R"({"experts": 4})")}).notes,
        "experts is"));
}

TEST_CASE("experts behind those of the run that have no loads are left out", "[logs]") {
    const auto padded = told_experts::archive(told_experts::counts(3), R"({"experts": 3})");
    const auto log = sample::open({padded});
    CHECK(says(log.notes, "experts is 3, and its loads are of 4, of which the last 1 have none"));
    CHECK(told_experts::experts_in(padded) == 3);
    CHECK(told_experts::experts_in(told_experts::counts(3), {.experts = 3}) == 3);
    CHECK(told_experts::experts_in(told_experts::counts(3)) == 4);  // nothing says it
    CHECK(told_experts::experts_in("# {\"experts\": 2}\nstep,e0,e1,e2\n0,5,4,0\n1,4,5,0\n") == 2);

    // what stands beside loads is cut, too
    const std::string record =
        R"({"step": 0, "counts": [5, 4, 0], "bias": [1, 2, 3], "moments": [[1, 2, 9], [2, 4, 9], [9, 9, 9]]})";
    auto beside = sample::open({"{\"config\": {\"experts\": 2}}\n" + record + "\n"});
    load_record one;
    REQUIRE(beside.source->next(one));
    CHECK(std::vector(one.scores.begin(), one.scores.end()) == std::vector<double>{1, 2});
    CHECK(std::vector(one.moments.begin(), one.moments.end()) == std::vector<double>{1, 2, 2, 4});
}

TEST_CASE("experts that were taken for padding and get a load are refused", "[logs][error]") {
    std::string rows = "# {\"experts\": 2}\nstep,e0,e1,e2\n";
    for (int s = 0; s < 400; ++s) rows += fmt::format("{},{},4,{}\n", s, s % 7, s == 300 ? 6 : 0);
    CHECK_THAT(
        refusal_of(rows),
        ContainsSubstring("FILE, step 300, layer 0: expert 2 has a load of 6, but there are 2 "
                          "experts by what the log or --experts says"));
    CHECK(
        says(sample::open({told_experts::archive(told_experts::counts(3, 5), R"({"experts": 3})")})
                 .notes,
             "which were taken"));
}

TEST_CASE("settings of a log that no run can have are refused with the file that says them",
          "[logs][error]") {
    const std::pair<std::string, std::string> cases[] = {
        {R"({"top_k": -3})", "top_k is -3, but it must be a whole number from 1"},
        {R"({"top_k": 9})", "top_k is 9, but a token chooses 4 experts at most"},
        {R"({"tokens": 0})", "tokens is 0, but it must be 1 to 2^53"},
        {R"({"tokens": 1e300})", "tokens is 1e+300, but it must be 1 to 2^53"},
        {R"({"experts": -3})", "experts is -3, but a whole number from 1 to 65536 is needed"},
        {R"({"experts": 2.5})", "experts is 2.5, but a whole number from 1 to 65536 is needed"},
    };
    for (const auto& [config, sentence] : cases) {
        const auto all = "FILE: it says that " + sentence;
        CHECK_THAT(refusal_of(told_experts::archive(told_experts::counts(4), config)),
                   ContainsSubstring(all));
        CHECK_THAT(refusal_of("# " + config + "\nstep,e0,e1,e2,e3\n0,5,4,3,2\n"),
                   ContainsSubstring(all));
        CHECK_THAT(
            refusal_of("{\"config\": " + config + "}\n{\"step\": 0, \"counts\": [5, 4, 3, 2]}\n"),
            ContainsSubstring(all));
    }
    // an option takes its place
    CHECK(refusal_of(told_experts::archive(told_experts::counts(4), R"({"top_k": -3})"),
                     {.top_k = 2}) == "(nothing)");
    CHECK_THAT(refusal_of("{\"step\": 0, \"top_k\": 7, \"counts\": [5, 4]}\n"),
               ContainsSubstring("FILE: it says that top_k is 7, but a token chooses 2"));
}

TEST_CASE("numbers beyond 2^53 are refused with their place", "[logs][error]") {
    const std::string rule = "but it must be >= 0 and finite, and 2^53 at most";
    auto loads = sample::counts_as<double>(), scores = loads;
    const double huge = 1e300, most = 9007199254740992;
    loads.replace(8 * 13, 8, std::string(reinterpret_cast<const char*>(&huge), 8));
    CHECK_THAT(refusal_of(sample::npy("<f8", "(6, 2, 4)", loads)),
               ContainsSubstring("FILE: step 1, layer 1, expert 1 is 1e+300, " + rule));
    CHECK_THAT(
        refusal_of(sample::zip({{"counts.npy", sample::npy("<f8", "(6, 2, 4)", scores)},
                                {"dither.npy", sample::npy("<f8", "(6, 2, 4)", loads)}})),
        ContainsSubstring("FILE:dither.npy: step 1, layer 1, expert 1 is 1e+300, but it must be "
                          "finite, and 2^53 at most"));
    scores.replace(8 * 13, 8, std::string(reinterpret_cast<const char*>(&most), 8));
    CHECK(refusal_of(sample::npy("<f8", "(6, 2, 4)", scores)) == "(nothing)");
    CHECK_THAT(refusal_of("step,layer,expert,tokens\n0,0,0,5\n0,0,1,1e300\n"),
               ContainsSubstring("FILE, line 3, column 'tokens': 1e+300 came, but it must be "));
    CHECK_THAT(refusal_of("step,e0,e1\n0,1,2\n1,9007199254740994,3\n"),
               ContainsSubstring("FILE, line 3, column 'e0': 9007199254740994 came, but it"));
    CHECK_THAT(refusal_of("step,e0,e1\n0,1,2\n1,1e16,3\n"), ContainsSubstring("column 'e0'"));
    CHECK_THAT(refusal_of("{\"step\": 0, \"counts\": [5, 1e300]}\n"),
               ContainsSubstring("FILE, line 1, 'loads': 1e+300 came, but it must be"));
    std::string whole = sample::counts_as<std::int64_t>();
    const std::int64_t beyond = (std::int64_t{1} << 53) + 1;
    whole.replace(8 * 17, 8, std::string(reinterpret_cast<const char*>(&beyond), 8));
    CHECK_THAT(
        refusal_of(sample::npy("<i8", "(6, 2, 4)", whole)),
        ContainsSubstring("FILE: number 17 of 48, from 0 in the file's order, is a whole one"));
}

TEST_CASE("arrays whose steps have numbers may come in any order", "[logs][property]") {
    const auto part = [](int from, int to) {
        std::string counts, steps, loss;
        for (int s = from; s < to; ++s) {
            sample::append<std::int64_t>(steps, s);
            sample::append<double>(loss, s);
            for (int l = 0; l < sample::layers; ++l)
                for (int e = 0; e < sample::experts; ++e)
                    sample::append<std::int32_t>(counts, sample::count(s, l, e));
        }
        const int n = to - from;
        return sample::zip(
            {{"counts.npy", sample::npy("<i4", fmt::format("({}, 2, 4)", n), counts)},
             {"steps.npy", sample::npy("<i8", fmt::format("({},)", n), steps)},
             {"loss.npy", sample::npy("<f8", fmt::format("({},)", n), loss)}});
    };
    const std::vector<std::vector<std::string>> orders = {
        {part(0, 2), part(2, 3), part(3, 6)},
        {part(3, 6), part(0, 2), part(2, 3)},
        {part(2, 3), part(3, 6), part(0, 2)},
    };
    for (const auto& files : orders) {
        const auto log = sample::open(files);
        CHECK(log.series.at(0).values == std::vector<double>{0, 1, 2, 3, 4, 5});
        CHECK(sample::cells_of(*log.source) == sample::cells(false));
    }
    CHECK_THROWS_WITH(sample::read({part(0, 3), part(0, 3)}),
                      ContainsSubstring("but steps must increase"));
}
