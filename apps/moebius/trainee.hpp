// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/option_table.hpp>
#include <moebius/train/experiment.hpp>
#include <string>
#include <vector>

#include "session.hpp"

namespace moebius::cli {

/// What is trained, on what, and over which parameters and seeds, in words.
struct trainee_options {
    std::string data;
    double test = 0.2;
    std::vector<std::string> routers = {
        std::string(default_router)};  ///< one, and one to hold against it
    std::size_t experts = 4;
    std::string hidden = "32";
    std::string activation = "relu";
    std::string loss = "cross-entropy";
    std::size_t layers = 1;
    std::size_t patch = 0;
    std::string noise = "gumbel";
    std::string optimiser = "sgd";
    std::vector<std::string> sets;
    std::string vary;
    std::size_t points = 9;
    std::size_t seeds = 1;
    std::uint64_t seed = 1;
    std::size_t batch = 128;
    std::size_t steps = 2000;
    std::size_t record_every = 50;
    std::uint64_t ramp = 0;
};

void add_to(option_table& table, trainee_options& options);

/// The options, and the router and seed of the heading.
void describe_trainee(const trainee_options& options, result_heading& heading);

/// A record_every that nobody asked for becomes what of it divides the steps.
/// @throws invalid_argument  for counts of batches that do not fit each other
void check_steps(trainee_options& options, const session& session, std::size_t evaluate_every = 0);

/// What the words say.
/// @throws invalid_argument, io_error  naming the option
[[nodiscard]] experiment_options experiment_from(const trainee_options& options);

}  // namespace moebius::cli
