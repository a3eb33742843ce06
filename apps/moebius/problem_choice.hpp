// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/io/result.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "equations_choice.hpp"
#include "experts.hpp"
#include "router_choice.hpp"
#include "session.hpp"
#include "tokens.hpp"

namespace moebius::cli {

/// What is computed on: options that all subcommands with a model share.
struct problem_choice {
    std::string model;                ///< empty: that of --from, else two-expert
    std::vector<std::string> sets;    ///< name=value
    std::vector<std::string> varies;  ///< name=from:to
    std::string from;                 ///< FILE:LABEL
    token_options tokens;
    expert_arguments experts;
    router_choice router;        ///< in place of a model: its mean load is one
    equations_choice equations;  ///< in place of a model, too
    double router_beta = 1;      ///< that it is made with: of --set, or of the file's point

    /// The names of what is read, also where it is no file.
    [[nodiscard]] std::vector<std::string> files_read() const;

    /// Refuses options of tokens where there are none.
    /// @throws invalid_argument naming the option
    void check_tokens(const session& session) const;
};

void add_to(option_table& table, problem_choice& choice);  ///< model, parameters, experts, tokens
void add_model(option_table& table, problem_choice& choice);  ///< model, parameters, experts
void add_sets(option_table& table, problem_choice& choice);
void add_vary(option_table& table, problem_choice& choice);
void add_from(option_table& table, problem_choice& choice);

/// Whether experts that nothing tells apart are seen as one group.
enum class alike_experts { grouped, apart };

/// A model, its parameters, and those that vary.
struct chosen_problem {
    moebius::problem problem;
    std::vector<parameter_range> ranges;
    std::optional<special_point> start;    ///< of --from
    std::optional<result_heading> origin;  ///< of its file
    bool one_beta = false;                 ///< the loads are known at one beta alone
    std::optional<std::size_t> map;        ///< equations of a map: the period that they ask for
    result_heading heading;                ///< command, model, parameters and the options above
};

/// @param ranges  how many parameters must vary
/// @throws invalid_argument for a name, value or range that is not accepted; io_error for a file
[[nodiscard]] chosen_problem choose_problem(problem_choice options, std::size_t ranges,
                                            std::string_view schema, const session& session,
                                            alike_experts alike = alike_experts::grouped);

/// The problem that a result is about, each expert by itself, with the model's own parameters.
/// @param file  its name, for sentences
/// @throws invalid_argument where its heading fits no problem; io_error for a file of tokens
[[nodiscard]] problem problem_of_file(const std::string& file, const result_heading& heading,
                                      const session& session);

/// The problem that a diagram or a locus is about, each expert by itself, with the parameters of
/// its first point.
/// @param file  its name, for sentences
/// @throws invalid_argument where its heading fits no problem; io_error for a file of tokens
[[nodiscard]] problem problem_of_file(const std::string& file, const diagram_document& document,
                                      const session& session);

}  // namespace moebius::cli
