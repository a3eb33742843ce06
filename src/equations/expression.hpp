// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::detail {

/// One step of an expression in postfix order.
struct expression_step {
    enum class kind {
        number,    ///< pushes `value`
        name,      ///< pushes what has that name
        call,      ///< takes `count` operands, pushes what `name` makes of them; operators, too
        sum_begin  ///< takes two bounds, and repeats the next `count` steps between them for i'
    };
    kind what;
    std::string name;
    double value = 0;
    std::size_t count = 0;
};
using expression = std::vector<expression_step>;

/// The steps of an expression in XPPAUT's language, in small letters. Weakest first:
///
///     + - |      from the left
///     * / & and the signs - and not, which stand at the front, after a parenthesis or a comma
///     ^ ** and the comparisons < > <= >= == !=, from the left
///     f(a, b), if(c)then(a)else(b), sum(a, b)of(e)
///
/// @param place  "file:line", for the sentence of an error
/// @throws invalid_argument  for what is no expression, or one nested too deeply
/// @source XPPAUT's manual, xppodes.html, and what xppaut 6.11 computes
[[nodiscard]] expression parse_expression(std::string_view text, std::string_view place);

}  // namespace moebius::detail
