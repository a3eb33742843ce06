// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/held_prediction.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/io/result.hpp>
#include <string>

namespace moebius::cli {

/// What `validate --trained` does with held training.
struct held_arguments {
    std::string mode = "none";  ///< none, predict or compare
    held_options how;

    [[nodiscard]] bool predicts() const { return mode != "none"; }
    [[nodiscard]] bool compares() const { return mode == "compare"; }
};

void add_to(option_table& table, held_arguments& args);

/// For a reader, and as sections of a result.
[[nodiscard]] std::string held_text(const held_prediction& of, const held_arguments& args,
                                    std::uint64_t seed);
[[nodiscard]] std::string held_text(const held_prediction& of, const held_comparison& beside);
void add_held(const held_prediction& of, const held_arguments& args, std::uint64_t seed,
              result_document& to);
void add_held(const held_prediction& of, const held_comparison& beside, result_document& to);

}  // namespace moebius::cli
