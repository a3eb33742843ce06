// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <moebius/io/option_table.hpp>
#include <moebius/train/experiment.hpp>
#include <string>
#include <vector>

#include "session.hpp"

namespace moebius::cli {

/// What is trained, on what, and over which parameters and seeds, in words.
struct experiment_arguments {
    experiment_options design;  ///< the library's own struct: one home for the defaults
    std::string data;
    std::vector<std::string> routers{design.sides.front().router.text};  ///< one or two
    std::string hidden{fmt::format("{}", fmt::join(design.hidden, ","))};
    std::string activation{to_string(design.between)};
    std::string loss{to_string(design.loss)};
    std::string noise{to_string(design.noise)};
    std::string optimiser{to_string(design.optimiser)};
    std::vector<std::string> sets;
    std::string vary;
    std::size_t points = 9;  ///< of what is varied
    std::size_t steps = 2000;
};

void add_to(option_table& table, experiment_arguments& options);

/// The options, and the router and seed of the heading.
void describe_experiment(const experiment_arguments& options, result_heading& heading);

/// A record_every that nobody asked for becomes what of it divides the steps.
/// @throws invalid_argument  for counts of batches that do not fit each other
void check_steps(experiment_arguments& options, const session& session,
                 std::size_t evaluate_every = 0);

/// What the words say.
/// @throws invalid_argument, io_error  naming the option, also where two say different things of
/// the
///         same number
[[nodiscard]] experiment_options experiment_from(const experiment_arguments& options,
                                                 const session& session);

}  // namespace moebius::cli
