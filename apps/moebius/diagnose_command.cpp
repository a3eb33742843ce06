// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/logs/idle_options.hpp>
#include <moebius/logs/load_course.hpp>
#include <moebius/logs/load_state.hpp>
#include <moebius/logs/log_file.hpp>
#include <moebius/logs/record_batch.hpp>
#include <span>
#include <thread>
#include <utility>

#include "commands.hpp"
#include "device.hpp"
#include "diagnose_document.hpp"
#include "diagnose_line.hpp"
#include "diagnose_report.hpp"
#include "incomplete.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

struct diagnose_arguments {
    std::vector<std::string> files;
    std::string follow, fail_on, report;
    std::uint64_t window = load_state::default_window;
    unsigned threads = 0;
    double restore = layer_margin::default_restored;
    log_options log;
    output_options output;
};

void add_to(option_table& table, diagnose_arguments& args) {
    const auto if_set = option_kept::if_set;
    table.add("window", args.window,
              "the last steps that count as now: measures are of their mean loads");
    table.add("restore", args.restore, "the margin that is told how to restore, by which knob");
    table.add("top_k", args.log.top_k, "choices of a token", {.kept = if_set});
    table.add("tokens", args.log.tokens, "tokens of a step, over all ranks", {.kept = if_set});
    table.add("experts", args.log.experts, "experts of a layer, where only chosen ones have rows",
              {.kept = if_set});
    table.add("rate", args.log.rate, "eta of s += eta (feedback n - decay s)", {.kept = if_set});
    table.add("feedback", args.log.feedback, "kappa of it", {.kept = if_set});
    table.add("decay", args.log.decay, "lambda of it", {.kept = if_set});
    table.add("beta", args.log.beta, "sharpness of the softmax", {.kept = if_set});
    table.add("bias_rate", args.log.bias_rate, "a step of the bias rule, of the sign or times gain",
              {.kept = if_set});
    table.add("bias_leak", args.log.bias_leak,
              "share of the integral rule's bias that a step forgets, 0 to 1", {.kept = if_set});
    table.add("gate", args.log.gate, "softmax or sigmoid",
              {.choices = {"softmax", "sigmoid"}, .kept = if_set});
    table.add("balancer", args.log.balancer, fmt::format("{}", fmt::join(balancers, ", ")),
              {.choices = {std::begin(balancers), std::end(balancers)}, .kept = if_set});
}

/// What may be named as as bad as no layer may be.
std::vector<std::string> fail_choices() {
    auto out = verdict_choices();
    out.emplace_back(warned_limit);
    return out;
}

/// Whether anybody sees how loads and margins went.
bool shows_courses(const diagnose_arguments& args) {
    return args.output.keeps_all_tables() || !args.report.empty();
}

/// Layers whose loads answer to scores, as K says.
std::vector<std::size_t> with_gain(const std::vector<layer_diagnosis>& layers) {
    std::vector<std::size_t> out;
    for (std::size_t l = 0; l < layers.size(); ++l)
        if (layers[l].feedback) out.push_back(l);
    return out;
}

/// Of as many records as there were until an interrupt.
diagnosis diagnose(opened_log& log, const diagnose_arguments& args, const watch& watched) {
    diagnosis out;
    out.name = log.name;
    out.head = log.source->head();
    out.head.of_one_rank = log.of_one_rank;
    load_state state(args.window, out.head.layers.size());
    const bool courses = shows_courses(args);
    distance_estimate distance(out.head, args.restore, courses);
    load_course history(out.head.layers.size());
    team threads(args.threads);
    const auto numbers = args.threads == 1 ? record_batch::for_one : record_batch::for_several;
    record_batch batch, next;
    std::size_t records = batch.fill(*log.source, numbers);
    while (records > 0 && !watched.stopping()) {
        // the next is read meanwhile: a disk takes as long as the numbers do
        auto coming = std::async(
            args.threads == 1 ? std::launch::deferred : std::launch::async | std::launch::deferred,
            [&] { return next.fill(*log.source, numbers); });
        threads.run(batch.layers(), [&](unsigned, std::size_t layer) {
            for (const auto& record : batch.of(layer)) {
                state.take(record);
                distance.take(record);
                if (courses) history.take(record);
            }
        });
        if (watched.report) watched.report(records, 0);
        records = coming.get();
        std::swap(batch, next);
    }
    out.states = state.layers();
    if (log.source->is_turned()) distance.mark_turned();
    out.distances = distance.layers();
    out.margins = distance.margins(out.distances);
    out.history = history.rows();
    out.notes = log.notes;
    for (auto& one : log.source->notes_at_end()) out.notes.push_back(std::move(one));
    out.findings = distance.check().findings(log.series, out.states, with_gain(out.distances));
    return out;
}

