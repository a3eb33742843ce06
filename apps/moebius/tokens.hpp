// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <moebius/io/result.hpp>
#include <moebius/router/noise.hpp>
#include <moebius/tokens/gate.hpp>
#include <moebius/tokens/token_source.hpp>
#include <string>
#include <vector>

namespace moebius::cli {

/// Which tokens are routed, and with which noise.
struct token_options {
    std::string tokens;  ///< a CSV or NPY file, or mixture:CENTER/WIDTH/WEIGHT,...; empty: none
    gate_options gate;   ///< the library's own struct: one home for the defaults
    std::string noise = "gumbel";

    void add_to(CLI::App& sub);

    /// Takes what was not given from a file that was made with these options.
    void inherit(const result_heading& heading);

    /// As they are written into a result.
    /// @param noise_too  the noise is part of it without tokens, too
    void describe(result_heading& heading, bool noise_too = false) const;

    /// Reads the tokens; without a file all logits are 0.
    /// @throws invalid_argument, io_error
    [[nodiscard]] std::shared_ptr<const token_source> source() const;

    /// The names of what is read, also where it is no file.
    [[nodiscard]] std::vector<std::string> files_read() const { return {tokens, gate.gate}; }

    /// Whether they come from a file.
    [[nodiscard]] bool has_features() const;

    /// Reads the tokens of a file and applies the gate.
    /// @throws invalid_argument, also for a mixture; io_error
    [[nodiscard]] gated_tokens gated() const;
};

}  // namespace moebius::cli
