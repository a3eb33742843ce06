// SPDX-License-Identifier: MIT
// What a page may ask, and what is kept between its questions. Each question is a JSON object that
// names a model (model, and as it takes them experts, top_k, controlled, parameters), beside what
// the function says.
#pragma once

#include <memory>
#include <moebius/model/field.hpp>
#include <moebius/tokens/token_source.hpp>
#include <nlohmann/json.hpp>

namespace moebius::web {

using json = nlohmann::ordered_json;

/// The model that a request names, each expert by itself, its parameters set where it sets them.
/// @throws invalid_argument  for what does not fit, and for a model of tokens before they came
[[nodiscard]] problem problem_from(const json& request);

/// Whether its state is scores of experts, and not the lead of the first of two.
[[nodiscard]] bool has_scores(const json& request);

/// Tokens for the models that take them, kept until others come.
/// @param request  columns, values (row-major), gate as in tokens/gate.hpp
/// @return tokens, experts, and the logits (tokens, experts), which the gate "logits" takes as they
/// are
[[nodiscard]] json take_tokens(const json& request);

/// Those tokens; without any, as many alike experts as the model has.
[[nodiscard]] std::shared_ptr<const token_source> source_of(const json& request, const problem& at);

/// All models, with what their parameters are called, mean and start as.
[[nodiscard]] json models();

/// The stable state to which the flow goes.
/// @param request  state (n), from which it starts; without it 0. What it leaves as it is unstable
///                 gets a push towards the first expert
/// @return equation, state, loads, stable
[[nodiscard]] json settled(const json& request);

/// What drives the lead of the first expert over the others, which are alike among themselves.
/// @param request  from, to, points: of the lead; without a controller
/// @return lead, drift, potential (its negative integral, 0 at the first point)
[[nodiscard]] json potential(const json& request);

/// The same with a controller, whose lead is the second state.
/// @param request  x, y: {from, to, points}; start (2), time: of a trajectory
/// @return x, y, dx, dy: of each point, x first; path: {x, y}
[[nodiscard]] json plane(const json& request);

/// A closed loop from the scores of `state`, kept until another one starts.
/// @param request  tokens of a batch, seed, step; state (n)
[[nodiscard]] json start_loop(const json& request);

/// Its next batches, under the parameters that the request has.
/// @param request  batches
/// @return loads (batches, experts), scores, steps so far, and what diagnose says of all of them
[[nodiscard]] json run_loop(const json& request);

}  // namespace moebius::web
