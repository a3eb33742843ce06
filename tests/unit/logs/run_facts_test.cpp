// SPDX-License-Identifier: MIT
// What texts say of a run beside its loads: config, feedback of a step, moments.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;
using sample::refusal_of;

namespace {

const std::string config = R"({"top_k": 2, "tokens": 500, "feedback": 3.0, "balancer": "sign"})";

void check_config(const std::string& bytes, bool with_bias) {
    const auto log = sample::open({bytes});
    const auto& head = log.source->head();
    CHECK(head.top_k == 2);
    CHECK(head.tokens == 500);
    CHECK(head.feedback == 3);
    CHECK(head.balancer == "sign");
    CHECK(sample::cells_of(*log.source) == sample::cells(with_bias));
}

}  // namespace

TEST_CASE("a remark before the names of a table may be its config", "[logs]") {
    const auto wide = sample::wide_csv(
        [](int l, int e) { return fmt::format("tokens/layer_{}_expert_{}", l, e); });

    check_config("# " + config + '\n' + sample::long_csv(), true);
    check_config("\xEF\xBB\xBF# " + config + "\r\n# by hand\n" + sample::long_csv('\t'), true);
    check_config("#" + config + '\n' + wide, false);
    CHECK_THAT(refusal_of("# {\"top_k\": 2\n" + sample::long_csv()),
               ContainsSubstring("FILE, line 1: the config is no JSON text"));
}

TEST_CASE("names that stand in a remark, as numpy.savetxt writes them, are read", "[logs]") {
    CHECK(sample::read({"# " + sample::long_csv()}) == sample::cells(true));
    CHECK(sample::read({"# a run\n" + sample::long_csv()}) == sample::cells(true));
    CHECK_THAT(refusal_of("# a run\n0,0,0,1\n"),
               ContainsSubstring("FILE: line 1: the columns are"));
}

TEST_CASE("texts have the feedback of a step", "[logs]") {
    const std::string texts[] = {
        "step,layer,expert,count,feedback\n0,0,0,3,0.5\n0,0,1,1,0.5\n7,0,0,2,1.5\n7,0,1,2,1.5\n",
        "step,feedback,e0,e1\n0,0.5,3,1\n7,1.5,2,2\n",
        "{\"step\": 0, \"counts\": [3, 1], \"feedback\": 0.5}\n"
        "{\"step\": 7, \"counts\": [2, 2], \"feedback\": 1.5}\n"};
    for (const auto& bytes : texts) {
        auto log = sample::open({bytes});
        std::vector<double> feedback;
        for (load_record one; log.source->next(one);) feedback.push_back(one.feedback);
        CHECK(feedback == std::vector{0.5, 1.5});
    }
}

TEST_CASE("records have moments, which those of ranks add up to", "[logs]") {
    const auto record = [](int rank, const std::string& moments) {
        return fmt::format(
            "{{\"step\": 0, \"layer\": 0, \"rank\": {}, \"counts\": [3, 1], "
            "\"moments\": {}}}\n",
            rank, moments);
    };
    const auto moments_of = [](const std::string& bytes) {
        auto log = sample::open({bytes});
        load_record one;
        REQUIRE(log.source->next(one));
        return std::vector(one.moments.begin(), one.moments.end());
    };

    CHECK(moments_of(record(0, "[[2, 0.5], [0.5, 1]]")) == std::vector<double>{2, 0.5, 0.5, 1});
    CHECK(moments_of(record(0, "[[2, 0.5], [0.5, 1]]") + record(1, "[[1, 0], [0, 3]]")) ==
          std::vector<double>{3, 0.5, 0.5, 4});
    const std::string with = record(0, "[[2, 0.5], [0.5, 1]]"),
                      without = "{\"step\": 0, \"layer\": 0, \"rank\": 1, \"counts\": [3, 1]}\n";
    for (const auto& bytes : {with + without, without + with})
        CHECK_THAT(refusal_of(bytes),
                   ContainsSubstring("FILE, line 2: either all records of loads or none must have "
                                     "moments"));
    CHECK_THAT(refusal_of(record(0, "[[2, 0.5], [0.5]]")),
               ContainsSubstring("FILE, line 1, 'moments': 2 arrays of 2 numbers are needed"));
}

TEST_CASE("moments that no probabilities have are refused", "[logs][error]") {
    const auto with = [](const std::string& moments) {
        return sample::refusal_of(fmt::format(
            "{{\"step\": 0, \"layer\": 0, \"counts\": [2, 1, 1], \"moments\": {}}}\n", moments));
    };
    CHECK(with("[[1, 0.5, 0.5], [0.5, 0.3, 0.2], [0.5, 0.2, 0.3]]") == "(nothing)");
    CHECK(with("[[4, 0, 0], [0, 0, 0], [0, 0, 0]]") == "(nothing)");  // collapsed
    CHECK(with("[[0, 0, 0], [0, 0, 0], [0, 0, 0]]") == "(nothing)");
    CHECK_THAT(with("[[1, -0.5, -0.5], [-0.5, 0.3, 0.2], [-0.5, 0.2, 0.3]]"),
               ContainsSubstring("FILE, step 0, layer 0: the moment of experts 1 and 0 is -0.5"));
    CHECK_THAT(with("[[1, 0.5, 0.5], [0, 0.3, 0.2], [0, 0, 0.3]]"),
               ContainsSubstring("but p pᵀ is symmetric"));
    CHECK_THAT(with("[[2, 0, 0], [0, 1, 0], [0, 0, 1]]"), ContainsSubstring("as of choices"));
}
