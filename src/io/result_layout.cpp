// SPDX-License-Identifier: MIT
#include "result_layout.hpp"

#include <algorithm>

namespace moebius {
namespace {

using enum column_values;

result_layout compare_layout() {
    return {compare_schema,
            {{"comparison",
              {{"router", index, "routers", 1},
               {"threshold_measured"},
               {"threshold_measured_error"},
               {"judged", flag},
               {"offset"},
               {"sweep_feedback"},
               {"jump_down_measured"},
               {"jump_down_measured_error"},
               {"jump_up_measured"},
               {"jump_up_measured_error"}},
              1,
              1},
             {"folds", {{"router", index, "routers", 1}, {"feedback"}, {"bias"}}}},
            {"routers"}};
}

result_layout validate_layout() {
    return {validate_schema,
            {{"sweep_plans", {{"of_feedback", flag}, {"from", finite}, {"to", finite}}, 3, 1},
             {"steady",
              {{"sweep", index, "sweep_plans"}, {"feedback", finite}, {"gap"}, {"gap_error"}}},
             {"jumps",
              {{"sweep", index, "sweep_plans"},
               {"feedback", finite},
               {"bias", finite},
               {"measured_sd"},
               {"runs", finite},
               {"predicted"}}},
             {"cusps", {{"feedback", finite}, {"bias", finite}, {"cubic"}}}},
            {"sweeps"},
            {"equilibria"},
            {"folds"}};
}

result_layout validate_experts_layout() {
    return {validate_experts_schema,
            {{"sweep_plans", {{"from", finite}, {"to", finite}}, 2, 1},
             {"steady",
              {{"sweep", index, "sweep_plans"},
               {"feedback", finite},
               {"winners", finite},
               {"load_1"},
               {"load_1_error"},
               {"judged", flag}}},
             {"loads", {{"point", index, "steady"}, {"rank", finite}, {"load"}}},
             {"jumps",
              {{"sweep", index, "sweep_plans"},
               {"end", finite},
               {"predicted"},
               {"measured"},
               {"measured_sd"}}},
             {"winners", {{"expert", finite}, {"runs", finite}}}},
            {"sweeps", "excuses"},
            {"equilibria"}};
}

result_layout validate_tokens_layout() {
    return {validate_tokens_schema,
            {{"stretches", {{"branch", finite}, {"from", finite}, {"to", finite}}},
             {"steady",
              {{"feedback", finite},
               {"winner", finite},
               {"load_1"},
               {"load_1_error"},
               {"judged", flag}}},
             {"loads", {{"point", index, "steady"}, {"expert", finite}, {"load"}}},
             {"strangers", {{"feedback", finite}, {"expert", finite}, {"load"}}}},
            {"excuses"},
            {"equilibria"}};
}

result_layout validate_oscillation_layout() {
    return {validate_oscillation_schema,
            {{"decay",
              {{"feedback", finite}, {"growth"}, {"growth_predicted"}, {"growth_error"}},
              1,
              1},
             {"swings",
              {{"feedback", finite},
               {"period"},
               {"period_predicted"},
               {"period_error"},
               {"amplitude"},
               {"amplitude_predicted"},
               {"amplitude_error"}}}}};
}

result_layout validate_trained_layout() {
    return {validate_trained_schema,
            {{"models", {{"side", flag}}},
             {"points",
              {{"side", flag},
               {"point", finite},
               {"gap_predicted"},
               {"gap_frozen"},
               {"gap_frozen_high"},
               {"gap_training"},
               {"gap_training_high"}},
              3,
              1}}};
}

result_layout train_layout() {
    return {train_schema,
            {{"models",
              {{"side", flag},
               {"point", finite},
               {"seed", finite},
               {"test_accuracy"},
               {"train_largest"}},
              3,
              1},
             {"points",
              {{"side", flag},
               {"point", finite},
               {"test_accuracy"},
               {"test_accuracy_high"},
               {"train_largest"},
               {"train_largest_high"}},
              2,
              1}}};
}

table_layout margins_layout() {
    return {"margins",
            {{"layer", index, "layer_names"},
             {"step", finite},
             {"margin"},
             {"margin_low"},
             {"margin_high"},
             {"K"},
             {"K_low"},
             {"K_high"}},
            0,
            0,
            false};
}

result_layout diagnose_layout() {
    return {diagnose_schema,
            {{"layers",
              {{"log", index, "logs", 1},
               {"layer", index, "layer_names"},
               {"steps", finite},
               {"first_step", finite},
               {"last_step", finite},
               {"max_over_mean"},
               {"min_over_mean"},
               {"max_violation"},
               {"variation"},
               {"effective"},
               {"dead"},
               {"verdict", index, "verdicts", 1}}},
             {"percentiles", {{"log", index, "logs", 1}, {"percentile", finite}}},
             {"history",
              {{"layer", index, "layer_names"},
               {"step", finite},
               {"steps", finite},
               {"least"},
               {"quarter"},
               {"median"},
               {"three_quarters"},
               {"most"}},
              0,
              0,
              false},
             margins_layout()},
            {"logs", "layer_names", "verdicts", "reasons", "definitions", "notes", "findings"}};
}

std::vector<result_layout> all_layouts() {
    return {
        {sweep_schema,
         {{"samples", {{"direction", finite}}, 3}, {"jumps", {{"direction", finite}}, 2}}},
        {grid_schema, {{"grid", {{"stable_states", finite}}, 2}}},
        {exact_schema, {{"fold_set", {{"feedback", finite}, {"bias", finite}}, 2, 1, false}}},
        {simulate_schema, {{"records", {{"replica", finite}, {"step", finite}}}, {"summary", {}}}},
        {response_schema,
         {{"response",
           {{"x", finite}, {"gap"}, {"gap_predicted"}, {"gap_low"}, {"gap_high"}},
           1,
           1}}},
        {check_schema,
         {{"counts",
           {{"kind", index, "kinds"},
            {"judged", finite},
            {"wrong", finite},
            {"not_judged", finite}}}},
         {"kinds", "faults", "not_judged"}},
        compare_layout(),
        validate_layout(),
        validate_experts_layout(),
        validate_tokens_layout(),
        validate_oscillation_layout(),
        validate_trained_layout(),
        {validate_held_schema,
         {{"held_points",
           {{"side", flag}, {"feedback", finite}, {"gap_held"}, {"gap_frozen"}},
           2,
           1}}},
        train_layout(),
        diagnose_layout(),
    };
}

}  // namespace

std::span<const result_layout> result_layouts() {
    static const auto all = all_layouts();
    return all;
}

const result_layout* layout_of(std::string_view schema) {
    const auto all = result_layouts();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.schema == schema; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace moebius
