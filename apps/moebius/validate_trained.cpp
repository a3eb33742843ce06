// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/mean_interval.hpp>
#include <moebius/compare/trained_loads.hpp>
#include <moebius/io/options.hpp>

#include "commands.hpp"
#include "device.hpp"
#include "output.hpp"
#include "trainee.hpp"

namespace moebius::cli {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

trainee_options of_two_experts() {
    trainee_options options;
    options.experts = 2;
    options.vary = "feedback=0:6";
    options.seeds = 8;
    return options;
}

struct trained_arguments {
    bool trained = true;
    trainee_options trainee = of_two_experts();
    trained_options theory;
    double lead = 3;
    double apart = 0.5;
    double chance = 1e-3;
    device_option device;
    output_options output;
};

/// An ensemble that was trained from two starts: in one the first expert leads, in the other the
/// second does, or (of more than two experts) nobody.
struct outcome {
    trainees made;  ///< of two sides: the starts
    std::vector<training_state> states;
    std::vector<trained_loads> loads;

    [[nodiscard]] std::size_t seeds() const { return made.splits.size(); }
    [[nodiscard]] std::size_t points() const { return made.places.back().point + 1; }
    [[nodiscard]] std::size_t run(std::size_t side, std::size_t point, std::size_t seed) const {
        return (side * points() + point) * seeds() + seed;
    }
};

/// The first expert's load less that of the second, or of the mean of the others.
double gap_of(const std::vector<double>& loads) {
    const double others = static_cast<double>(loads.size()) - 1;
    return loads[0] - (1 - loads[0]) / others;
}

table models_table(const outcome& all) {
    table out{{"side", "point", "seed", all.made.varied, "feedback", "gap_predicted", "gap_frozen",
               "gap_nearest", "gap_frozen_error", "gap_training", "z", "judged",
               "effective_feedback", "stable_states", "fold"},
              std::vector<std::vector<double>>(15)};
    for (std::size_t r = 0; r < all.loads.size(); ++r) {
        const auto& place = all.made.places[r];
        const auto& at = all.loads[r];
        const double n = static_cast<double>(at.error.size());
        const std::array row{static_cast<double>(place.side),
                             static_cast<double>(place.point),
                             static_cast<double>(place.seed),
                             place.varied,
                             feedback_at(all.made.work.runs[r], all.states[r].step),
                             gap_of(at.predicted),
                             gap_of(at.frozen),
                             gap_of(at.nearest),
                             at.error[0] * n / (n - 1),
                             gap_of(at.training),
                             at.z,
                             at.judged ? 1.0 : 0.0,
                             at.effective_feedback,
                             at.stable_states,
                             at.fold};
        for (std::size_t c = 0; c < row.size(); ++c) out.columns[c].push_back(row[c]);
    }
    return out;
}

/// Means over seeds at each side and point, with their intervals.
table points_table(const outcome& all, const table& models) {
    table out{{"side", "point", all.made.varied}, std::vector<std::vector<double>>(3)};
    const std::array measures{"gap_predicted", "gap_frozen", "gap_training", "effective_feedback",
                              "fold"};
    for (const char* name : measures)
        for (const char* end : {"", "_low", "_high"}) {
            out.names.push_back(std::string(name) + end);
            out.columns.emplace_back();
        }
    for (const std::string name : {"training_less_predicted", "training_less_predicted_low",
                                   "training_less_predicted_high"}) {
        out.names.push_back(name);
        out.columns.emplace_back();
    }
    for (std::size_t first = 0; first < models.rows(); first += all.seeds()) {
        for (const std::size_t c : {0U, 1U, 3U})
            out.columns[c == 3 ? 2 : c].push_back(models.columns[c][first]);
        std::size_t c = 3;
        const auto put = [&](const mean_interval& over) {
            for (const double value : {over.mean, over.low, over.high})
                out.columns[c++].push_back(value);
        };
        for (const char* name : measures)
            put(interval_of_mean(std::span(models.at(name)).subspan(first, all.seeds())));
        std::vector<double> differences;
        for (std::size_t r = first; r < first + all.seeds(); ++r)
            differences.push_back(models.at("gap_training")[r] - models.at("gap_predicted")[r]);
        put(interval_of_mean(differences));
    }
    return out;
}

/// Where the two starts first end apart, for each seed: observed in training, and predicted from
/// the gates: that of the first point, and each point's own.
table onsets_table(const outcome& all, double apart) {
    table out{{"seed", "fold_of_first_gate", "fold_of_own_gates", "apart_predicted", "apart_frozen",
               "apart_training"},
              std::vector<std::vector<double>>(6)};
    const auto differ = [&](const std::vector<double>& a, const std::vector<double>& b) {
        return std::abs(gap_of(a) - gap_of(b)) > apart;
    };
    for (std::size_t s = 0; s < all.seeds(); ++s) {
        std::array<double, 6> row{
            static_cast<double>(s), all.loads[all.run(0, 0, s)].fold, none, none, none, none};
        for (std::size_t p = all.points(); p-- > 0;) {
            const auto& a = all.loads[all.run(0, p, s)];
            const auto& b = all.loads[all.run(1, p, s)];
            const double at = all.made.places[all.run(0, p, s)].varied;
            if (a.stable_states >= 2 || b.stable_states >= 2) row[2] = at;
            if (differ(a.predicted, b.predicted)) row[3] = at;
            if (differ(a.frozen, b.frozen)) row[4] = at;
            if (differ(a.training, b.training)) row[5] = at;
        }
        for (std::size_t c = 0; c < row.size(); ++c) out.columns[c].push_back(row[c]);
    }
    return out;
}

struct judgement {
    std::size_t models = 0;  ///< that are judged
    std::size_t left = 0;    ///< whose frozen loop went to another state than that predicted
    double chi_square = 0, p = 1;
    bool agrees = false;
    std::string sentence;
};

judgement judge(const table& models, double chance, double apart) {
    judgement out;
    for (std::size_t r = 0; r < models.rows(); ++r)
        if (const double z = models.at("z")[r]; models.at("judged")[r] != 0 && !std::isnan(z)) {
            ++out.models;
            out.chi_square += z * z;
        }
    if (out.models > 0)
        out.p = boost::math::cdf(boost::math::complement(
            boost::math::chi_squared(static_cast<double>(out.models)), out.chi_square));
    for (std::size_t r = 0; r < models.rows(); ++r)
        if (std::abs(models.at("gap_nearest")[r] - models.at("gap_predicted")[r]) > apart)
            ++out.left;
    out.agrees = out.models > 0 && out.p >= chance;
    double late = 0, count = 0;
    for (std::size_t r = 0; r < models.rows(); ++r) {
        const double by = models.at("gap_training")[r] - models.at("gap_predicted")[r];
        if (std::isnan(by)) continue;
        late += std::abs(by);
        ++count;
    }
    out.sentence = fmt::format(
        "With the gates frozen, loads {} with their own response: chi-square {:.1f} of {} models, "
        "p "
        "{:.2g} ({} went to another stable state than training's scores flow to). While training "
        "they differ from it by {:.4f} of a load gap on average.",
        out.agrees ? "agree" : "do not agree", out.chi_square, out.models, out.p, out.left,
        late / count);
    return out;
}

std::string report_of(const outcome& all, const table& points, const table& onsets,
                      const judgement& verdict) {
    std::string out =
        fmt::format("{:>5} {:>9} {:>20} {:>20} {:>20} {:>20}\n", "start", all.made.varied,
                    "gap predicted", "gap, gate frozen", "gap in training", "effective feedback");
    const auto around = [](const table& of, const std::string& name, std::size_t row) {
        const double mean = of.at(name)[row];
        return fmt::format("{:.4f} +- {:.4f}", mean, of.at(name + "_high")[row] - mean);
    };
    for (std::size_t row = 0; row < points.rows(); ++row)
        out += fmt::format("{:>5} {:>9.4g} {:>20} {:>20} {:>20} {:>20}\n", points.at("side")[row],
                           points.columns[2][row], around(points, "gap_predicted", row),
                           around(points, "gap_frozen", row), around(points, "gap_training", row),
                           around(points, "effective_feedback", row));
    out += fmt::format("\n{} from which on the start decides, mean over seeds and 95 % interval\n",
                       all.made.varied);
    for (std::size_t c = 1; c < onsets.names.size(); ++c) {
        const auto over = interval_of_mean(onsets.columns[c]);
        out += fmt::format("{:<22} {:>8.4f} [{:.4f}, {:.4f}] of {} seeds\n", onsets.names[c],
                           over.mean, over.low, over.high, over.count);
    }
    return out + "\n" + verdict.sentence + "\n";
}

/// Both starts as the two sides of one design.
trainees from_both_starts(const trained_arguments& args) {
    auto options = args.trainee;
    const auto router = options.routers.front();
    options.routers = {fmt::format("{},lead={}", router, args.lead),
                       fmt::format("{},lead={}", router, options.experts == 2 ? -args.lead : 0)};
    return make_trainees(options);
}

void check(trained_arguments& args, const session& session) {
    auto& trainee = args.trainee;
    check_steps(trainee, session);
    if (trainee.experts < 2)
        throw invalid_argument("--experts", fmt::format("{} came", trainee.experts),
                               "at least two can differ");
    if (trainee.layers != 1 || trainee.patch != 0)
        throw invalid_argument(
            "--layers", fmt::format("{} came, with patches of {}", trainee.layers, trainee.patch),
            "one layer of examples is held against theory");
    if (!(args.apart >= 0 && std::isfinite(args.apart)))
        throw invalid_argument("--apart", fmt::format("{} came", args.apart), "it must be >= 0");
    if (!(args.chance >= 0 && args.chance <= 1))
        throw invalid_argument("--chance", fmt::format("{} came", args.chance),
                               "it must be in [0, 1]");
    if (trainee.routers.size() != 1)
        throw invalid_argument("--router", fmt::format("{} came", trainee.routers.size()),
                               "one is trained from two starts");
    auto texts = trainee.sets;
    texts.push_back(trainee.vary);
    texts.push_back("," + trainee.routers.front());
    for (const auto& text : texts)
        for (const std::string name : {"lead", "experts"})
            if (text.starts_with(name + "=") || text.find("," + name + "=") != std::string::npos)
                throw invalid_argument("validate --trained", fmt::format("'{}' came", text),
                                       fmt::format("--{} says it for both starts", name));
}

void add_theory(option_table& table, trained_arguments& args) {
    table.add("lead", args.lead,
              "of one expert's score at the start: the first's, then the second's (or, of more "
              "than two, nobody's)");
    table.add("apart", args.apart, "gaps that differ by more are two states");
    add_to(table, args.theory);
    table.add("chance", args.chance, "a test that chance passes less often fails");
}

int run(trained_arguments& args, const session& session) {
    args.output.check({args.trainee.data});
    check(args, session);
    outcome all{from_both_starts(args), {}, {}};
    for (const auto& one : all.made.work.runs) all.states.push_back(begin(one));
    args.device.open()->train(all.made.work, all.states, args.trainee.steps,
                              session.watch("train"));
    mark_lost(all.states);
    auto theory = args.theory;
    theory.seed = args.trainee.seed;
    theory.threads = args.device.threads;
    all.loads = hold_against_theory(all.made.work, all.states, theory, session.watch("validate"));

    result_heading heading;
    heading.schema = validate_trained_schema;
    heading.command = session.command;
    describe_trainee(args.trainee, heading);
    heading.options.emplace_back("steps", static_cast<double>(args.trainee.steps));
    option_table how;
    add_theory(how, args);
    how.write_to(heading);
    const auto models = models_table(all);
    const auto points = points_table(all, models);
    const auto onsets = onsets_table(all, args.apart);
    const auto verdict = judge(models, args.chance, args.apart);
    const result_document result{
        heading,
        {{"verdict", verdict.sentence},
         {"agreement", named_numbers{{"agrees", verdict.agrees ? 1 : 0},
                                     {"models", static_cast<double>(verdict.models)},
                                     {"chi_square", verdict.chi_square},
                                     {"chi_square_p", verdict.p},
                                     {"left", static_cast<double>(verdict.left)}}},
         {"points", points},
         {"onsets", onsets},
         {"models", models}}};
    args.output.write(result, report_of(all, points, onsets, verdict));
    return verdict.agrees ? exit_code::found : exit_code::no_answer;
}

}  // namespace

command validate_trained_command() {
    command out{"validate", "Lay the loads of small MoEs that were trained over the prediction",
                "moebius validate --trained --data data/digits.csv --vary feedback=0:6 --points 13 "
                "--seeds 32"};
    auto args = std::make_shared<trained_arguments>();
    out.options.add("trained", args->trained, "train first: these options are those of train");
    add_to(out.options, args->trainee);
    add_theory(out.options, *args);
    add_to(out.options, args->device);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
