// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <moebius/logs/idle_options.hpp>
#include <string>
#include <vector>

#include "sample_log.hpp"

using namespace moebius;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Of a log whose head says what the options do.
std::string note_of(const log_options& options, const probes_had& had = {}) {
    log_head head;
    head.rate = options.rate;
    head.feedback = options.feedback;
    head.balancer = options.balancer;
    return note_of_idle(options, head, had);
}

}  // namespace

TEST_CASE("options that change nothing are told, with what each lacks", "[logs]") {
    CHECK(note_of({.decay = 2, .beta = 3, .gate = "softmax"}) ==
          "what changes nothing here: --decay, --beta, --gate (nothing says that scores follow "
          "loads, as --feedback other than 0 would)");
    CHECK(note_of({.rate = 0.1, .bias_rate = 0.1, .bias_leak = 0.1}) ==
          "what changes nothing here: --bias-rate (--balancer sign or integral has one); "
          "--bias-leak (--balancer integral has one)");
    CHECK_THAT(note_of({.rate = 0.1, .balancer = "aux"}), ContainsSubstring("here: --rate (noth"));
    CHECK_THAT(note_of({.bias_rate = 0.1, .balancer = "sign"}),
               ContainsSubstring("--bias-rate (nothing says"));
    CHECK_THAT(note_of({.feedback = 1, .bias_leak = 0.1, .balancer = "sign"}),
               ContainsSubstring("--bias-leak (--balancer integral"));
}

TEST_CASE("options that change something are not told as idle", "[logs]") {
    CHECK(note_of({.top_k = 2, .tokens = 9, .feedback = 0, .balancer = "sign"}).empty());
    CHECK(note_of({.rate = 0.1, .decay = 2, .beta = 3, .gate = "softmax"}).empty());
    CHECK(
        note_of({.feedback = 1, .bias_rate = 1, .bias_leak = 0.1, .balancer = "integral"}).empty());
    CHECK(note_of({.beta = 2}, {.moments = true}).empty());
    CHECK(note_of({.beta = 2, .gate = "softmax"}, {.dither = true}).empty());
    CHECK(note_of({.bias_rate = 1, .gate = "sigmoid"}, {.scores = true}).empty());
    CHECK(note_of({.decay = 2}, {.feedback = true}).empty());
}

TEST_CASE("what a log says itself makes an option count", "[logs]") {
    const std::string rows = "step,layer,expert_0,expert_1\n0,0,5,6\n1,0,6,5\n";
    const auto said = [&](const std::string& config) {
        const auto log = sample::open({config + rows}, {.decay = 2});
        (void)sample::cells_of(*log.source);
        return sample::says(log.source->notes_at_end(), "changes nothing here: --decay");
    };
    CHECK(said(""));
    CHECK_FALSE(said("# {\"feedback\": 1}\n"));
}
