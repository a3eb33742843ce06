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
    CHECK_THROWS_WITH(
        make("top1", {}),
        ContainsSubstring("router: 'top1' is unknown, but a shipped router is needed; did you "
                          "mean 'top-1'? (top-1, "));
    CHECK_THROWS_WITH(make("top-k", {{"q", "2"}}),
                      "top-k: 'q' came, but its options are k, gate, renormalise");
    CHECK_THROWS_WITH(make("soft-moe", {{"k", "2"}}), "soft-moe: 'k' came, but it has no options");
    CHECK_THROWS_WITH(make("top-k", {{"k", "1.5"}}),
                      "top-k: k is 1.5, but it must be a whole number >= 0");
    CHECK_THROWS_WITH(make("top-1", {{"gate", "relu"}}),
                      "top-1: gate is 'relu', but it must be softmax or sigmoid");
}

TEST_CASE("a router says what it is, so that nobody needs its name", "[registry][property]") {
    // The mean loads of two experts with margin laws, against the router's own of stored logits.
    for (const auto& info : known_routers()) {
        const auto router = make_router(info.name, 1.5, noise_law::gumbel);
        CHECK_FALSE(router->is_step());
        if (!router->margin_noise()) continue;
        const auto own = router->mean_load({0.7, -0.2}, 2);
        const auto law = two_expert_loads({0.7, -0.2}, *router->margin_noise());
        const double scores[] = {0.3, -0.4};
        double p[2], q[2];
        own->loads(scores, 1.5, p);
        law->loads(scores, 1.5, q);
        CHECK(p[0] == Approx(q[0]).epsilon(1e-12));
    }
    const auto noise_of = [](std::string_view name, noise_law noise,
                             const router_settings& s = {}) {
        return make_router(name, 1, noise, s)->top_1_noise();
    };
    CHECK(noise_of("top-1", noise_law::gaussian) == noise_law::gaussian);
    CHECK(noise_of("top-k", noise_law::none, {{"k", "1"}}) == noise_law::none);
    CHECK_FALSE(noise_of("top-k", noise_law::none).has_value());
    CHECK_FALSE(noise_of("soft-moe", noise_law::none).has_value());
    CHECK(make_router("top-k", 1, noise_law::none)->is_step());
    CHECK_FALSE(make_router("soft-moe", 1, noise_law::none)->is_step());
    CHECK(find_router("adaptive-clustering").clustering_option == "variant");
}

TEST_CASE("a plan of stored tokens is known at one beta", "[registry]") {
    const auto router = make_router("selective-sinkhorn", 1, noise_law::gumbel);
    CHECK(router->mean_load({0.5, 0, -0.25, 0.1}, 2)->knows_one_beta());
    CHECK_FALSE(router->mean_load({0, 0}, 2)->knows_one_beta());
}
