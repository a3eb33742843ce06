// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <memory>
#include <moebius/equations/host_function.hpp>
#include <string>
#include <vector>

#include "graph.hpp"

namespace moebius::detail {

/// What a text says of a model, as expressions of its states and parameters.
struct text_model {
    struct named {
        std::string name;
        double value = 0;
        double above = -std::numeric_limits<double>::infinity();
    };
    std::string name, equation;
    std::vector<named> states, parameters;  ///< with their first values
    expression_graph graph;
    std::vector<node_id> rates;  ///< (n), or nothing: then they are a host's
    std::shared_ptr<const host_function> host;
    std::vector<node_id> loads;   ///< (N), or nothing
    std::vector<node_id> bounds;  ///< low and high of the parameters, or nothing
    std::vector<node_id> scale;   ///< one of the parameters, or nothing
};

}  // namespace moebius::detail
