// SPDX-License-Identifier: MIT
// top_k and tokens that stand beside the loads, in each format, are held against them.
#include <fmt/format.h>

#include <catch.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;

namespace {

using sample::says;

/// Records of the sample, whose counts sum to 1000, as `row` writes them.
template <typename Row>
std::string written(const std::string& head, const Row& row) {
    std::string out = head;
    for (int s = 0; s < sample::steps; ++s)
        for (int l = 0; l < sample::layers; ++l) out += row(s, l);
    return out;
}
std::string counts_of(int s, int l, int times = 1) {
    return fmt::format("{},{},{},{}", times * sample::count(s, l, 0),
                       times * sample::count(s, l, 1), times * sample::count(s, l, 2),
                       times * sample::count(s, l, 3));
}
std::string scalar(double value) {
    std::string data;
    sample::append(data, value);
    return sample::npy("<f8", "()", data);
}

/// The sample in each format, with what it says of its tokens.
std::vector<std::string> texts(int top_k, int tokens) {
    const auto flat = [&](int s, int l) {
        std::string out = fmt::format(
            "{{\"step\": {}, \"layer\": {}, \"top_k\": {}, \"tokens\": {}", s, l, top_k, tokens);
        for (int e = 0; e < sample::experts; ++e)
            out += fmt::format(", \"expert_{}\": {}", e, sample::count(s, l, e));
        return out + "}\n";
    };
    return {written("",
                    [&](int s, int l) {
                        return fmt::format(
                            "{{\"step\": {}, \"layer\": {}, \"top_k\": {}, \"tokens\": {}, "
                            "\"counts\": [{}]}}\n",
                            s, l, top_k, tokens, counts_of(s, l));
                    }),
            written("", flat),
            written("step,layer,top_k,num_tokens,expert_0,expert_1,expert_2,expert_3\n",
                    [&](int s, int l) {
                        return fmt::format("{},{},{},{},{}\n", s, l, top_k, tokens,
                                           counts_of(s, l));
                    }),
            written("step,layer,top_k,tokens,expert,count\n",
                    [&](int s, int l) {
                        std::string out;
                        for (int e = 0; e < sample::experts; ++e)
                            out += fmt::format("{},{},{},{},{},{}\n", s, l, top_k, tokens, e,
                                               sample::count(s, l, e));
                        return out;
                    }),
            sample::zip({{"counts.npy", sample::npy("<i4", "(6, 2, 4)", sample::counts_as<int>())},
                         {"top_k.npy", scalar(top_k)},
                         {"num_tokens.npy", scalar(tokens)}})};
}

}  // namespace

TEST_CASE("tokens and top_k beside loads are held against their sums in each format", "[logs]") {
    for (const auto& text : texts(2, 1000)) {
        CAPTURE(text.substr(0, 200));
        const auto log = sample::open({text});
        CHECK(log.source->head().top_k == 2);
        CHECK(log.source->head().tokens == 1000);
        CHECK(says(log.notes, "sum to 1000, and tokens x top-k are 2000: these are the first"));
    }
    for (const auto& text : texts(2, 500)) {
        CAPTURE(text.substr(0, 200));
        CHECK_FALSE(says(sample::open({text}).notes, "tokens"));
        CHECK(sample::read({text}) == sample::cells(false));
    }
}

TEST_CASE("tokens that change are held against the sums of their records", "[logs]") {
    const auto ramp = [](int top_k) {
        return written("", [top_k](int s, int l) {
            return fmt::format(
                "{{\"step\": {}, \"layer\": {}, \"top_k\": {}, \"tokens\": {}, "
                "\"counts\": [{}]}}\n",
                s, l, top_k, (s + 1) * 1000, counts_of(s, l, s + 1));
        });
    };
    CHECK(says(sample::open({ramp(2)}).notes,
               "the counts of each record sum to 1 times its tokens, and top-k is 2"));
    CHECK_FALSE(says(sample::open({ramp(1)}).notes, "times its tokens"));
    // a running total is no number of a step's tokens
    CHECK_FALSE(says(sample::open({written("",
                                           [](int s, int l) {
                                               return fmt::format(
                                                   "{{\"step\": {}, \"layer\": {}, \"tokens\": {}, "
                                                   "\"counts\": [{}]}}\n",
                                                   s, l, (s + 1) * 1000, counts_of(s, l));
                                           })})
                         .notes,
                     "times its tokens"));
}

TEST_CASE("how many tokens there are in all is no load where loads have another name",
          "[logs][error]") {
    CHECK(sample::read({texts(1, 1000)[3]}) == sample::cells(false));
    const auto alone = sample::read({"step,layer,expert,num_tokens\n0,0,0,3\n0,0,1,4\n"});
    REQUIRE(alone.size() == 2);
    CHECK(alone[1].load == 4);
}
