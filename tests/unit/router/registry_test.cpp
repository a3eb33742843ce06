// SPDX-License-Identifier: MIT
#include <moebius/router/registry.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("every router that is listed can be made with its defaults", "[registry][property]") {
    for (const auto& info : known_routers()) {
        const auto router = make_router(info.name, 1, noise_law::gumbel);
        const std::vector<double> logits(12), scores(3);
        const auto routed = router->route({3, logits, scores, {1, 0}});
        CHECK(routed.load.size() == 3);
        CHECK(routed.unrouted == 0);
        for (const auto& option : info.options)
            CHECK(setting_of(info.name, option.name, {}) == option.value);
    }
}

TEST_CASE("a setting that a router does not take is a sentence", "[registry][error]") {
    const auto make = [](std::string_view name, const router_settings& settings) {
        return make_router(name, 1, noise_law::gumbel, settings);
    };
    CHECK_THROWS_WITH(make("top1", {}),
                      "router: 'top1' is unknown, but a shipped router is needed; did you mean "
                      "'top-1'? (top-1, top-k, probmoe-exact-k, probmoe-dynamic-k, "
                      "adaptive-clustering, soft-moe, selective-sinkhorn)");
    CHECK_THROWS_WITH(make("top-k", {{"q", "2"}}),
                      "top-k: 'q' came, but its options are k, gate, renormalise");
    CHECK_THROWS_WITH(make("soft-moe", {{"k", "2"}}), "soft-moe: 'k' came, but it has no options");
    CHECK_THROWS_WITH(make("top-k", {{"k", "1.5"}}),
                      "top-k: k is 1.5, but it must be a whole number >= 0");
    CHECK_THROWS_WITH(make("top-1", {{"gate", "relu"}}),
                      "top-1: gate is 'relu', but it must be softmax or sigmoid");
}
