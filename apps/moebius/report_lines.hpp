// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <moebius/compare/verdict.hpp>
#include <moebius/io/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace moebius::cli {

/// A text for a reader, line by line.
class report_lines {
public:
    template <typename... Values>
    void add(fmt::format_string<Values...> form, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

/// A number, or a dash where there is none.
[[nodiscard]] inline std::string known(std::string_view form, double value) {
    return std::isfinite(value) ? fmt::format(fmt::runtime(form), value) : "-";
}

/// A verdict's numbers as a result has them.
[[nodiscard]] inline named_numbers agreement_of(const verdict& overall) {
    return {{"agrees", overall.agrees ? 1 : 0},
            {"points", static_cast<double>(overall.points)},
            {"not_judged", static_cast<double>(overall.not_judged)},
            {"chi_square", overall.chi_square},
            {"chi_square_p", overall.chi_square_p},
            {"beyond_3", static_cast<double>(overall.beyond_3)},
            {"beyond_3_expected", overall.beyond_3_expected},
            {"beyond_3_p", overall.beyond_3_p}};
}

/// What an excuse adds to the line of its point.
[[nodiscard]] inline std::string not_judged(const std::string& excuse) {
    return excuse.empty() ? "" : " not judged: " + excuse;
}

}  // namespace moebius::cli
