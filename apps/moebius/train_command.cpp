// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/checkpoint.hpp>
#include <moebius/io/file_lock.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/simulate/controller_choice.hpp>
#include <moebius/train/soft_moe_network.hpp>
#include <optional>
#include <string_view>
#include <tuple>

#include "commands.hpp"
#include "device.hpp"
#include "experiment_arguments.hpp"
#include "incomplete.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "train_document.hpp"
#include "train_log.hpp"
#include "train_words.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

struct train_arguments {
    experiment_arguments experiment;
    std::string against;
    std::string controller;
    std::string hold;
    std::size_t evaluate_every = 0;
    double target = 0.9;
    std::string corrupt;
    bool history = false;
    log_arguments log;
    std::string checkpoint;
    device_option device;
    output_options output;
};

/// On the held-out rows, or on all if nothing is held out.
std::vector<model_measures> evaluate(const experiment& made,
                                     const std::vector<training_state>& states,
                                     const labelled_data& data, unsigned threads) {
    std::vector<model_measures> result(states.size());
    parallel_for(states.size(), threads, [&](std::size_t r) {
        const auto& split = made.splits[made.places[r].seed];
        const auto& rows = split.test.empty() ? split.train : split.test;
        result[r] = measure_model(made.work.runs[r], states[r], data, rows);
    });
    return result;
}

/// The same with few experts for each input; empty unless it is asked for.
std::vector<subset_accuracy> evaluate_kept(const experiment& made,
                                           const std::vector<training_state>& states,
                                           std::uint64_t seed, unsigned threads) {
    const auto asked = [](const experiment_place& place) { return place.keep > 0; };
    if (std::none_of(made.places.begin(), made.places.end(), asked)) return {};
    std::vector<subset_accuracy> result(states.size());
    parallel_for(states.size(), threads, [&](std::size_t r) {
        const auto& place = made.places[r];
        const auto& model = dynamic_cast<const soft_moe_network&>(*made.work.runs[r].model);
        const auto rows = take_rows(*made.work.data, made.splits[place.seed].test);
        result[r] = subset_accuracies(model, states[r].parameters, states[r].scores, rows.batch(),
                                      place.keep > 0 ? place.keep : model.experts(), seed);
    });
    return result;
}

