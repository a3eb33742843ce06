// SPDX-License-Identifier: MIT
#include "validate_held.hpp"

#include <fmt/format.h>

#include <cmath>

namespace moebius::cli {
namespace {

std::string around_drawn(const drawn_interval& of) {
    return fmt::format("{:.3f} [{:.3f}, {:.3f}]", of.mean, of.low, of.high);
}

/// An onset; where the sweep has it for some seeds only, it says for how many it has not.
std::string onset_text(std::string_view name, const drawn_interval& over, std::size_t beyond) {
    return fmt::format("{:<22} {}{}\n", name,
                       std::isnan(over.mean) ? "outside the sweep" : around_drawn(over),
                       beyond > 0 ? fmt::format(" ({} seeds: outside the sweep)", beyond) : "");
}

std::string states_text(const two_means& of) {
    if (of.states == 1) return {};
    return fmt::format(" two states, {:.3f} and {:.3f}", of.low, of.high);
}

std::string followed_heading() { return fmt::format(" {:>24}", "gap, followed"); }

/// Nothing where rests are not followed.
std::string followed_text(const drawn_interval& of) {
    return std::isnan(of.mean) ? "" : fmt::format(" {:>24}", around_drawn(of));
}

std::string age_text(const held_prediction& of) {
    return fmt::format("Held training: {} gaps, {} seeds, read at batch {} over {} batches.\n\n",
                       of.gaps.size(), of.leads.size(), of.age, of.window);
}

std::size_t outside(const std::vector<double>& onsets) {
    std::size_t count = 0;
    for (const double onset : onsets) count += std::isnan(onset) ? 1U : 0U;
    return count;
}

}  // namespace

void add_to(option_table& table, held_arguments& args) {
    table.add("held", args.mode,
              "predict training from models whose gap is held: 'predict' trains no free one, "
              "'compare' lays them beside",
              {.choices = {"none", "predict", "compare"}});
    table.add("held_gaps", args.how.gaps, "at which models are held", {.field = "gaps"});
    table.add("most_gap", args.how.most_gap, "the largest of these");
    table.add("age", args.how.age,
              "batches of training at which held scores are read; 0: 8/(step decay)");
    table.add("follow", args.how.follow,
              "hold models on where each feedback brings them, to the last batch, too: as many as "
              "there are free ones");
    table.add("draws", args.how.draws, "of the bootstrap over seeds");
    table.add("level", args.how.level, "of its intervals");
}

std::string held_text(const held_prediction& of, const held_arguments& args, std::uint64_t seed) {
    auto out = age_text(of);
    out += fmt::format("{:>5} {:>9} {:>24} {:>24}{}\n", "start", "feedback", "gap, held predicts",
                       "gap, frozen predicts", args.how.follow ? followed_heading() : "");
    const auto drawn = [&](const std::vector<double>& values) {
        return bootstrap_mean(values, args.how.draws, args.how.level, seed);
    };
    for (const auto& at : of.points)
        out += fmt::format("{:>5} {:>9.4g} {:>24} {:>24}{}\n", at.side, at.feedback,
                           around_drawn(drawn(at.held)), around_drawn(drawn(at.frozen)),
                           followed_text(drawn(at.followed)));
    out += "\n" + onset_text("onset, held predicts", drawn(of.onsets), outside(of.onsets));
    if (args.how.follow)
        out +=
            onset_text("onset, followed", drawn(of.followed_onsets), outside(of.followed_onsets));
    return out;
}

std::string held_text(const held_prediction& of, const held_comparison& beside) {
    auto out = "\n" + age_text(of);
    const bool follows = !of.followed_onsets.empty();
    out += fmt::format("{:>5} {:>9} {:>24} {:>24} {:>24}{} {:>24}\n", "start", "feedback",
                       "gap, held predicts", "gap, frozen predicts", "gap at that age",
                       follows ? followed_heading() : "", "gap in training");
    for (const auto& at : beside.points)
        out +=
            fmt::format("{:>5} {:>9.4g} {:>24} {:>24} {:>24}{} {:>24}{}{}\n", at.side, at.feedback,
                        around_drawn(at.held), around_drawn(at.frozen), around_drawn(at.at_age),
                        followed_text(at.followed), around_drawn(at.late),
                        at.in_window ? " window" : "", states_text(at.states));
    out += "\n" + onset_text("onset, held predicts", beside.onset_held, beside.held_beyond) +
           (follows ? onset_text("onset, followed", beside.onset_followed, beside.followed_beyond)
                    : "") +
           onset_text("onset in training", beside.onset_training, beside.training_beyond);
    if (follows)
        out += fmt::format(
            "\nFollowed to the last batch, held training misses it by {:.4f} on "
            "average in the window (run by run {:.4f}).\n",
            beside.followed_error, beside.followed_run_error);
    return out + fmt::format(
                     "\nWhere frozen theory misses the gap by 0.3 or more, it does by {:.4f} on "
                     "average; held training by {:.4f} (of its own age {:.4f}; run by run {:.4f}). "
                     "Winners foretold: {:.4f}.\n",
                     beside.frozen_error, beside.held_error, beside.age_error, beside.run_error,
                     beside.winners);
}

void add_held(const held_prediction& of, const held_arguments& args, std::uint64_t seed,
              result_document& to) {
    to.sections.push_back({"held", named_numbers{{"age", static_cast<double>(of.age)},
                                                 {"window", static_cast<double>(of.window)}}});
    to.sections.push_back({"held_points", held_points_table(of, args.how, seed)});
    to.sections.push_back({"held_responses", held_response_table(of)});
}

void add_held(const held_prediction& of, const held_comparison& beside, result_document& to) {
    to.sections.push_back({"held", named_numbers{{"age", static_cast<double>(of.age)},
                                                 {"window", static_cast<double>(of.window)},
                                                 {"held_error", beside.held_error},
                                                 {"frozen_error", beside.frozen_error},
                                                 {"age_error", beside.age_error},
                                                 {"run_error", beside.run_error},
                                                 {"followed_error", beside.followed_error},
                                                 {"followed_run_error", beside.followed_run_error},
                                                 {"winners", beside.winners}}});
    to.sections.push_back({"held_points", held_comparison_table(beside)});
    to.sections.push_back({"held_responses", held_response_table(of)});
}

}  // namespace moebius::cli
