// SPDX-License-Identifier: MIT
#include "compare_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/io/options.hpp>

namespace moebius::cli {
namespace {

std::string with_error(const estimate& value) {
    if (std::isnan(value.value)) return "-";
    if (value.error == 0) return fmt::format("{:.5g}", value.value);
    return fmt::format("{:.5g} ({:.1g})", value.value, value.error);
}

}  // namespace

void describe_comparison(const comparison_options& options, result_heading& heading) {
    heading.parameters = {{"beta", options.beta}, {"decay", options.decay}};
    describe(options, heading);
}

result_document compare_document(const std::vector<compared_router>& compared,
                                 const comparison_options& options, result_heading heading) {
    std::vector<std::string> names;
    for (const auto& row : compared) names.push_back(row.name);
    return {std::move(heading),
            {{"comparison", comparison_table(compared)},
             {"routers", names},
             {"folds", fold_table(compared, options)}}};
}

std::string compare_report(const std::vector<compared_router>& compared) {
    std::string out = fmt::format(
        "{:<40} {:>16} {:>16} {:>6}  {:>10} {:>17} {:>17} {:>17} {:>17}\n", "router", "threshold",
        "measured", "z", "cusp", "fold down", "jump down", "fold up", "jump up");
    for (const auto& row : compared) {
        const auto& p = row.predicted;
        const auto jump = [](double noiseless, const estimate& measured) {
            if (std::isnan(noiseless)) return std::string("-");
            return fmt::format("{:.4g}/{}", noiseless, with_error(measured));
        };
        out += fmt::format("{:<40} {:>16} {:>16} {:>6.2f}  {:>10} {:>17} {:>17} {:>17} {:>17}\n",
                           row.name, with_error(p.threshold), with_error(row.observed.threshold),
                           row.z, with_error(p.cusp), with_error(p.fold_down),
                           jump(p.jump_down, row.observed.jump_down), with_error(p.fold_up),
                           jump(p.jump_up, row.observed.jump_up));
    }
    out +=
        "threshold and cusp: feedback; folds and jumps: bias; jumps: the noise-free rule's / "
        "measured\n";
    for (const auto& row : compared) {
        if (std::isnan(row.predicted.threshold.value))
            out += fmt::format("{}: equal loads are stable at any feedback\n", row.name);
        else if (!row.judged)
            out += fmt::format("{}: not judged: {}\n", row.name,
                               std::isnan(row.observed.threshold.value)
                                   ? "the loop left equal loads at 0.8 of the threshold"
                                   : "the errors are above 5 %");
    }
    const auto count = [&](auto holds) {
        return std::count_if(compared.begin(), compared.end(), holds);
    };
    const auto judged = count([](const auto& row) { return row.judged; });
    out += fmt::format("{} of {} measured thresholds agree with the prediction",
                       count([](const auto& row) { return row.agrees; }), judged);
    const auto others = count([](const auto&) { return true; }) - judged;
    return out + (others == 0 ? "\n" : fmt::format(", {} more were not judged\n", others));
}

bool all_agree(const std::vector<compared_router>& compared) {
    const auto judged = [](const auto& row) { return row.judged; };
    return std::any_of(compared.begin(), compared.end(), judged) &&
           std::all_of(compared.begin(), compared.end(),
                       [](const auto& row) { return row.agrees || !row.judged; });
}

}  // namespace moebius::cli