template <typename Number>
std::string_view bytes_of(const std::vector<Number>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

/// What a checkpoint belongs to: options, device (the CPU trains in double precision, a device in
/// single), data.
std::uint64_t mark_of(const result_heading& heading, const backend& on, const labelled_data& data) {
    const auto name = on.name();  // "cuda:0 (...)": any of its kind goes on
    auto mark = fingerprint(to_json(result_document{heading, {}}));
    mark = fingerprint(name.substr(0, name.find(':')), mark);
    return fingerprint(bytes_of(data.labels), fingerprint(bytes_of(data.inputs), mark));
}

/// The ensemble in training, and the file in which it survives a stop.
class resumable_training {
public:
    resumable_training(const train_arguments& args, const experiment& made,
                       const result_heading& heading, const backend& on)
        : args_(args), made_(made), mark_(mark_of(heading, on, *made.work.data)) {
        if (!args.checkpoint.empty()) lock_.emplace(args.checkpoint);
        if (!args.checkpoint.empty())
            if (auto found = load_checkpoint(args.checkpoint, mark_)) states_ = std::move(*found);
        if (states_.empty())
            for (const auto& run : made.work.runs) states_.push_back(begin(run));
        if (states_.size() != made.work.runs.size()) refuse("it is of another number of models");
        for (std::size_t r = 0; r < states_.size(); ++r) check_state(r);
    }

    [[nodiscard]] std::uint64_t step() const {
        std::uint64_t least = args_.experiment.steps;
        for (const auto& state : states_)
            if (state.diverged_at == training_state::sound) least = std::min(least, state.step);
        return least;
    }

    /// The most batches that a sound model has.
    [[nodiscard]] std::uint64_t furthest() const {
        std::uint64_t most = 0;
        for (const auto& state : states_)
            if (state.diverged_at == training_state::sound) most = std::max(most, state.step);
        return most;
    }

    void go(std::uint64_t until, const backend& on, const watch& watched) {
        try {
            on.train(made_.work, states_, until, watched);
        } catch (const interrupted&) {
            save();
            throw;
        }
        mark_lost(states_);
        if (args_.evaluate_every > 0) test(until);
        save();
    }

    [[nodiscard]] const std::vector<training_state>& states() const { return states_; }

private:
    [[noreturn]] void refuse(std::string_view reason) const {
        throw io_error(fmt::format("cannot go on from {}", args_.checkpoint), reason);
    }

    void check_state(std::size_t r) const {
        const auto& state = states_[r];
        const auto fresh = begin(made_.work.runs[r]);
        const std::size_t row = 2 + 2 * fresh.scores.size();
        if (state.parameters.size() != fresh.parameters.size() ||
            state.moments.size() != fresh.moments.size() ||
            state.scores.size() != fresh.scores.size() ||
            state.control.size() != fresh.control.size() ||
            state.records.size() != state.step / args_.experiment.design.record_every * row ||
            state.tests.size() % test_numbers != 0)
            refuse("its sizes are not those of these models");
        if (state.diverged_at == training_state::sound && !is_finite(state))
            refuse("it has a number that is not finite in a model that has not diverged");
        if (state.step > args_.experiment.steps)
            refuse(fmt::format("it is at batch {} already, beyond --steps", state.step));
    }

    void test(std::uint64_t step) {
        const auto measured = evaluate(made_, states_, *made_.work.data, args_.device.threads);
        for (std::size_t r = 0; r < states_.size(); ++r)
            if (states_[r].diverged_at == training_state::sound)
                for (const double number : {static_cast<double>(step), measured[r].loss,
                                            measured[r].accuracy, measured[r].balance.largest})
                    states_[r].tests.push_back(number);
    }

    void save() const {
        if (!args_.checkpoint.empty()) save_checkpoint(args_.checkpoint, mark_, states_);
    }

    const train_arguments& args_;
    const experiment& made_;
    std::uint64_t mark_;
    std::optional<file_lock> lock_;
    std::vector<training_state> states_;
};

void add_own(option_table& table, train_arguments& args) {
    table.add("controller", args.controller,
              "load balancing by scores, NAME or NAME,key=value,... as of 'moebius simulate'",
              {.kept = option_kept::if_set, .shown = "none"});
    table.add("hold", args.hold,
              "hold loads by integral scores: gap=GAP, as --set gap=GAP, or loads=LOAD,LOAD,...",
              {.kept = option_kept::if_set, .shown = "none"});
    table.add("evaluate_every", args.evaluate_every,
              "batches between tests on what is held out; 0: at the end",
              {.kept = option_kept::if_set});
    table.add("target", args.target, "accuracy whose first test is told",
              {.kept = option_kept::never});
    table.add("corrupt", args.corrupt,
              "also test on damaged inputs: noise=SPREAD,occlusion=PIXELS,shift=PIXELS",
              {.kept = option_kept::never});
}

/// Refuses what does not go together, before anything is read.
void check(train_arguments& args, const session& session) {
    std::vector<written_file> also;
    if (!args.checkpoint.empty()) {
        if (args.checkpoint == "-")
            throw invalid_argument("--checkpoint", "- came", "it must name a file to go on from");
        require_checkpoint_place(args.checkpoint);
        also.push_back({"--checkpoint", args.checkpoint});
        also.push_back({"the lock of --checkpoint", args.checkpoint + ".lock"});
    }
    check_log(args.log, args.experiment, !args.against.empty(), session, also);
    if (args.log.probe.moments && !args.checkpoint.empty())
        throw invalid_argument("--moments", "--checkpoint came", "they are in no checkpoint");
    args.output.check({array_place_of(args.experiment.data).path}, also);
    if (!args.checkpoint.empty()) require_writable(args.checkpoint);
    if (!args.against.empty()) args.experiment.routers.push_back(args.against);
    if (args.experiment.routers.size() > 2)
        throw invalid_argument("--router", fmt::format("{} came", args.experiment.routers.size()),
                               "one is trained, or two are held against each other");
    if (args.experiment.vary.empty()) refuse_unused(session, "train without --vary", {"points"});
    if (args.evaluate_every == 0)
        refuse_unused(session, "train without --evaluate-every", {"target"});
    if (!args.output.keeps_result()) refuse_unused(session, "train without --out", {"history"});
    if (!(args.target > 0 && args.target <= 1))
        throw invalid_argument("--target", fmt::format("{} came", args.target),
                               "an accuracy is above 0 and at most 1");
    if (args.experiment.design.test == 0)
        tell("nothing is held out (--test 0): the test numbers are those of the training examples");
    if (args.experiment.design.ramp > args.experiment.steps)
        tell(fmt::format("the run ends at batch {}, before the ramp does", args.experiment.steps));
    check_steps(args.experiment, session, args.evaluate_every);
}

/// What a checkpoint must agree on: all but how long the run is and what is told of it.
result_heading heading_of(train_arguments args) {
    result_heading heading;
    heading.schema = train_schema;
    describe_experiment(args.experiment, heading);
    option_table own;
    add_own(own, args);
    if (args.log.probe.dither > 0) heading.options.emplace_back("dither", args.log.probe.dither);
    own.write_to(heading);
    return heading;
}

/// Trains to the end, testing and saving on the way.
void train(resumable_training& training, const train_arguments& args, const backend& on,
           const session& session) {
    const std::uint64_t steps = args.experiment.steps;
    const std::uint64_t stride = args.evaluate_every > 0 ? args.evaluate_every : steps;
    while (training.step() < steps) {
        const auto watched = session.watch("train");
        if (watched.stopping()) throw interrupted("train");
        training.go(std::min(steps, (training.step() / stride + 1) * stride), on, watched);
    }
}

/// The numbers of what was trained, and its result.
/// @param least  batches below which a model has none
int report(const train_arguments& args, const experiment& made, const resumable_training& training,
           result_heading heading, std::uint64_t least) {
    const unsigned threads = args.device.threads;
    const auto& states = training.states();
    training_report report{made,
                           states,
                           evaluate(made, states, *made.work.data, threads),
                           {},
                           evaluate_kept(made, states, args.experiment.design.seed, threads),
                           args.target,
                           least};
    if (!args.corrupt.empty())
        report.corrupted = evaluate(
            made, states,
            corrupt(*made.work.data, corruption_of(args.corrupt), args.experiment.design.seed),
            threads);
    const bool any = std::any_of(states.begin(), states.end(), [](const auto& state) {
        return state.diverged_at == training_state::sound;
    });
    const int outcome = outcome_of(heading, any ? exit_code::found : exit_code::no_answer);
    args.output.write(train_document(report, args.history, std::move(heading)), train_text(report));
    write_log(args.log, report);
    return outcome;
}

/// The controller that the words name; its gain is theirs or what is varied.
load_controller controller_of(const train_arguments& args) {
    if (args.controller.empty()) return {};
    const auto& vary = args.experiment.vary;
    const bool varied = !vary.empty() && parse_range(vary).name == "gain";
    return controller_from(args.controller + (varied ? ",gain=0" : ""));
}

int run(train_arguments& args, const session& session) {
    check(args, session);
    args.experiment.design.controller = controller_of(args);
    if (!args.corrupt.empty()) std::ignore = corruption_of(args.corrupt);
    auto heading = heading_of(args);
    set_hold(args.hold, args.experiment);
    auto made = make_experiment(experiment_from(args.experiment, session));
    made.work.probe = args.log.probe;
    const auto on = args.device.open();
    resumable_training training(args, made, heading, *on);
    heading.command = session.command;
    heading.options.emplace_back("steps", static_cast<double>(args.experiment.steps));
    heading.options.emplace_back("target", args.target);
    if (!args.corrupt.empty()) heading.options.emplace_back("corrupt", args.corrupt);
    std::uint64_t least = 0;
    try {
        train(training, args, *on, session);
    } catch (const interrupted&) {
        if (!args.checkpoint.empty()) {
            tell(
                fmt::format("train: interrupted by {}: {} has what was trained, and the same "
                            "command goes on from there",
                            interrupt_name(), args.checkpoint));
            return interrupt_code();
        }
        least = training.furthest();
        if (least == 0) throw;
        mark_incomplete(heading);
    }
    return report(args, made, training, std::move(heading), least);
}

}  // namespace

command train_command() {
    command out{"train", "Train ensembles of small MoEs with adaptive scores",
                "moebius train --data data/digits.csv --experts 2 --vary feedback=0:4 --points 9 "
                "--seeds 8 --out trained.json --plot trained.svg"};
    auto args = std::make_shared<train_arguments>();
    auto& options = out.options;
    add_to(options, args->experiment);
    options.add("against", args->against,
                "a second router as --router, held against the first with the same seeds");
    add_own(options, *args);
    options.add("history", args->history, "write all records");
    add_log(args->log, "of every step but the first, which has no scores before it", options);
    options.add("checkpoint", args->checkpoint,
                "file to go on from after a stop; written at every test", {.names_file = true});
    add_to(options, args->device);
    args->output.add_to(options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