/// Where a margin is asked for and no knob that restores it can be told.
std::string note_of_restore(const diagnosis& log, double restored) {
    const auto& layers = log.distances;
    const auto any = [&](const auto& has) {
        return std::any_of(layers.begin(), layers.end(), has);
    };
    if (any([](const auto& one) { return !one.knob.empty(); })) return {};
    return fmt::format("no knob is told that restores a margin of {:g} %: no layer {}",
                       100 * restored,
                       any([](const auto& one) { return one.feedback.has_value(); })
                           ? "with a K has less left"
                           : "has a K, by which it could be");
}

/// What is read as it comes and turns out to be in another order is read again, whole.
std::vector<diagnosis> diagnose_all(const diagnose_arguments& args, const session& session,
                                    const watch& watched) {
    const bool restores = session.was_given("restore");
    const auto read = [&](const log_options& how) {
        std::vector<diagnosis> out;
        for (auto& log : open_logs(args.files, how)) {
            auto& made = out.emplace_back(diagnose(log, args, watched));
            if (!restores) continue;
            if (auto said = note_of_restore(made, args.restore); !said.empty())
                made.notes.push_back(std::move(said));
        }
        return out;
    };
    auto out = [&] {
        try {
            return read(args.log);
        } catch (const out_of_order&) {
            auto whole = args.log;
            whole.whole = true;
            return read(whole);
        }
    }();
    if (session.is_part)  // of a sweep, which keeps numbers alone
        for (const auto& log : out)
            for (const auto& note : log.notes) tell_once(note);
    return out;
}

/// Of the options, as far as a step can tell.
void tell_idle(const log_options& options, const log_head& head,
               std::span<const load_record> step) {
    probes_had had;
    for (const auto& record : step) had.take(record);
    if (const auto idle = note_of_idle(options, head, had); !idle.empty()) tell_once(idle);
}

/// What is known of a log that is followed, of as many layers and experts as came so far.
class followed_layers {
public:
    explicit followed_layers(const diagnose_arguments& args) : args_(args), state_(args.window) {}

    /// Forgets the steps so far, but not that they were warned of.
    void restart() {
        warned_ = warned_now_;
        state_ = load_state(args_.window);
        distance_.reset();
    }

    /// Whether the step has a load in any layer; else it is left out, which is said of the first.
    /// @param head  must outlive it
    bool take(const log_head& head, std::span<const load_record> step) {
        if (std::none_of(step.begin(), step.end(), has_load)) {
            if (!std::exchange(left_out_, true))
                tell(fmt::format(
                    "step {} has no load in any layer and was left out, as all such steps are",
                    step.front().step));
            return false;
        }
        const bool is_first = !distance_;
        if (is_first) distance_.emplace(head, args_.restore, false);
        for (const auto& record : step) {
            state_.take(record);
            distance_->take(record);
        }
        if (is_first) tell_idle(args_.log, head, step);
        return true;
    }

    /// A line of it.
    /// @returns whether a layer is as bad as none may be
    bool print_line(const log_head& head) {
        auto distances = distance_->layers();
        add_warnings(head, distances);
        const auto line = args_.output.format == "json" ? step_json : step_line;
        print(line(head, state_.layers(), distances));
        return !args_.fail_on.empty() && any_as_bad(distances, args_.fail_on);
    }

private:
    using steps_of_layers = std::map<std::string, std::int64_t>;  ///< by their names

    /// Those before a restart, too: steps that are void were warned of all the same.
    void add_warnings(const log_head& head, std::vector<layer_diagnosis>& to) {
        warned_now_ = warned_;
        for (std::size_t l = 0; l < to.size(); ++l) {
            auto& at = to[l].warned_at;
            const auto before = warned_.find(head.layers[l]);
            if (before != warned_.end()) at = std::min(at.value_or(before->second), before->second);
            if (at) warned_now_[head.layers[l]] = *at;
        }
    }

    const diagnose_arguments& args_;
    load_state state_;
    steps_of_layers warned_, warned_now_;  ///< before the last restart, and by the last line
    std::optional<distance_estimate> distance_;
    bool left_out_ = false;  ///< a step without a load, which was said
};

