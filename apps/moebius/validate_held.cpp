// SPDX-License-Identifier: MIT
#include "validate_held.hpp"

#include <fmt/format.h>

#include <cmath>

namespace moebius::cli {
namespace {

/// An end that is not finite is outside the sweep.
std::string end_text(double of, std::string_view numbers) {
    if (std::isfinite(of)) return fmt::format(fmt::runtime(numbers), of);
    return std::isnan(of) ? "?" : of < 0 ? "below" : "above";
}

/// A place in the sweep, or a difference of two.
std::string place_text(const drawn_interval& of, std::string_view numbers) {
    if (std::isnan(of.value)) return "not known";
    if (!std::isfinite(of.value)) return "outside the sweep";
    return fmt::format("{} [{}, {}]", fmt::format(fmt::runtime(numbers), of.value),
                       end_text(of.low, numbers), end_text(of.high, numbers));
}

std::string around_drawn(const drawn_interval& of) { return place_text(of, "{:.3f}"); }

std::string states_text(const two_means& of) {
    if (of.states == 1) return {};
    return fmt::format(" two states, {:.3f} and {:.3f}", of.low, of.high);
}

std::string followed_heading() { return fmt::format(" {:>24}", "gap, followed"); }

/// Nothing where rests are not followed.
std::string followed_text(const drawn_interval& of) {
    return std::isnan(of.value) ? "" : fmt::format(" {:>24}", around_drawn(of));
}

std::string age_text(const held_prediction& of) {
    return fmt::format("Held training: {} gaps, {} seeds, read at batch {} over {} batches.\n\n",
                       of.gaps.size(), of.leads.size(), of.age, of.window);
}

/// A line for each that tells them.
std::string places_text(const held_places& of, double apart, bool follows, bool compares) {
    auto out = fmt::format(
        "\nFeedback from which on mean gaps of both starts are {:g} apart, the first start's is "
        "above "
        "{:g}, the second's below {:g}:\n",
        apart, apart / 2, -apart / 2);
    const auto line = [&](std::string_view name, const sweep_places& places,
                          std::string_view numbers) {
        out += fmt::format("{:<24}", name);
        for (const auto& place : places) out += fmt::format(" {:>26}", place_text(place, numbers));
        out += "\n";
    };
    line("frozen gates", of.frozen, "{:.3f}");
    line("held at the age", of.held, "{:.3f}");
    if (follows) line("followed", of.followed, "{:.3f}");
    if (!compares) return out;
    line("training", of.training, "{:.3f}");
    line("held less training", of.held_off, "{:+.3f}");
    if (follows) line("followed less training", of.followed_off, "{:+.3f}");
    return out;
}

std::string batches_text(const held_prediction& of) {
    auto out = fmt::format("\nBatches of all models: {} to hold and to freeze", of.held_batches);
    if (of.follows()) out += fmt::format(", {} followed", of.followed_batches);
    return out;
}

/// Of the runs that are apart.
std::string share_text(double of) {
    return std::isnan(of) ? "no run is apart" : fmt::format("{:.4f}", of);
}

/// Of the points where frozen gates miss training.
std::string errors_text(const held_comparison& of, bool follows) {
    if (std::isnan(of.frozen_error))
        return "\nNowhere does frozen theory miss the gap by 0.3 or more.\n";
    std::string out;
    if (follows)
        out += fmt::format(
            "\nFollowed to the last batch, held training misses it by {:.4f} on "
            "average in the window (run by run {:.4f}). Winners foretold: {}.\n",
            of.followed_error, of.followed_run_error, share_text(of.followed_winners));
    return out + fmt::format(
                     "\nWhere frozen theory misses the gap by 0.3 or more, it does by {:.4f} on "
                     "average; held training by {:.4f} (of its own age {:.4f}; run by run {:.4f}). "
                     "Winners foretold: {}.\n",
                     of.frozen_error, of.held_error, of.age_error, of.run_error,
                     share_text(of.winners));
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
    table.add("draws", args.how.over.draws, "of the bootstrap over seeds");
    table.add("level", args.how.over.level, "of its intervals");
}

std::string held_text(const held_prediction& of, const held_arguments& args, double apart) {
    auto out = age_text(of);
    out += fmt::format("{:>5} {:>9} {:>24} {:>24}{}\n", "start", "feedback", "gap, held predicts",
                       "gap, frozen predicts", of.follows() ? followed_heading() : "");
    const auto drawn = [&](const std::vector<double>& values) {
        return bootstrap_mean(values, args.how.over);
    };
    for (const auto& at : of.points)
        out += fmt::format("{:>5} {:>9.4g} {:>24} {:>24}{}\n", at.side, at.feedback,
                           around_drawn(drawn(at.held)), around_drawn(drawn(at.frozen)),
                           followed_text(drawn(at.followed)));
    return out + places_text(places_of(of, apart, args.how.over), apart, of.follows(), false) +
           batches_text(of) + ".\n";
}

std::string held_text(const held_prediction& of, const held_comparison& beside, double apart) {
    auto out = "\n" + age_text(of);
    const bool follows = of.follows();
    out += fmt::format("{:>5} {:>9} {:>24} {:>24} {:>24}{} {:>24}\n", "start", "feedback",
                       "gap, held predicts", "gap, frozen predicts", "gap at that age",
                       follows ? followed_heading() : "", "gap in training");
    for (const auto& at : beside.points)
        out +=
            fmt::format("{:>5} {:>9.4g} {:>24} {:>24} {:>24}{} {:>24}{}{}\n", at.side, at.feedback,
                        around_drawn(at.held), around_drawn(at.frozen), around_drawn(at.at_age),
                        followed_text(at.followed), around_drawn(at.late),
                        at.in_window ? " window" : "", states_text(at.states));
    out += places_text(beside.places, apart, follows, true) + batches_text(of) +
           fmt::format(", {} free.\n", beside.batches);
    return out + errors_text(beside, follows);
}

void add_held(const held_prediction& of, const held_arguments& args, double apart,
              result_document& to) {
    to.sections.push_back(
        {"held", named_numbers{{"age", static_cast<double>(of.age)},
                               {"window", static_cast<double>(of.window)},
                               {"held_batches", static_cast<double>(of.held_batches)},
                               {"followed_batches", static_cast<double>(of.followed_batches)}}});
    to.sections.push_back({"held_points", held_points_table(of, args.how.over)});
    to.sections.push_back({"held_places", held_places_table(places_of(of, apart, args.how.over))});
    to.sections.push_back({"held_responses", held_response_table(of)});
}

void add_held(const held_prediction& of, const held_comparison& beside, result_document& to) {
    to.sections.push_back(
        {"held", named_numbers{{"age", static_cast<double>(of.age)},
                               {"window", static_cast<double>(of.window)},
                               {"held_batches", static_cast<double>(of.held_batches)},
                               {"followed_batches", static_cast<double>(of.followed_batches)},
                               {"free_batches", static_cast<double>(beside.batches)},
                               {"held_error", beside.held_error},
                               {"frozen_error", beside.frozen_error},
                               {"age_error", beside.age_error},
                               {"run_error", beside.run_error},
                               {"followed_error", beside.followed_error},
                               {"followed_run_error", beside.followed_run_error},
                               {"winners", beside.winners},
                               {"followed_winners", beside.followed_winners}}});
    to.sections.push_back({"held_points", held_comparison_table(beside)});
    to.sections.push_back({"held_places", held_places_table(beside.places)});
    to.sections.push_back({"held_responses", held_response_table(of)});
}

}  // namespace moebius::cli
