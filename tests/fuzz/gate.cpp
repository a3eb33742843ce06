// SPDX-License-Identifier: MIT
// Gates: a line for the gate, one for its clustering, one for the classes; then a table of tokens.
#include <moebius/base/text.hpp>
#include <moebius/tokens/gate.hpp>
#include <moebius/tokens/token_file.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

// An expert for each class that the gate names: (features, experts) weights.
const std::size_t allocation_floor = std::size_t{16} << 20;

void read_one(std::string_view input) {
    gate_options options;
    options.gate = take_line(input);
    options.clustering = take_line(input);
    const auto classes = take_line(input);
    options.labels = classes == "labels";
    if (!options.labels && classes != "no labels" && !classes.empty())
        for (const auto part : parts_of(classes, ','))
            options.classes.push_back(parse_number("classes", part));
    const memory_file file(input);
    const auto table = read_tokens(file.path());
    const auto gated = apply_gate(table, options);
    require(gated.experts > 0 && gated.logits.size() % gated.experts == 0,
            "logits that do not fit");
}

}  // namespace moebius::fuzz
