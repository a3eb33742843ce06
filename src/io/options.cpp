// SPDX-License-Identifier: MIT
#include <moebius/io/options.hpp>

namespace moebius {
namespace {

constexpr auto never = option_kept::never;  // it changes no number, or a result holds it elsewhere

constexpr const char* chance_meaning = "a test that chance passes less often fails";

void add_seed(option_table& table, std::uint64_t& seed) {
    table.add("seed", seed, "of all that is drawn", {.kept = never});
}

}  // namespace

void add_to(option_table& table, continuation_options& options) {
    table.add("max_step", options.max_step, "longest step along a curve, dimensionless");
    table.add("max_points", options.max_points, "points of one branch at most");
    table.add("tolerance", options.tolerance, "error of a cycle's period and extremes");
    table.add("longest_period", options.longest_period,
              "at which cycles end, 0 for 1000 first periods");
    table.add("multiplier_error", options.multiplier_error,
              "of the trivial multiplier, at which cycles end");
    table.add("depth", options.depth, "branch points that are followed in a row");
    table.add("searches", options.searches, "values at which states are searched from scratch");
    table.add("scans", options.scans, "values between at which few winners are started from");
    table.add("scan_starts", options.scan_starts,
              "starts of one winner, and of two, at all these values; 0 for some seconds' worth");
    table.add("max_branches", options.max_branches, "branches with which groups split no more");
}

void add_to(option_table& table, audit_options& options) {
    table.add("rows", options.rows, "rows of each branch that are judged beside special points");
    table.add("points", options.points, "special points that are judged, with their rows");
    table.add("values", options.values, "values at which stable states are searched");
    table.add("starts", options.starts, "random starts at each of them");
    table.add("patience", options.patience, "time in which a start comes to rest, in 1/|f_x|");
    table.add("residual", options.residual, "relative residual that counts as zero");
    table.add("eigenvalue", options.eigenvalue, "relative eigenvalue that counts as zero");
    table.add("coefficient", options.coefficient, "relative error of a normal form");
    table.add("place", options.place, "relative distance at which two points are one");
    add_seed(table, options.seed);
}

void add_to(option_table& table, simulate_options& options) {
    table.add("batch", options.loop.tokens, "tokens of a batch", {.field = "tokens"});
    table.add("steps", options.steps, "batches that are measured");
    table.add("burn_in", options.burn_in, "batches before");
    table.add("replicas", options.replicas, "independent runs");
    table.add("record_every", options.record_every, "batches for each row of records");
    add_seed(table, options.loop.seed);
}

void add_to(option_table& table, validate_options& options) {
    table.add("batch", options.tokens, "tokens of a batch", {.field = "tokens"});
    table.add("step", options.step, "time per batch times decay");
    table.add("seeds", options.seeds, "runs of each sweep");
    table.add("levels", options.levels, "holds over a sweep's range");
    table.add("ramp", options.ramp, "time spent moving");
    table.add("settle", options.settle, "time at a hold before it is averaged");
    table.add("average", options.average, "time that is averaged at a hold");
    table.add("members", options.members, "runs that predict the jumps of each sweep");
    table.add("chance", options.chance, chance_meaning);
    add_seed(table, options.seed);
}

void add_to(option_table& table, oscillation_options& options) {
    table.add("batch", options.tokens, "tokens of a batch", {.field = "tokens"});
    table.add("step", options.step, "time per batch times decay");
    table.add("seeds", options.seeds, "runs at each feedback");
    table.add("levels", options.levels, "feedbacks on either side of the onset");
    table.add("settle", options.settle, "time before anything is measured");
    table.add("average", options.average, "time that is measured");
    table.add("chance", options.chance, chance_meaning);
    add_seed(table, options.seed);
}

void add_to(option_table& table, comparison_options& options) {
    table.add("batch", options.tokens, "tokens of a batch", {.field = "tokens"});
    table.add("step", options.step, "time per batch times decay");
    table.add("seeds", options.seeds, "runs of each kind");
    table.add("settle", options.settle, "time before anything is averaged");
    table.add("average", options.average, "time averaged for the threshold");
    table.add("excess", options.excess, "feedback of the bias sweeps over the cusp's");
    table.add("ramp", options.ramp, "time of a bias sweep");
    table.add("chance", options.chance, "thresholds that chance explains less differ");
    add_seed(table, options.seed);
}

void add_to(option_table& table, trained_options& options) {
    table.add("frozen_batch", options.tokens, "tokens of a batch with frozen gates",
              {.field = "tokens"});
    table.add("settle", options.settle, "time before these are averaged");
    table.add("average", options.average, "time over which they are");
}

void add_to(option_table& table, response_options& options) {
    table.add("batch", options.tokens, "tokens of a batch", {.field = "tokens"});
    table.add("batches", options.batches, "at each point");
    table.add("points", options.points, "score differences", {.kept = never});
    add_seed(table, options.seed);
}

}  // namespace moebius
