// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/router/margin_law.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("each margin is a node of equal weight", "[router]") {
    const std::vector<double> margins{-1, 0.5, 0.5, 3};

    const auto law = law_of_margins(margins, noise_law::logistic);

    CHECK(law.noise == noise_law::logistic);
    REQUIRE(law.nodes.size() == margins.size());
    for (std::size_t i = 0; i < margins.size(); ++i) {
        CHECK(law.nodes[i].center == margins[i]);
        CHECK(law.nodes[i].weight == 0.25);
        CHECK(law.nodes[i].width == 0);
    }
}

TEST_CASE("a law needs margins, all of them finite", "[router][error]") {
    const std::vector<double> bad{0.0, std::nan("")};
    CHECK_THROWS_WITH(law_of_margins(bad, noise_law::gumbel),
                      "law_of_margins: a margin is nan, but it must be finite");
    CHECK_THROWS_WITH(law_of_margins({}, noise_law::gumbel),
                      "law_of_margins: no margins came, but at least one token is needed");
}
