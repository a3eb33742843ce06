// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <moebius/compare/trained_validation.hpp>
#include <moebius/io/options.hpp>
#include <optional>

#include "commands.hpp"
#include "device.hpp"
#include "experiment_arguments.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "train_document.hpp"
#include "validate_held.hpp"

namespace moebius::cli {
namespace {

experiment_arguments of_two_experts() {
    experiment_arguments options;
    options.design.experts = 2;
    options.vary = "feedback=0:6";
    options.design.seeds = 8;
    return options;
}

struct trained_arguments {
    bool trained = true;
    experiment_arguments experiment = of_two_experts();
    trained_validation_options how;
    held_arguments held;
    device_option device;
    output_options output;
};

std::string around(const mean_interval& of) {
    return fmt::format("{:.4f} +- {:.4f}", of.mean, of.high - of.mean);
}

/// The gap in training; of seeds that went to two states, those of both.
std::string training_text(const trained_point& at) {
    const auto& states = at.training_states;
    if (states.states == 1) return around(at.training);
    return fmt::format("{:.4f} and {:.4f}", states.low, states.high);
}

std::string points_text(const trained_validation& v) {
    std::string out =
        fmt::format("{:>5} {:>9} {:>20} {:>20} {:>20} {:>20}\n", "start", v.made.varied,
                    "gap predicted", "gap, gate frozen", "gap in training", "effective feedback");
    for (const auto& at : v.points)
        out += fmt::format("{:>5} {:>9.4g} {:>20} {:>20} {:>20} {:>20}\n", at.side, at.varied,
                           around(at.predicted), around(at.frozen), training_text(at),
                           around(at.effective_feedback));
    return out;
}

std::string summary_of(const trained_validation& v) {
    auto out = points_text(v);
    out += fmt::format("\n{} from which on the start decides, mean over seeds and 95 % interval\n",
                       v.made.varied);
    const auto line = [&](std::string_view name, double trained_onset::*field) {
        std::vector<double> values;
        for (const auto& onset : v.onsets) values.push_back(onset.*field);
        const auto over = interval_of_mean(values);
        if (over.count == 0)
            out += fmt::format("{:<22} not inside the sweep\n", name);
        else
            out += fmt::format("{:<22} {:>8.4f} [{:.4f}, {:.4f}] of {} seeds\n", name, over.mean,
                               over.low, over.high, over.count);
    };
    line("fold_of_first_gate", &trained_onset::fold_of_first_gate);
    line("fold_of_own_gates", &trained_onset::fold_of_own_gates);
    line("apart_predicted", &trained_onset::apart_predicted);
    line("apart_frozen", &trained_onset::apart_frozen);
    line("apart_training", &trained_onset::apart_training);
    return out + "\n" + v.overall.sentence + "\n";
}

result_document document_of(const trained_validation& v, result_heading heading) {
    const auto& verdict = v.overall;
    auto models = trained_models_table(v);
    if (incomplete_because(heading)) add_batches(v.states, models);
    return {std::move(heading),
            {{"verdict", verdict.sentence},
             {"agreement", named_numbers{{"agrees", verdict.agrees ? 1 : 0},
                                         {"models", static_cast<double>(verdict.models)},
                                         {"chi_square", verdict.chi_square},
                                         {"chi_square_p", verdict.chi_square_p},
                                         {"left", static_cast<double>(verdict.left)}}},
             {"points", trained_points_table(v)},
             {"onsets", trained_onsets_table(v)},
             {"models", std::move(models)}}};
}

void add_theory(option_table& table, trained_arguments& args) {
    auto& how = args.how;
    table.add("lead", how.lead,
              "of one expert's score at the start: the first's, then the second's (or, of more "
              "than two, nobody's)");
    table.add("apart", how.apart, "gaps that differ by more are two states");
    add_to(table, how.theory);
    table.add("chance", how.chance, "a test that chance passes less often fails");
}

/// A prediction alone.
int report_held(const trained_arguments& args, const held_prediction& predicted,
                result_heading heading) {
    const double apart = args.how.apart;
    heading.schema = validate_held_schema;
    result_document document{std::move(heading), {}};
    add_held(predicted, args.held, apart, document);
    args.output.write(document, held_text(predicted, args.held, apart));
    return exit_code::found;
}

/// What is free beside a prediction: the speed of a hold is the prediction's alone.
experiment_options without_hold(experiment_options options) {
    options.sides.front().numbers.hold_speed = model_numbers::unset;
    return options;
}

result_heading trained_heading(trained_arguments& args, const session& session) {
    result_heading heading;
    heading.schema = validate_trained_schema;
    heading.command = session.command;
    describe_experiment(args.experiment, heading);
    heading.options.emplace_back("steps", static_cast<double>(args.experiment.steps));
    option_table theory;
    add_theory(theory, args);
    theory.write_to(heading);
    if (args.held.predicts()) {
        option_table held;
        add_to(held, args.held);
        held.write_to(heading);
    }
    return heading;
}

int run(trained_arguments& args, const session& session) {
    args.output.check({args.experiment.data});
    check_steps(args.experiment, session);
    if (!args.held.predicts())
        refuse_unused(session, "validate --trained without --held",
                      {"held_gaps", "most_gap", "age", "follow", "draws", "level"});
    auto& how = args.how;
    how.steps = args.experiment.steps;
    how.theory.seed = args.experiment.design.seed;
    how.theory.threads = args.device.threads;
    args.held.how.over.seed = how.theory.seed;
    auto heading = trained_heading(args, session);

    const auto options = experiment_from(args.experiment, session);
    const auto on = args.device.open();
    std::optional<held_prediction> predicted;
    if (args.held.predicts())
        predicted = predict_from_held(options, how, args.held.how, *on, session.watch("held"));
    if (predicted && !args.held.compares())
        return report_held(args, *predicted, std::move(heading));
    const auto v = until_interrupted(heading, [&] {
        return validate_trained(predicted ? without_hold(options) : options, how, *on,
                                session.watch("validate"));
    });
    auto document = document_of(v, heading);
    auto text = summary_of(v);
    if (predicted) {
        const auto beside = compare_held(*predicted, v, how, args.held.how);
        add_held(*predicted, beside, document);
        text += held_text(*predicted, beside, how.apart);
    }
    args.output.write(document, text);
    return outcome_of(heading, v.overall.agrees ? exit_code::found : exit_code::no_answer);
}

}  // namespace

command validate_trained_command() {
    command out{"validate", "Lay the loads of small MoEs that were trained over the prediction",
                "moebius validate --trained --data data/digits.csv --vary feedback=0:6 --points 13 "
                "--seeds 32"};
    auto args = std::make_shared<trained_arguments>();
    out.options.add("trained", args->trained, "train first: these options are those of train");
    add_to(out.options, args->experiment);
    add_theory(out.options, *args);
    add_to(out.options, args->held);
    add_to(out.options, args->device);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