/// "-" is the standard input, as of other programs.
std::string input_of(const std::string& file) { return file == "-" ? "/dev/stdin" : file; }

/// A line a step, until an interrupt comes, a pipe ends or a verdict is as bad as it may not be.
int follow(const diagnose_arguments& args, const session& session) {
    constexpr auto pause = std::chrono::milliseconds(200);
    const auto log = follow_log(input_of(args.follow), args.log);
    followed_layers known(args);
    const auto watched = session.watch("diagnose");  // an interrupt is what ends it
    bool waits = false;  // for more: what came before the interrupt is still said then
    while (true) {
        const bool stops = watched.stopping();
        if (stops && !waits) break;
        const auto records = log->next_step();
        for (const auto& one : log->take_notes()) tell(one);
        if (records.empty()) {
            if (log->has_ended()) return exit_code::found;
            if (stops) break;
            waits = true;
            std::this_thread::sleep_for(pause);
            continue;
        }
        if (log->restarted()) known.restart();
        if (!known.take(log->head(), records)) continue;
        if (known.print_line(log->head())) return exit_code::no_answer;
    }
    return interrupt_code();
}

void check_files(const diagnose_arguments& args, const session& session) {
    if (args.follow.empty() == args.files.empty())
        throw invalid_argument("diagnose",
                               args.files.empty() ? "no file came" : "--follow came beside files",
                               "either the files of a log or --follow FILE is needed");
    if (!args.follow.empty())
        refuse_unused(session, "diagnose --follow", {"out", "plot", "report", "restore"});
    if (!args.follow.empty() && args.output.format == "csv")
        throw invalid_argument("--format", "csv came beside --follow",
                               "a step is a line of text, or of JSON");
}

int run(const diagnose_arguments& args, const session& session) {
    check_files(args, session);
    layer_margin::check_restored(args.restore);  // also where a log has no layer with a margin
    if (!args.follow.empty()) return follow(args, session);
    std::vector<written_file> also;
    if (!args.report.empty()) also.push_back({"--report", args.report});
    args.output.check(args.files, also);
    if (!args.report.empty()) require_writable(args.report);
    result_heading heading;
    heading.schema = diagnose_schema;
    heading.command = session.command;
    heading.options.emplace_back("files", args.files);
    auto copy = args;
    option_table how;
    add_to(how, copy);
    how.write_to(heading);
    const auto watched = session.watch("diagnose");
    const auto logs = diagnose_all(args, session, watched);
    if (watched.stopping()) mark_incomplete(heading);
    const auto result = document_of(logs, heading);
    if (!args.report.empty()) write_file(args.report, report_page_of(result));
    args.output.write(result, summary_of(logs));
    if (args.output.prints_csv())  // which has no place for it
        for (const auto& one : remarks_on(logs)) tell(one);
    const bool fails = !args.fail_on.empty() && any_as_bad(all_layers(logs), args.fail_on);
    return outcome_of(heading, fails ? exit_code::no_answer : exit_code::found);
}

}  // namespace

command diagnose_command() {
    command out{"diagnose",
                "Read a log of expert loads: how each layer is loaded, how far from "
                "collapse it is, and what the log cannot tell",
                "moebius diagnose loads.npz"};
    auto args = std::make_shared<diagnose_arguments>();
    out.options.add(
        "FILE", args->files,
        "NPY, NPZ, CSV, TSV, JSONL or TensorBoard's events or folder; several are parts of one "
        "log; or a "
        "checkpoint's safetensors: its gates and their biases",
        {.positional = true});
    add_threads(out.options, args->threads);
    out.options.add(
        "follow", args->follow,
        "CSV or JSONL file that grows, and may come yet, or - for the standard input: a line a "
        "step (of JSON with --format json), until Ctrl-C",
        {.names_file = true});
    out.options.add(
        "fail_on", args->fail_on,
        fmt::format(
            "exit code 3 where a layer was ever warned of, had collapsed, or is "
            "oscillating or worse ({}), or where its verdict is this one or a worse one, of, "
            "from the best to the worst: {}",
            warned_limit, fmt::join(verdict_options(), ", ")),
        {.choices = fail_choices()});
    add_to(out.options, *args);
    args->output.add_to(out.options);
    out.options.add("report", args->report,
                    "HTML file that shows it all by itself: verdicts, figures, definitions",
                    {.kept = option_kept::never, .names_file = true});
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
