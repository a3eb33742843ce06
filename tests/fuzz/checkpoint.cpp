// SPDX-License-Identifier: MIT
// Checkpoints of a training. Those of corpus/checkpoint bear the mark 1.
#include <moebius/io/checkpoint.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    const memory_file file(input);
    const auto states = load_checkpoint(file.path(), 1);
    require(states.has_value(), "a file that is there was taken for none");
    for (const auto& state : *states)
        require((state.parameters.size() + state.moments.size() + state.scores.size() +
                 state.records.size() + state.tests.size()) *
                        sizeof(double) <=
                    input.size(),
                "more numbers than the file holds");
}

}  // namespace moebius::fuzz
