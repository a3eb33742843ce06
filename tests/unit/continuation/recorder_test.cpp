// SPDX-License-Identifier: MIT
#include <moebius/base/column_names.hpp>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/model.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// A state called like a column of every branch of equilibria.
struct shadowed {
    static constexpr std::string_view name = "shadowed";
    static constexpr std::string_view equation = "stable' = a - stable";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"stable"};
    static constexpr std::array<parameter_info, 1> parameters{{{"a", "a", "", 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {p[0] - x[0]};
    }
};

}  // namespace

TEST_CASE("names of columns are all different", "[base][error]") {
    CHECK_NOTHROW(check_column_names(std::vector<std::string>{"a", "b", "aa"}));
    CHECK_THROWS_WITH(check_column_names(std::vector<std::string>{"a", "b", "a"}),
                      "columns: 'a' came twice, but no state or parameter may be called like "
                      "another column");
}

TEST_CASE("a state that would overwrite a column is refused", "[continuation][error]") {
    CHECK_THROWS_WITH(equilibrium_diagram(problem_of<shadowed>(), {"a", -1, 1}),
                      ContainsSubstring("'stable' came twice"));
}
