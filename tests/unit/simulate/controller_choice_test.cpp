// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/simulate/controller_choice.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

bool same(const load_controller& a, const load_controller& b) {
    return a.law == b.law && a.gain == b.gain && a.leak == b.leak;
}

}  // namespace

TEST_CASE("a controller is read from words, and its text read back", "[controller]") {
    CHECK(same(controller_from("integral,leak=0.1,gain=0.5"), {control_law::integral, 0.5, 0.1}));
    CHECK(same(controller_from("sign,gain=1e-4"), {control_law::sign, 1e-4}));
    CHECK(same(controller_from("none"), {}));
    for (const auto& one : known_controllers()) {
        const auto text = std::string(one.name) + (one.gain ? "" : ",gain=0.25");
        const auto read = controller_from(text);
        CAPTURE(text);
        CHECK(read.law == one.law);
        CHECK(same(controller_from(text_of(read)), read));
    }
}

TEST_CASE("a published rate is a gain that may be changed", "[controller]") {
    CHECK(same(controller_from("loss-free"), {control_law::sign, 1e-3}));
    CHECK_THROWS_WITH(
        controller_from("loss-free,gain=0.01"),
        "controller: a gain came for loss-free, which is sign at the published 0.001, "
        "but sign,gain=NUMBER is the law at another rate");
    CHECK_THROWS_WITH(controller_from("torchtitan,gain=0.01"),
                      "controller: a gain came for torchtitan, which is centred-sign at the "
                      "published 0.001, but centred-sign,gain=NUMBER is the law at another rate");
    CHECK(same(controller_from("torchtitan"), {control_law::centred_sign, 1e-3}));
}

TEST_CASE("words that say no controller are told why", "[controller][error]") {
    CHECK_THROWS_WITH(
        controller_from("integral"),
        "controller: integral came without a gain, but integral,gain=NUMBER is needed");
    CHECK_THROWS_WITH(controller_from("integral,gain=1,leak=-1"),
                      "controller: leak is -1, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(controller_from("sign,gain=1,leak=1"),
                      "controller: leak came for sign, but it takes gain");
    CHECK_THROWS_WITH(controller_from("none,gain=1"),
                      "controller: gain came for none, but it takes nothing");
    CHECK_THROWS_WITH(controller_from("integral,gain=1,gain=2"),
                      "controller: gain came twice, but once is enough");
    CHECK_THROWS_WITH(controller_from("sign,gain"),
                      "controller: 'gain' came among its options, but each must be key=value");
    CHECK_THROWS_AS(controller_from("sign,gain=much"), invalid_argument);
    CHECK_THROWS_AS(controller_from("sgin,gain=1"), invalid_argument);
}
