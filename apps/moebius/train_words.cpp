// SPDX-License-Identifier: MIT
#include "train_words.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <string>

#include "words.hpp"

namespace moebius::cli {

void set_hold(std::string_view text, experiment_arguments& options) {
    constexpr std::string_view gap = "gap=", loads = "loads=";
    if (text.empty()) return;
    if (text.starts_with(gap)) {
        options.sets.emplace_back(text);
    } else if (text.starts_with(loads)) {
        for (const auto part : parts_of(text.substr(loads.size()), ','))
            options.design.hold.push_back(parse_number("--hold", part));
    } else {
        throw invalid_argument("--hold", fmt::format("'{}' came", text),
                               "it must be gap=GAP or loads=LOAD,LOAD,...");
    }
}

corruption corruption_of(std::string_view text) {
    corruption how;
    for (const auto part : parts_of(text, ',')) {
        const auto [name, value] = parse_setting(part);
        if (name == "noise")
            how.noise = value;
        else if (name == "occlusion" && value >= 0 && value < 1e6 && value == std::floor(value))
            how.occlusion = static_cast<std::size_t>(value);
        else if (name == "shift" && std::abs(value) < 1e6 && value == std::floor(value))
            how.shift = static_cast<int>(value);
        else
            throw invalid_argument("--corrupt", fmt::format("'{}' came", part),
                                   "it must be noise=SPREAD, occlusion=PIXELS or shift=PIXELS");
    }
    return how;
}

}  // namespace moebius::cli
