// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/io/option_table.hpp>
#include <moebius/router/noise.hpp>
#include <moebius/tokens/gate.hpp>
#include <moebius/tokens/token_file.hpp>
#include <moebius/tokens/token_source.hpp>
#include <string>
#include <vector>

#include "session.hpp"

namespace moebius::cli {

/// Which tokens are routed, and with which noise.
struct token_options {
    std::string tokens;  ///< a CSV or NPY file, or mixture:CENTER/WIDTH/WEIGHT,...; empty: none
    gate_options gate;   ///< the library's own struct: one home for the defaults
    std::string noise = "gumbel";

    bool noise_without_tokens = false;  ///< the noise is part of a result without tokens, too

    /// Refuses options of a gate without tokens that go through one.
    /// @throws invalid_argument naming the option
    void check_gate(const session& session) const;

    /// Reads the tokens; without a file all logits are 0.
    /// @throws invalid_argument, io_error
    [[nodiscard]] std::shared_ptr<const token_source> source() const;

    /// The names of what is read, also where it is no file.
    [[nodiscard]] std::vector<std::string> files_read() const;

    /// Whether they come from a file.
    [[nodiscard]] bool has_features() const;

    /// Reads the tokens of a file and applies the gate.
    /// @throws invalid_argument, also for a mixture; io_error
    [[nodiscard]] gated_tokens gated() const;
};

/// Reads a table of tokens, and tells where its end may be cut off.
/// @throws io_error
[[nodiscard]] token_table read_table(const std::string& path);

/// As they were given, and as a result holds them: a mixture has no gate.
void add_to(option_table& table, token_options& options);

/// The files of tokens and of a gate that a result was made from.
[[nodiscard]] std::vector<std::string> files_named_by(const result_heading& heading);

}  // namespace moebius::cli
