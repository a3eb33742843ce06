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
                                    double apart);
[[nodiscard]] std::string held_text(const held_prediction& of, const held_comparison& beside,
                                    double apart);
void add_held(const held_prediction& of, const held_arguments& args, double apart,
              result_document& to);
void add_held(const held_prediction& of, const held_comparison& beside, result_document& to);

}  // namespace moebius::cli
