// SPDX-License-Identifier: MIT
// What counts are of, by the tokens and the choices that are told.
#include <numeric>

#include "catch.hpp"
#include "sample_log.hpp"

using namespace moebius;

namespace {

const std::string shape = "(6, 2, 4)";

}  // namespace

TEST_CASE("doubled counts, shares and loads over their mean become choices", "[logs][property]") {
    const log_options known{.top_k = 2, .tokens = 500};
    const auto doubled = sample::npy("<i4", shape, sample::counts_as<std::int32_t>(2));

    CHECK(sample::read({doubled}) == sample::cells(false));  // all are even
    CHECK(sample::read({doubled}, known) == sample::cells(false));
    for (const double scale : {1.0 / 1000, 1.0 / 10, 4.0 / 1000}) {
        const auto got =
            sample::read({sample::npy("<f8", shape, sample::counts_as<double>(scale))}, known);
        const auto wanted = sample::cells(false);
        REQUIRE(got.size() == wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i)
            CHECK_THAT(got[i].load, WithinRel(wanted[i].load, 1e-12));  // two roundings
    }
}

TEST_CASE("what counts are not those of all choices is said", "[logs]") {
    const auto notes_of = [](double top_k, double tokens) {
        return sample::open({sample::npy("<i4", shape, sample::counts_as<std::int32_t>())},
                            {.top_k = top_k, .tokens = tokens})
            .notes;
    };

    CHECK(notes_of(2, 500).empty());
    CHECK(sample::says(notes_of(2, 1000),
                       "these are the first choices alone, or the counts of 1 of 2 ranks"));
    CHECK(sample::says(notes_of(1, 8000), "the counts of 1 of 8 ranks"));
    CHECK(sample::says(notes_of(1, 1100), "9.1 % are missing"));
    CHECK(sample::says(notes_of(1, 1e9), "1e+06 times as many, which nothing explains"));
    CHECK_FALSE(sample::says(notes_of(1, 1.5005e6), "ranks"));  // 1500.5
    CHECK(sample::says(notes_of(1, 1.5e6), "the counts of 1 of 1500 ranks"));
    CHECK(sample::says(notes_of(1, 700), "1.42857 times as many"));
    CHECK(sample::says(notes_of(1, 500), "2 times as many, though recomputation makes no odd"));
    CHECK(sample::says(notes_of(1, 250), "4 times as many, as those of 4 ranks"));
}

TEST_CASE("an untold top-k is that by which told tokens make the counts", "[logs]") {
    const auto open = [](double tokens, int times) {
        return sample::open({sample::npy("<i4", shape, sample::counts_as<std::int32_t>(times))},
                            {.tokens = tokens});
    };
    const auto first_sum = [](const opened_log& log) {
        load_record one;
        REQUIRE(log.source->next(one));
        return std::accumulate(one.loads.begin(), one.loads.end(), 0.0);
    };
    const auto top_2 = open(500, 1), doubled = open(1000, 2), top_2_doubled = open(500, 2),
               no_whole = open(499.9, 1), all = open(250, 1);
    CHECK(top_2.source->head().top_k == 2);
    CHECK(first_sum(top_2) == 1000);
    CHECK(sample::says(top_2.notes, "taken for top-2, and --top-k would tell"));
    CHECK(doubled.source->head().top_k == 1);
    CHECK(first_sum(doubled) == 1000);
    CHECK(sample::says(doubled.notes, "halved and taken for top-1; they may be those of top-2"));
    CHECK(top_2_doubled.source->head().top_k == 2);  // of 4 experts none chooses all
    CHECK(first_sum(top_2_doubled) == 1000);
    CHECK(!sample::says(top_2_doubled.notes, "they may be"));
    CHECK(!no_whole.source->head().top_k);
    CHECK(first_sum(no_whole) == 1000);
    CHECK(sample::says(no_whole.notes, "top-k (--top-k) is not told and was taken for 1"));
    CHECK(!all.source->head().top_k);
    // an expert has a token once
    const auto hot =
        sample::open({"step,expert_0,expert_1,expert_2\n0,701,200,123\n"}, {.tokens = 512});
    CHECK(!hot.source->head().top_k);
}

TEST_CASE("what is told otherwise than the log says it is said to count", "[logs]") {
    const std::string log = R"({"config": {"feedback": 3, "eta": 0.1, "gate": "softmax"}})"
                            "\n"
                            R"({"step": 0, "counts": [1, 2]})";
    const auto notes_of = [&](const log_options& options) {
        auto one = sample::open({log}, options);
        CHECK(one.source->head().feedback == options.feedback.value_or(3));
        return one.notes;
    };
    const std::string feedback = "feedback is told as 2, and the log says 3";

    CHECK(sample::says(notes_of({.feedback = 2}), feedback + ": what is told counts"));
    CHECK(sample::says(
        notes_of({.rate = 0.2, .feedback = 2, .gate = "sigmoid"}),
        "rate is told as 0.2, and the log says 0.1; " + feedback +
            "; gate is told as sigmoid, and the log says softmax: what is told counts"));
    CHECK_FALSE(sample::says(notes_of({.feedback = 3, .decay = 2}), "is told as"));
}
